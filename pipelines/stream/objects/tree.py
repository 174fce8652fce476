"""The parse tree of one frame as plain values."""

from typing import Any

import numpy as np

from glom_video.render import colour_of
from glom_video.structures import NO_NAMES, GivenNames, Percept, Tracks


def tree_of(percept: Percept, names: GivenNames = NO_NAMES) -> list[dict[str, Any]]:
    """Objects by id, each with its parts, those of its members too: id, name, colour, score,
    agreement, age in seconds and, of objects, what a user calls it and share of the picture."""
    objects, parts = percept.tracks["object"], percept.tracks["part"]
    nodes, members = [], objects.members
    for row in np.argsort(objects.ids).tolist():
        own = [
            _node(parts, part)
            for part in np.flatnonzero(np.isin(parts.parent_ids, members[row])).tolist()
        ]
        share = round(float(objects.memberships[1 + row].mean()), 4)
        nodes.append(
            {
                **_node(objects, row),
                "given_name": names.given(objects.names[row]),
                "colour": css_colour(int(objects.ids[row])),
                "share": share,
                "parts": sorted(own, key=lambda node: node["id"]),
            }
        )
    return nodes


def css_colour(id_: int) -> str:
    """The colour that an object is drawn in, as ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour_of(np.array([id_]))[0].tolist())


def _node(tracks: Tracks, row: int) -> dict[str, Any]:
    age = round(float(tracks.age_seconds[row]), 1)
    return {
        "id": int(tracks.ids[row]),
        "name": tracks.names[row],
        "score": round(float(tracks.score[row]), 3),
        "agreement": round(float(tracks.agreement[row]), 3),
        "age_seconds": age,
    }

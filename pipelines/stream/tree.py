"""The parse tree of one frame as plain values, and how stable it is."""

import time
from collections import deque
from typing import Any

import numpy as np
from jaxtyping import Int32

from glom_video.evaluate.self_consistency import visible_step
from glom_video.render import colour_of
from glom_video.structures import Percept, Tracks


def tree_of(percept: Percept) -> list[dict[str, Any]]:
    """Objects by id, each with its parts, those of its members too: id, name, colour, score,
    agreement, age in seconds and, of objects, share of the picture."""
    objects, parts = percept.tracks["object"], percept.tracks["part"]
    colours = colour_of(objects.ids)
    nodes, members = [], objects.members
    for row in np.argsort(objects.ids).tolist():
        own = [
            _node(parts, part)
            for part in np.flatnonzero(np.isin(parts.parent_ids, members[row])).tolist()
        ]
        share = round(float(objects.memberships[1 + row].mean()), 4)
        colour = "#{:02x}{:02x}{:02x}".format(*colours[row].tolist())
        nodes.append(
            {
                **_node(objects, row),
                "colour": colour,
                "share": share,
                "parts": sorted(own, key=lambda node: node["id"]),
            }
        )
    return nodes


def _node(tracks: Tracks, row: int) -> dict[str, Any]:
    age = round(float(tracks.age_seconds[row]), 1)
    return {
        "id": int(tracks.ids[row]),
        "name": tracks.names[row],
        "score": round(float(tracks.score[row]), 3),
        "agreement": round(float(tracks.agreement[row]), 3),
        "age_seconds": age,
    }


class Stability:
    """How much of what is seen as an object keeps its id from frame to frame, motion followed.
    Remembers one frame."""

    def __init__(self) -> None:
        self._previous: Int32[np.ndarray, "hs ws"] | None = None

    def __call__(self, percept: Percept) -> float | None:
        """In [0, 1]; None where there is nothing to compare: at the start, after a reset, and
        without objects."""
        tracks = percept.tracks["object"]
        ids = np.concatenate([np.zeros(1, np.int32), tracks.ids])[tracks.memberships.argmax(0)]
        previous, self._previous = self._previous, ids
        if previous is None or previous.shape != ids.shape or percept.reset is not None:
            return None
        step = visible_step(percept.motion, *ids.shape)
        if step is None:
            return None
        now, before = ids.ravel()[step.now], previous.ravel()[step.before]
        objects = (now > 0) | (before > 0)
        return float((now == before)[objects].mean()) if objects.any() else None


class Strip:
    """Stability of each second of the last minute."""

    def __init__(self) -> None:
        self._seconds: deque[tuple[int, list[float]]] = deque(maxlen=60)

    def add(self, stability: float | None) -> None:
        second = int(time.monotonic())
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append((second, []))
        if stability is not None:
            self._seconds[-1][1].append(stability)

    def values(self) -> list[float | None]:
        """60 means, oldest first; None where there was nothing to measure."""
        now, means = int(time.monotonic()), dict[int, float]()
        for second, values in list(self._seconds):
            if values:
                means[second] = round(sum(values) / len(values), 3)
        return [means.get(second) for second in range(now - 59, now + 1)]

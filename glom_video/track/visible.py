"""Shown tracks: those with a high enough score."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32

from glom_video.structures import Tracks

BY_TRACK = tuple(
    item.name for item in fields(Tracks) if item.name not in ("memberships", "names", "inside")
)
"""Fields of Tracks with a row per track and nothing else."""


def shown(tracks: Mapping[str, Tracks], min_score: float) -> dict[str, Tracks]:
    """Tracks by level without objects whose score is below ``min_score``, in [0, 1], and without
    their parts.

    Places of hidden tracks become none; the others keep ids, order and outlines.
    """
    objects = tracks["object"]
    kept = objects.score >= min_score
    if kept.all():
        return dict(tracks)
    hidden = [
        number
        for ids, is_kept in zip(objects.members, kept, strict=True)
        if not is_kept
        for number in ids
    ]
    of_kept = ~np.isin(tracks["part"].parent_ids, hidden)
    return {"part": _only(tracks["part"], of_kept), "object": _only(objects, kept)}


def _only(tracks: Tracks, kept: Bool[np.ndarray, " k"]) -> Tracks:
    """The chosen rows; the shares of the others go to none."""
    if kept.all():
        return tracks
    memberships = tracks.memberships[np.concatenate([[True], kept])]
    memberships[0] += tracks.memberships[1:][~kept].sum(0)
    inside = tracks.inside
    rows: dict[str, Any] = {name: getattr(tracks, name)[kept] for name in BY_TRACK}
    return replace(
        tracks,
        memberships=memberships,
        names=tuple(name for name, is_kept in zip(tracks.names, kept, strict=True) if is_kept),
        inside=None if inside is None else _outside(inside, tracks.memberships, kept),
        **rows,
    )


def _outside(
    inside: Float32[np.ndarray, "hp wp"],
    memberships: Float32[np.ndarray, "rows hs ws"],
    kept: Bool[np.ndarray, " k"],
) -> Float32[np.ndarray, "hp wp"]:
    """Outlines with the places of hidden tracks outside."""
    import cv2

    hidden = memberships[1:][~kept].max(0)
    others = memberships[1:][kept].max(0, initial=0)
    margin = cv2.resize(hidden - others, inside.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.where(margin > 0, np.minimum(inside, 0), inside)

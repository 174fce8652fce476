"""Tracks as arrays and plain numbers, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from glom_video.track.tracks import Track

ARRAYS = ("embedding", "appearance", "membership", "pose", "velocity", "offset", "course", "cues")
NUMBERS = tuple(item.name for item in fields(Track) if item.name not in ARRAYS)

Plain = list[dict[str, Any]]


def saved(name: str, tracks: Sequence[Track]) -> tuple[dict[str, np.ndarray], Plain]:
    """The arrays of some tracks, named after ``name``, and their numbers."""
    arrays = {
        f"{name}.{j}.{item}": getattr(track, item)
        for j, track in enumerate(tracks)
        for item in ARRAYS
    }
    return arrays, [{item: getattr(track, item) for item in NUMBERS} for track in tracks]


def restored(name: str, arrays: Mapping[str, np.ndarray], plain: Plain) -> list[Track]:
    """Inverse of ``saved``."""

    def track(j: int, numbers: dict[str, Any]) -> Track:
        stored: dict[str, Any] = {item: arrays[f"{name}.{j}.{item}"] for item in ARRAYS}
        return Track(**numbers, **stored)

    return [track(j, numbers) for j, numbers in enumerate(plain)]

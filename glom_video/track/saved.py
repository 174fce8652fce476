"""Tracks as arrays and plain numbers, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from glom_video.track.tracks import Track

ARRAYS = (
    "embedding",
    "appearance",
    "membership",
    "pose",
    "velocity",
    "offset",
    "course",
    "whole_pose",
    "cues",
)
"""Fields of a track that are arrays."""
NUMBERS = tuple(item.name for item in fields(Track) if item.name not in ARRAYS)
"""The others."""

Plain = dict[str, list[dict[str, Any]]]


def saved(lists: Mapping[str, Sequence[Track]]) -> tuple[dict[str, np.ndarray], Plain]:
    """The arrays of some lists of tracks, named after their list, and their numbers by list."""
    arrays = {
        f"{name}.{j}.{item}": getattr(track, item)
        for name, tracks in lists.items()
        for j, track in enumerate(tracks)
        for item in ARRAYS
    }
    numbers = {
        name: [{item: getattr(track, item) for item in NUMBERS} for track in tracks]
        for name, tracks in lists.items()
    }
    return arrays, numbers


def restored(arrays: Mapping[str, np.ndarray], plain: Plain) -> dict[str, list[Track]]:
    """Inverse of ``saved``."""

    def track(name: str, j: int, numbers: dict[str, Any]) -> Track:
        stored: dict[str, Any] = {item: arrays[f"{name}.{j}.{item}"] for item in ARRAYS}
        return Track(**numbers, **stored)

    return {
        name: [track(name, j, numbers) for j, numbers in enumerate(tracks)]
        for name, tracks in plain.items()
    }

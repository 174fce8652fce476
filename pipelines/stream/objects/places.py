"""Where each object and part of a frame lies, small enough to be sent with every picture."""

from typing import Any

import numpy as np
from jaxtyping import Int32

from glom_video.structures import LEVEL_NAMES, Percept, id_image

MOST_PIXELS = 320 * 180
"""A page lights up an object, and finds out which one lies under the pointer, as finely as that."""


def places_of(percept: Percept) -> dict[str, Any]:
    """Size of the maps as ``width`` and ``height``, and per level the map of ids, row by row."""
    height, width = percept.frame.image.shape[:2]
    scale = min(1.0, (MOST_PIXELS / (height * width)) ** 0.5)
    size = max(1, round(height * scale)), max(1, round(width * scale))
    runs: dict[str, Any] = {
        level: runs_of(id_image(percept.tracks[level], *size)) for level in LEVEL_NAMES
    }
    return {"height": size[0], "width": size[1], **runs}


def runs_of(ids: Int32[np.ndarray, "H W"]) -> list[int]:
    """Run lengths: id, count, id, count and so on, row by row.

    >>> runs_of(np.array([[3, 3], [3, 0]], np.int32))
    [3, 3, 0, 1]
    """
    flat = ids.ravel()
    starts = np.flatnonzero(np.diff(flat, prepend=flat[0] - 1))
    counts = np.diff(starts, append=flat.size)
    runs: list[int] = np.stack([flat[starts], counts], 1).ravel().tolist()
    return runs

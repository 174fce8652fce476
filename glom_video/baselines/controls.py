"""Controls: label maps made from a picture's size, from the truth or from the method's own islands,
each of which wins one kind of metric."""

import numpy as np
from jaxtyping import Int32, Integer

COLUMNS = 2304
"""Number of columns in a picture of any shape: 64x36 for 16:9, as in the model."""
GRID_ROWS = 4
"""Rows of the fixed grid; its cells are squares."""
LEAST_POOL = 8
"""Shuffled ids are drawn from at least this many, so that a clip of one object loses its id too."""


def one_island(height: int, width: int) -> Int32[np.ndarray, "H W"]:
    """Control: everything is one island."""
    return np.ones((height, width), np.int32)


def every_column(height: int, width: int) -> Int32[np.ndarray, "H W"]:
    """Control: every column is an island of its own."""
    return _cells(height, width, (height * width / COLUMNS) ** 0.5)


def fixed_grid(height: int, width: int) -> Int32[np.ndarray, "H W"]:
    """Control: four rows of square cells that never move."""
    return _cells(height, width, height / GRID_ROWS)


def _cells(height: int, width: int, side: float) -> Int32[np.ndarray, "H W"]:
    """Ids from 1 of square cells with this side in pixels, the last of a row or column cut off."""
    rows, columns = (np.arange(length) / side for length in (height, width))
    across = int(columns[-1]) + 1
    return (rows.astype(np.int32)[:, None] * across + columns.astype(np.int32) + 1).astype(np.int32)


def shuffled(labels: Integer[np.ndarray, "H W"], frame: int) -> Int32[np.ndarray, "H W"]:
    """Control: the same segments with ids drawn anew in each frame, from a small pool; the same
    frame number draws the same."""
    ids = np.unique(labels[labels > 0])
    drawn = np.random.default_rng(frame).permutation(max(LEAST_POOL, len(ids)))[: len(ids)] + 1
    return _renamed(labels, ids, drawn)


def unlinked(
    labels: Integer[np.ndarray, "H W"], next_id: int
) -> tuple[Int32[np.ndarray, "H W"], int]:
    """Control: the same segments without tracking, every id new in every frame. Takes and returns
    the first id not used so far."""
    ids = np.unique(labels[labels > 0])
    return _renamed(labels, ids, np.arange(next_id, next_id + len(ids))), next_id + len(ids)


def _renamed(
    labels: Integer[np.ndarray, "H W"],
    ids: Integer[np.ndarray, " k"],
    new: Integer[np.ndarray, " k"],
) -> Int32[np.ndarray, "H W"]:
    names = np.concatenate([[0], new]).astype(np.int32)
    return names[np.searchsorted(np.concatenate([[0], ids]), labels)]

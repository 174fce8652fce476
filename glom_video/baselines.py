"""Controls and peers that stand in every table: what a method must beat before its figures mean anything.

Controls are label maps made from a picture's size, from the truth or from the method's own islands; the peer is classical motion segmentation.
"""

import numpy as np
from jaxtyping import Bool, Int32, Integer

from glom_video.structures import Motion

COLUMNS = 2304
"""Columns of a picture, whatever its shape: 64x36 where it is 16:9, as in the model."""
GRID_ROWS = 4
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
    """Control: the same segments with ids drawn anew in each frame, from a small pool; the same frame number draws the same."""
    ids = np.unique(labels[labels > 0])
    drawn = np.random.default_rng(frame).permutation(max(LEAST_POOL, len(ids)))[: len(ids)] + 1
    return _renamed(labels, ids, drawn)


def unlinked(labels: Integer[np.ndarray, "H W"], next_id: int) -> tuple[Int32[np.ndarray, "H W"], int]:
    """Control: the same segments without tracking, every id new in every frame. Takes and returns the first id not used so far."""
    ids = np.unique(labels[labels > 0])
    return _renamed(labels, ids, np.arange(next_id, next_id + len(ids))), next_id + len(ids)


def _renamed(labels: Integer[np.ndarray, "H W"], ids: Integer[np.ndarray, " k"], new: Integer[np.ndarray, " k"]) -> Int32[np.ndarray, "H W"]:
    names = np.concatenate([[0], new]).astype(np.int32)
    return names[np.searchsorted(np.concatenate([[0], ids]), labels)]


def motion_mask(motion: Motion, height: int, width: int) -> Bool[np.ndarray, "H W"]:
    """Peer: what moves against the camera, at any size. Otsu's threshold on the length of the residual flow, then the largest component.

    Flow minus homography is the classical recipe (Irani and Anandan, PAMI 1998); threshold: Otsu, 1979. Empty after a cut, where there is no flow.
    """
    import cv2

    speed = np.linalg.norm(motion.residual, axis=-1)
    if motion.is_cut or not speed.any():
        return np.zeros((height, width), bool)
    speed = cv2.resize(speed, (width, height), interpolation=cv2.INTER_LINEAR)
    grey = np.clip(speed * (255 / np.percentile(speed, 99)), 0, 255).astype(np.uint8)
    moving = cv2.threshold(grey, 0, 1, cv2.THRESH_OTSU)[1]
    _, components, stats, _ = cv2.connectedComponentsWithStats(moving)
    if len(stats) == 1:
        return np.zeros((height, width), bool)
    return np.asarray(components == 1 + stats[1:, cv2.CC_STAT_AREA].argmax())

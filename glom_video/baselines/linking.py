"""Segments of single frames -> ids over time: each goes on under the id that the flow brings to its
place."""

import numpy as np
from jaxtyping import Float32, Int32, Integer

from glom_video.structures import Motion, best_matching

LEAST_IOU = 0.3
"""With less overlap a segment gets a new id."""


class Linker:
    """Links the segments of one clip by their overlap with those of the frame before, warped along
    the flow: one to one, the highest total IoU."""

    def __init__(self) -> None:
        self._previous: Int32[np.ndarray, "h w"] | None = None
        self._next_id = 1

    def __call__(
        self, segments: Integer[np.ndarray, "h w"], motion: Motion
    ) -> Int32[np.ndarray, "h w"]:
        """Segments numbered in any way, 0 = background, on the grid of the motion -> the same with
        lasting ids."""
        numbers, places = np.unique(segments, return_inverse=True)
        names = np.zeros(len(numbers), np.int32)
        if self._previous is not None and not motion.is_cut:
            carried = _warped(self._previous, motion)
            _continue(names, numbers, places.reshape(segments.shape), carried)
        fresh = (names == 0) & (numbers > 0)
        names[fresh] = np.arange(self._next_id, self._next_id + fresh.sum())
        self._next_id += int(fresh.sum())
        self._previous = names[places].reshape(segments.shape)
        return self._previous


def _continue(
    names: Int32[np.ndarray, " k"],
    numbers: Integer[np.ndarray, " k"],
    places: Integer[np.ndarray, "h w"],
    carried: Int32[np.ndarray, "h w"],
) -> None:
    """Write into ``names`` the id under which each segment goes on, where it does.

    Args:
        numbers: of the segments, 0 = background.
        places: index in ``numbers`` of each pixel.
        carried: ids of the frame before, at their present places.
    """
    ids, before = np.unique(carried, return_inverse=True)
    pairs = places.ravel() * len(ids) + before.ravel()
    counts = np.bincount(pairs, minlength=len(names) * len(ids))
    together = counts.reshape(len(names), len(ids))
    iou = together / (together.sum(1)[:, None] + together.sum(0) - together)
    iou[numbers == 0], iou[:, ids == 0] = 0, 0
    rows, columns = best_matching(iou)
    good = iou[rows, columns] >= LEAST_IOU
    names[rows[good]] = ids[columns[good]]


def _warped(labels: Int32[np.ndarray, "h w"], motion: Motion) -> Int32[np.ndarray, "h w"]:
    """Labels of the frame before, brought to this one along the backward flow; 0 where they come
    from outside."""
    height, width = labels.shape
    y, x = np.mgrid[0:height, 0:width]
    source: Float32[np.ndarray, "h w 2"] = np.rint(motion.flow).astype(np.int64)
    y, x = y + source[..., 1], x + source[..., 0]
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    return np.where(inside, labels[y.clip(0, height - 1), x.clip(0, width - 1)], 0)

"""F of the boundaries of segments, as DAVIS defines it.

Perazzi et al., "A benchmark dataset and evaluation methodology for video object segmentation", CVPR
2016.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float64, Int32, Int64, Integer, UInt8

BOUNDARY_TOLERANCE = 0.008
"""Reach of a boundary match as a fraction of the picture's diagonal, rounded up to pixels."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Boundaries of several segments, one after the other: segment ``i`` owns the pixels from
    ``starts[i]`` to ``starts[i] + lengths[i]``."""

    y: Int64[np.ndarray, " n"]
    x: Int64[np.ndarray, " n"]
    starts: Int64[np.ndarray, " k"]
    lengths: Int64[np.ndarray, " k"]

    def of(self, segment: int) -> tuple[Int64[np.ndarray, " m"], Int64[np.ndarray, " m"]]:
        """Rows and columns of the pixels of one segment's boundary."""
        own = slice(self.starts[segment], self.starts[segment] + self.lengths[segment])
        return self.y[own], self.x[own]

    def sums(self, values: UInt8[np.ndarray, " n"]) -> Int64[np.ndarray, " k"]:
        """Sum of a value per pixel over each boundary."""
        totals = np.concatenate([np.zeros(1, np.int64), np.cumsum(values, dtype=np.int64)])
        return totals[self.starts + self.lengths] - totals[self.starts]


def boundaries(labels: Integer[np.ndarray, "H W"], ids: Int64[np.ndarray, " k"]) -> Curves:
    """Boundary of each of these (sorted) segments: the pixels whose 2x2 block is partly inside
    (``seg2bmap``), the picture's edge repeated."""
    width = labels.shape[1]
    places = _mixed_blocks(labels)
    corners = _sorted_corners(labels, places)
    first_of_its_id = np.ones(corners.shape, bool)
    np.not_equal(corners[1:], corners[:-1], out=first_of_its_id[1:])
    found = np.flatnonzero(first_of_its_id)
    owners = corners.ravel()[found]
    order = np.argsort(owners)
    owners, places = owners[order], places[found[order] % len(places)]
    starts = np.searchsorted(owners, ids)
    lengths = np.searchsorted(owners, ids, side="right") - starts
    return Curves(places // width, places % width, starts, lengths)


def _mixed_blocks(labels: Integer[np.ndarray, "H W"]) -> Int64[np.ndarray, " n"]:
    """Places in the flattened map whose 2x2 block (itself, right, below, below right) holds more
    than one id."""
    height, width = labels.shape
    flat = labels.ravel()
    beside = np.zeros((height, width), bool)
    np.not_equal(flat[1:], flat[:-1], out=beside.ravel()[:-1])
    beside[:, -1] = False  # not the start of the next row
    mixed = beside.copy()
    mixed[:-1] |= beside[1:]
    mixed.ravel()[:-width] |= flat[width:] != flat[:-width]
    return np.flatnonzero(mixed)


def _sorted_corners(
    labels: Integer[np.ndarray, "H W"], places: Int64[np.ndarray, " n"]
) -> Int32[np.ndarray, "4 n"]:
    """Ids of the 2x2 block at each place, in ascending order; a sorting network, since four rows
    are too few for a sort."""
    height, width = labels.shape
    right = (places % width < width - 1).astype(np.int64)
    below = width * (places < (height - 1) * width)
    blocks = np.stack([places, places + right, places + below, places + below + right])
    a, b, c, d = labels.ravel()[blocks].astype(np.int32)
    a, b = np.minimum(a, b), np.maximum(a, b)
    c, d = np.minimum(c, d), np.maximum(c, d)
    a, c = np.minimum(a, c), np.maximum(a, c)
    b, d = np.minimum(b, d), np.maximum(b, d)
    return np.stack([a, np.minimum(b, c), np.maximum(b, c), d])


def boundary_f(
    truth: Integer[np.ndarray, "H W"],
    predicted: Integer[np.ndarray, "H W"],
    truth_ids: Int64[np.ndarray, " g"],
    predicted_ids: Int64[np.ndarray, " p"],
) -> Float64[np.ndarray, "g p"]:
    """Boundary F of every true with every predicted segment: F score of the boundary pixels that
    lie within ceil(.008 x diagonal) of the other's.

    Exact, and as cheap as the boundaries are short: each is widened once, and only where boundaries
    of the other map come near it. Two segments without any boundary agree.
    """
    reach = int(np.ceil(BOUNDARY_TOLERANCE * np.hypot(*truth.shape)))
    true_curves = boundaries(truth, truth_ids)
    predicted_curves = boundaries(predicted, predicted_ids)
    recall = _shares_near(true_curves, predicted_curves, reach, truth.shape)
    precision = _shares_near(predicted_curves, true_curves, reach, truth.shape).T
    both = recall + precision
    f = np.divide(2 * recall * precision, both, out=np.zeros_like(both), where=both > 0)
    f[np.ix_(true_curves.lengths == 0, predicted_curves.lengths == 0)] = 1.0
    return f


def _shares_near(
    curves: Curves, others: Curves, reach: int, size: tuple[int, ...]
) -> Float64[np.ndarray, "k m"]:
    """Share of each boundary's pixels that lie within reach of each other boundary; 0 for one
    without pixels."""
    import cv2

    hits = np.zeros((len(curves.starts), len(others.starts)))
    picture = np.zeros(size, np.uint8)
    flat = curves.y * size[1] + curves.x
    boxes, other_boxes = _boxes(curves), _boxes(others)
    for column in np.flatnonzero(others.lengths).tolist():
        box = other_boxes[column]
        near = boxes[(np.maximum(boxes[:, :2] - box[2:], box[:2] - boxes[:, 2:]) <= reach).all(1)]
        if not len(near):
            continue
        top, left = np.maximum(np.maximum(box[:2], near[:, :2].min(0)) - reach, 0)
        bottom, right = np.minimum(np.minimum(box[2:], near[:, 2:].max(0)) + reach + 1, size)
        y, x = others.of(column)
        inside = (y >= top) & (y < bottom) & (x >= left) & (x < right)
        window = np.zeros((bottom - top, right - left), np.uint8)
        window[y[inside] - top, x[inside] - left] = 1
        picture[top:bottom, left:right] = cv2.dilate(window, _disk(reach))
        hits[:, column] = curves.sums(picture.ravel()[flat])
        picture[top:bottom, left:right] = 0
    return hits / np.maximum(curves.lengths, 1)[:, None]


def _boxes(curves: Curves) -> Int64[np.ndarray, "k 4"]:
    """First row, first column, last row, last column of each boundary; one without pixels is out of
    everything's reach."""
    boxes = np.full((len(curves.starts), 4), -(1 << 30))
    filled = curves.lengths > 0
    if filled.any():
        first, last = curves.starts[filled][0], (curves.starts + curves.lengths)[filled][-1]
        starts = curves.starts[filled] - first
        # What lies between two boundaries belongs to ids that were not asked for: background, the
        # first one.
        pixels = np.stack([curves.y[first:last], curves.x[first:last]], -1)
        boxes[filled] = np.concatenate(
            [np.minimum.reduceat(pixels, starts), np.maximum.reduceat(pixels, starts)], -1
        )
    return boxes


@lru_cache(16)
def _disk(radius: int) -> UInt8[np.ndarray, "k k"]:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disk: UInt8[np.ndarray, "k k"] = (y * y + x * x <= radius * radius).astype(np.uint8)
    return disk

"""Memberships between the columns: the share of each island, or of none, at each place of a finer
grid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

from glom_video.islands.borders import guided_filter
from glom_video.islands.clustering import COLUMN_BACKGROUND, LEAST_COSINE
from glom_video.islands.reading import Reading
from glom_video.islands.regions import Region, window_of
from glom_video.structures import FINER

SLOPE = 10.0
"""Slope of log odds over cosines, the constant of the loss in training."""

SPECK = 0.2
"""A piece of a part below this share of the part's largest piece is a speck."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the background is."""

    columns: Float32[np.ndarray, "h w"]
    """Cosine of each column's object vector to the background's."""
    between: Float32[np.ndarray, "hs ws"]
    """Its share of each cell of the finer grid, in [0, 1], with borders where the picture has
    them."""

    def and_where(self, regions: Sequence[Region]) -> "Ground":
        """Also background in all columns of these regions."""
        columns = self.columns.copy()
        for region in regions:
            columns[region.columns] = 1
        return replace(self, columns=columns)


def ground_of(reading: Reading) -> Ground:
    """The background, where object vectors are close to its vector and colours allow it."""
    import cv2

    vectors = reading.levels["object"].vectors
    columns = reading.groundness(vectors).float().view(reading.grid).numpy()
    between = _finer(columns)
    picture = cv2.resize(reading.picture, between.shape[::-1], interpolation=cv2.INTER_AREA)
    return Ground(
        columns, guided_filter(_share(between - COLUMN_BACKGROUND), picture / np.float32(255))
    )


def _share(cosines: Float32[np.ndarray, "hs ws"]) -> Float32[np.ndarray, "hs ws"]:
    """Share of a cosine above 0, as in the loss of training."""
    return 1 / (1 + np.exp(-SLOPE * cosines))


def finer_cosines(planes: Float32[np.ndarray, "k h w"]) -> Float32[np.ndarray, "k hs ws"]:
    """Cosines upsampled to the finer grid.

    Cosines and not shares: they cross the border of an island smoothly, so the border falls between
    columns where it belongs.
    """
    k, h, w = planes.shape
    finer = np.empty((k, h * FINER, w * FINER), np.float32)
    for plane, into in zip(planes, finer, strict=True):
        into[:] = _finer(plane)
    return finer


def without_specks(cosines: Float32[np.ndarray, "k hs ws"]) -> Float32[np.ndarray, "k hs ws"]:
    """Cosines on the finer grid, with -1 where an island is the nearest in a speck only: that goes
    to the next nearest.

    Along the edge of an object, columns are like several of its parts.
    """
    import cv2

    if len(cosines) < 2:
        return cosines
    kept, nearest, highest = cosines.copy(), cosines.argmax(0), cosines.max(0)
    nearest[highest < LEAST_COSINE] = len(cosines)
    for number, plane in enumerate(kept):
        is_nearest = nearest == number
        if not is_nearest.any():  # an empty window would crash OpenCV
            continue
        window = window_of(is_nearest)
        pieces, labels, boxes, _ = cv2.connectedComponentsWithStats(
            is_nearest[window].view(np.uint8), connectivity=4
        )
        areas = boxes[1:, cv2.CC_STAT_AREA]
        if pieces > 2:
            is_speck = np.concatenate([[False], areas < SPECK * areas.max()])
            plane[window][is_speck[labels]] = -1
    return kept


def _finer(plane: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "hs ws"]:
    import cv2

    return cv2.resize(
        plane, (plane.shape[1] * FINER, plane.shape[0] * FINER), interpolation=cv2.INTER_CUBIC
    )


def memberships_of(
    ground: Float32[np.ndarray, "hs ws"], fine: Float32[np.ndarray, "k hs ws"]
) -> Float32[np.ndarray, "rows hs ws"]:
    """Soft shares: first of the background and of what is like no island, then the rest among the
    islands by their cosines. ``ground``: shares of the background."""
    memberships = np.ones((1 + len(fine), *ground.shape), np.float32)
    if len(fine):
        unnamed, shares, highest = memberships[0], memberships[1:], fine.max(0)
        np.maximum(ground, _share(LEAST_COSINE - highest), out=unnamed)
        # In place: with 50 islands copies cost as much.
        np.exp(np.multiply(np.subtract(fine, highest, out=shares), SLOPE, out=shares), out=shares)
        shares *= (1 - unnamed) / shares.sum(0)
    return memberships

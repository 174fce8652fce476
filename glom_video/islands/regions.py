"""Connected regions of columns: where an island lies on the grid."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int32
from torch import Tensor

from glom_video.islands.settings import IslandSettings

REACH = 2
"""How many columns beyond its own an island may reach: the reach of a cubic kernel."""
SPECK = 0.1
"""A region below this share of an island's largest region is dropped."""
FRAGMENT, FRAGMENT_COSINE = 0.1, 0.35
"""An object is a fragment of another that it touches if its area is below this share of the other's
and the cosine of their vectors is above this."""
OBJECT_BACKGROUND = 0.4
"""An object whose columns have a higher mean cosine to the background's vector is background. Lower
than COLUMN_BACKGROUND, because here a whole object is judged."""


@dataclass(frozen=True, slots=True)
class Region:
    """Connected columns of one cluster."""

    row: int
    """Row of the cluster."""
    columns: Bool[np.ndarray, "h w"]
    area: int
    agreement: float
    """Mean cosine to the cluster's vector."""


def find_regions(
    labels: Int32[np.ndarray, "h w"],
    cosines: Float32[np.ndarray, "k h w"],
    settings: IslandSettings,
) -> list[Region]:
    """Connected regions of each cluster that are large and uniform enough, largest first.

    An island is contiguous: two things alike are two islands. Small regions beside a cluster's
    larger ones are dropped.
    """
    import cv2

    regions = []
    for row in range(len(cosines)):
        alike = labels == row + 1
        if not alike.any():  # an empty window would crash OpenCV
            continue
        window = window_of(alike)
        count, parts, stats, _ = cv2.connectedComponentsWithStats(
            alike[window].view(np.uint8), connectivity=8
        )
        found = stats[1:, cv2.CC_STAT_AREA]
        for number in range(count - 1):
            if found[number] < max(settings.min_area * labels.size, SPECK * found.max()):
                continue
            inside = parts == number + 1
            agreement = float(cosines[row][window][inside].mean())
            if agreement >= settings.min_agreement:
                columns = np.zeros(labels.shape, bool)
                columns[window] = inside
                regions.append(Region(row, columns, int(found[number]), agreement))
    return sorted(regions, key=lambda region: -region.area)


def join_fragments(regions: list[Region], centres: Float[Tensor, "k d"]) -> list[Region]:
    """Objects with the fragments that they touch, each joined to the object most like it.

    A foot or a rim that differs a little from the rest would come and go as an object of its own.
    Small parts are parts, so they stay. An object's area and agreement stay those without
    fragments.

    Args:
        regions: largest first.
        centres: unit vectors of the islands.
    """
    similarity = (centres @ centres.T).numpy()
    whole: list[Region] = []
    for region in regions:
        like = similarity[region.row]
        wholes = [
            i
            for i, other in enumerate(whole)
            if region.area < FRAGMENT * other.area
            and like[other.row] > FRAGMENT_COSINE
            and _touch(region, other)
        ]
        if wholes:
            best = max(wholes, key=lambda i: like[whole[i].row])
            whole[best] = replace(whole[best], columns=whole[best].columns | region.columns)
        else:
            whole.append(region)
    return whole


def split_background(
    regions: list[Region], ground: Float32[np.ndarray, "h w"]
) -> tuple[list[Region], list[Region]]:
    """Objects, and regions that are background. ``ground``: cosine of each column to the
    background's vector."""
    objects: list[Region] = []
    background: list[Region] = []
    for region in regions:
        is_background = float(ground[region.columns].mean()) > OBJECT_BACKGROUND
        (background if is_background else objects).append(region)
    return objects, background


def _touch(one: Region, other: Region) -> bool:
    return bool((dilated(one.columns, 1) & other.columns).any())


def dilated(columns: Bool[np.ndarray, "h w"], by: int) -> Bool[np.ndarray, "h w"]:
    """Columns and all others within ``by`` of them, diagonals included."""
    import cv2

    return cv2.dilate(columns.view(np.uint8), np.ones((2 * by + 1, 2 * by + 1), np.uint8)) > 0


def window_of(columns: Bool[np.ndarray, "h w"]) -> tuple[slice, slice]:
    """Rows and columns of the bounding box of the chosen columns."""
    import cv2

    left, top, width, height = cv2.boundingRect(columns.view(np.uint8))
    return slice(top, top + height), slice(left, left + width)


def means(
    vectors: Float[Tensor, "n d"], regions: list[Bool[np.ndarray, "h w"]]
) -> Float[Tensor, "k d"]:
    """Mean vector of each island's columns."""
    if not regions:
        return vectors[:0]
    masks = torch.from_numpy(np.stack(regions).reshape(len(regions), -1)).to(vectors.dtype)
    return masks @ vectors / masks.sum(1, keepdim=True)

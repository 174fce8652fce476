"""Columns of one vector that hang together: where an island lies on the grid."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int32
from torch import Tensor

from glom_video.islands.reading import IslandRules
from glom_video.structures import REACH

SPECK = 0.1
"""Regions of an island smaller than this share of its largest are no islands of their own."""
SCRAP, LEAST_LIKE = 0.1, 0.35
"""An object is a scrap of one that it touches if it is smaller than this share of it, and the cosine of their vectors is above this. On 48 rendered
clips, 36 fast ones (every second frame of others) and 48 larger ones, joining scraps raises the foreground ARI of whole clips by .010, .010 and .006,
and HOTA by .034, .039 and .029. Parts would gain too (.009 and .002 on two of the sets), but two limbs would more often be one part."""
DOUBTFUL = 0.4
"""An object whose columns have a higher mean cosine to the background's vector may as well be background, as a quarter of those named were. On the
last two sets leaving these out raises HOTA by .030 and .024 more, the ARI with the background by .017 and .004 and that without it by .002 and .006;
the overlap with the best tube, which counts no false ones, falls by .001 and .004; at .37 by .000 and .011."""


@dataclass(frozen=True, slots=True)
class Region:
    """Connected columns of one vector."""

    row: int
    """Of the vector."""
    columns: Bool[np.ndarray, "h w"]
    area: int
    agreement: float
    """Mean cosine to the vector."""


def find_regions(labels: Int32[np.ndarray, "h w"], cosines: Float32[np.ndarray, "k h w"], rules: IslandRules) -> list[Region]:
    """Connected regions of each island that are worth naming, largest first.

    An island is contiguous: two things that look alike are two islands. What is left of an island beside its larger regions is a speck.
    """
    import cv2

    regions = []
    for row in range(len(cosines)):
        alike = labels == row + 1
        window = window_of(alike)
        count, parts, stats, _ = cv2.connectedComponentsWithStats(alike[window].view(np.uint8), connectivity=8)
        found = stats[1:, cv2.CC_STAT_AREA]
        for number in range(count - 1):
            if found[number] < max(rules.min_area * labels.size, SPECK * found.max()):
                continue
            inside = parts == number + 1
            agreement = float(cosines[row][window][inside].mean())
            if agreement >= rules.min_agreement:
                columns = np.zeros(labels.shape, bool)
                columns[window] = inside
                regions.append(Region(row, columns, int(found[number]), agreement))
    return sorted(regions, key=lambda region: -region.area)


def join_scraps(regions: list[Region], founders: Float[Tensor, "k d"]) -> list[Region]:
    """Objects whole: scraps become part of those that they touch, each of the one most like it.

    A foot, or the rim of a thing, that is a little unlike the rest would else come and go as an object of its own. A small part is a part, so
    parts stay as they are. What a whole object gains is columns: its area and its agreement stay those of what it was without them.

    Args:
        regions: largest first.
        founders: unit vectors of the islands.
    """
    likeness = (founders @ founders.T).numpy()
    whole: list[Region] = []
    for region in regions:
        like = likeness[region.row]
        homes = [i for i, other in enumerate(whole) if region.area < SCRAP * other.area and like[other.row] > LEAST_LIKE and _touch(region, other)]
        if homes:
            home = max(homes, key=lambda i: like[whole[i].row])
            whole[home] = replace(whole[home], columns=whole[home].columns | region.columns)
        else:
            whole.append(region)
    return whole


def split_doubtful(regions: list[Region], ground: Float32[np.ndarray, "h w"]) -> tuple[list[Region], list[Region]]:
    """Objects, and what may as well be background. ``ground``: cosine of each column to the background's vector."""
    sure: list[Region] = []
    doubtful: list[Region] = []
    for region in regions:
        may_be_ground = float(ground[region.columns].mean()) > DOUBTFUL
        (doubtful if may_be_ground else sure).append(region)
    return sure, doubtful


def _touch(one: Region, other: Region) -> bool:
    return bool((_dilated(one.columns, 1) & other.columns).any())


def reached(region: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Where an island may be: its columns and REACH around them."""
    return _dilated(region, REACH)


def _dilated(columns: Bool[np.ndarray, "h w"], by: int) -> Bool[np.ndarray, "h w"]:
    """Columns and all within so many of them, diagonally too."""
    import cv2

    return cv2.dilate(columns.view(np.uint8), np.ones((2 * by + 1, 2 * by + 1), np.uint8)) > 0


def window_of(columns: Bool[np.ndarray, "h w"]) -> tuple[slice, slice]:
    """Rows and columns that hold all chosen ones."""
    import cv2

    left, top, width, height = cv2.boundingRect(columns.view(np.uint8))
    return slice(top, top + height), slice(left, left + width)


def means(vectors: Float[Tensor, "n d"], regions: list[Bool[np.ndarray, "h w"]]) -> Float[Tensor, "k d"]:
    """Mean vector of each island's columns."""
    if not regions:
        return vectors[:0]
    masks = torch.from_numpy(np.stack(regions).reshape(len(regions), -1)).to(vectors.dtype)
    return masks @ vectors / masks.sum(1, keepdim=True)

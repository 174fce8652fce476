"""Columns of one vector that hang together: where an island lies on the grid."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int32
from torch import Tensor

from glom_video.islands.reading import IslandRules
from glom_video.structures import REACH

SPECK = 0.1
"""Regions of an island smaller than this share of its largest are no islands of their own."""


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


def reached(region: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Where an island may be: its columns and REACH around them."""
    import cv2

    return cv2.dilate(region.view(np.uint8), np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)) > 0


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

"""The columns of one frame, for inspection."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from glom_video.structures.printing import ShapeRepr

CONTRIBUTIONS = ("carry", "bottom-up", "top-down", "consensus")
"""The four vectors that a level of a column is a weighted mean of, in the model's order."""


@dataclass(frozen=True, slots=True, repr=False)
class ColumnStates(ShapeRepr):
    """The columns of one frame of one stream, in host memory."""

    grid: tuple[int, int]
    """Columns as (h, w); ``n = h*w``, row by row."""
    level_names: tuple[str, ...]
    """Lowest first."""
    levels: Float32[np.ndarray, "l n d"]
    contributions: Float32[np.ndarray, "l n 4"]
    """Weights of CONTRIBUTIONS in each column of each level; they sum to 1."""

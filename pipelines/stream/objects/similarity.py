"""Islands themselves: how alike the columns of a level are to one of them, and what made it."""

import base64
from typing import Any

import numpy as np
from jaxtyping import Float32

from glom_video.structures import CONTRIBUTIONS, ColumnStates


def column_at(columns: ColumnStates, x: float, y: float) -> int:
    """Number of the column at a place, given as shares of width and height, in [0, 1]."""
    height, width = columns.grid
    return min(int(y * height), height - 1) * width + min(int(x * width), width - 1)


def similarity(columns: ColumnStates, level: int, column: int) -> Float32[np.ndarray, " n"]:
    """Cosine of each column's vector to that of one, in [-1, 1]. At 0.5 the loss puts even odds on
    both being of one island."""
    vectors = columns.levels[level]
    lengths = np.linalg.norm(vectors, axis=1)
    cosines: Float32[np.ndarray, " n"] = vectors @ vectors[column]
    return cosines / np.maximum(lengths * lengths[column], 1e-12)


def island_at(columns: ColumnStates, level: int, x: float, y: float) -> dict[str, Any]:
    """What the page shows of the island at a place: the grid, similarity by column as bytes (0 for
    a cosine of 0 or less, 255 for 1) in base64, and the weights of the contributions by name."""
    column = column_at(columns, x, y)
    alike = np.rint(255 * similarity(columns, level, column).clip(0, 1)).astype(np.uint8)
    weights = columns.contributions[level, column].tolist()
    return {
        "level": level,
        "height": columns.grid[0],
        "width": columns.grid[1],
        "column": column,
        "similarity": base64.b64encode(alike.tobytes()).decode(),
        "contributions": {
            name: round(weight, 4) for name, weight in zip(CONTRIBUTIONS, weights, strict=True)
        },
    }

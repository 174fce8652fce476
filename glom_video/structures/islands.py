"""What is found in the columns: islands per level, nested in a parse tree."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Int32

from glom_video.structures.printing import ShapeRepr

LevelName = Literal["part", "object"]
FINER = 2
"""Membership cells per column and axis: islands are drawn on this finer grid."""
LEVEL_NAMES: tuple[LevelName, ...] = ("part", "object")
"""The levels whose islands are tracked and exported, lower first."""
CUES = ("groundness", "sharpness", "motion")
"""The measurements of an object island that tell whether it is an object."""


@dataclass(frozen=True, slots=True, repr=False)
class Islands(ShapeRepr):
    """The islands of one level in one frame. Row ``i`` of every ``k`` axis is label ``i + 1`` of
    ``labels``."""

    labels: Int32[np.ndarray, "h w"]
    """Island of each column: 0 none (at the object level: background), else row + 1."""
    embeddings: Float32[np.ndarray, "k d"]
    """Unit norm."""
    agreement: Float32[np.ndarray, " k"]
    """In [0, 1]: mean cosine of an island's columns to its embedding, 1 = identical vectors."""
    pose: Float32[np.ndarray, "k 6"]
    """Centre x, y (fractions of width and height), scale (root of the area over the frame's),
    orientation (radians in (-pi/2, pi/2]), velocity x, y (fractions of width and height per
    second), measured on the island."""
    read_pose: Float32[np.ndarray, "k 6"]
    """The same six numbers, read by the model from the island's vector."""
    appearance: Float32[np.ndarray, "k d"]
    """What each island looks like: the mean of its columns at the patch level, unit norm. It
    survives an occlusion better than ``embeddings``, which describe an island's place in the
    present whole."""
    memberships: Float32[np.ndarray, "k+1 hs ws"]
    """Soft share of each island in each place, row 0 = none; sums to 1 over rows."""
    column_agreement: Float32[np.ndarray, "h w"]
    """In [0, 1]: per column, how far bottom-up, top-down and consensus agree."""
    inside: Float32[np.ndarray, "hp wp"] | None = None
    """Log odds, on a finer grid, that a place is inside an object, from the picture near outlines;
    0 elsewhere. None: not computed."""
    cues: Float32[np.ndarray, "k c"] | None = None
    """Per object, the measurements in CUES. None: not measured, as for parts."""


@dataclass(frozen=True, slots=True, repr=False)
class Parse(ShapeRepr):
    """The parse tree of one frame: islands per level, and which object each part lies in."""

    islands: Mapping[str, Islands]
    """Keys: ``part`` and ``object``."""
    parent: Int32[np.ndarray, " k"]
    """Per part island: the label (row + 1) of its object island, 0 = none."""

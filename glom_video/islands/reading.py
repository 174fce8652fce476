"""The model's output in which islands are found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor


@dataclass(frozen=True, slots=True)
class LevelReading:
    """One frame's vectors at a named level, with their agreement."""

    vectors: Float[Tensor, "n d"]
    agreement: Float[Tensor, " n"]
    """In [-1, 1]."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The model's output for one frame of one stream, in host memory."""

    grid: tuple[int, int]
    picture: UInt8[np.ndarray, "H W 3"]
    """The frame's picture, RGB, of any size."""
    levels: Mapping[str, LevelReading]
    """Keys: ``part`` and ``object``."""
    patches: Float[Tensor, "n d"]
    """Vectors of the lowest level."""
    groundness: Callable[[Float[Tensor, "m d"]], Float[Tensor, " m"]]
    """Cosine of object vectors to the background's."""
    pose: Callable[[Float[Tensor, "k d"]], Float[Tensor, "k 7"]]
    """The pose read-out: centre x, y; log scale; cosine and sine of twice the orientation; velocity
    against the camera in tenths of the frame per frame."""
    products: torch.dtype = torch.float32
    """Type of large matrix products, the fastest that makes no difference."""

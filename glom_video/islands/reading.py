"""What islands are found in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

MOST = {"part": 40, "object": 16}
"""Islands per level at the most."""


@dataclass(frozen=True, slots=True)
class LevelReading:
    """One frame's vectors at a named level, and how far the contributions to each agree."""

    vectors: Float[Tensor, "n d"]
    between: Float[Tensor, "m d"] | None
    """On a grid FINER times finer; None where nothing is known between columns."""
    agreement: Float[Tensor, " n"]
    """In [-1, 1]."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model says of one frame of one stream, in the computer's own memory."""

    grid: tuple[int, int]
    picture: UInt8[np.ndarray, "H W 3"]
    """What the frame shows, of any size: RGB."""
    levels: Mapping[str, LevelReading]
    """Keys: ``part`` and ``object``."""
    patches: Float[Tensor, "n d"]
    """The lowest level."""
    groundness: Callable[[Float[Tensor, "m d"]], Float[Tensor, " m"]]
    """Cosine of object vectors to the background's."""
    pose: Callable[[Float[Tensor, "k d"]], Float[Tensor, "k 7"]]
    """The pose read-out: centre x, y; log scale; cosine and sine of twice the orientation; velocity
    against the camera in tenths of the frame per frame."""
    products: torch.dtype = torch.float32
    """The type in which many vectors are multiplied: the fastest one, where it makes no
    difference."""

"""Where a column is: continuous sinusoidal coordinates (A6), so that any grid fits and the field can be asked between columns."""

import math
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

OCTAVES = 4
PLACE = 4 * OCTAVES + 2
"""Numbers that describe one place."""


def encode_place(place: Float[Tensor, "n 2"]) -> Float[Tensor, "n p"]:
    """(y, x), with the frame's longer side spanning [-1, 1], as sines, cosines and themselves."""
    angles = (place[..., None] * 2.0 ** torch.arange(OCTAVES, device=place.device) * math.pi / 2).flatten(-2)
    return torch.cat([angles.sin(), angles.cos(), place], -1)


@lru_cache(16)
@torch.inference_mode(False)  # what is kept must serve training too, whoever asked for it first
def column_places(h: int, w: int) -> Float[Tensor, "n p"]:
    """Encoded middles of all columns of a grid, row by row."""
    longer = max(h, w)
    y = (torch.arange(h) * 2 + 1 - h) / longer
    x = (torch.arange(w) * 2 + 1 - w) / longer
    return encode_place(torch.stack(torch.meshgrid(y, x, indexing="ij"), -1).reshape(-1, 2))

"""Sinusoidal coordinates of columns, which fit any grid."""

import math
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

OCTAVES = 4
"""Frequencies of the encoding, each twice the one before."""
PLACE = 4 * OCTAVES + 2
"""Length of the encoding of one place."""


def encode_place(place: Float[Tensor, "n 2"]) -> Float[Tensor, "n p"]:
    """Sines, cosines and values of (y, x), where the frame's longer side spans [-1, 1]."""
    octaves = 2.0 ** torch.arange(OCTAVES, device=place.device)
    angles = (place[..., None] * octaves * math.pi / 2).flatten(-2)
    return torch.cat([angles.sin(), angles.cos(), place], -1)


@cache  # for good: a step that was recorded on a GPU reads them where they lay
# The cached tensors must serve training too, also where inference made them.
@torch.inference_mode(False)
def column_places(h: int, w: int, device: torch.device) -> Float[Tensor, "n p"]:
    """Encoded centres of all columns of a grid, row by row."""
    longer = max(h, w)
    y = (torch.arange(h) * 2 + 1 - h) / longer
    x = (torch.arange(w) * 2 + 1 - w) / longer
    places = torch.stack(torch.meshgrid(y, x, indexing="ij"), -1).reshape(-1, 2)
    return encode_place(places).to(device)

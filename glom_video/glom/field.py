"""Where a column is, in continuous sinusoidal coordinates (A6), so that any grid fits; and what a level would say between columns."""

import math
from functools import cache

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

OCTAVES = 4
PLACE = 4 * OCTAVES + 2
"""Numbers that describe one place."""


def encode_place(place: Float[Tensor, "n 2"]) -> Float[Tensor, "n p"]:
    """(y, x), with the frame's longer side spanning [-1, 1], as sines, cosines and themselves."""
    angles = (place[..., None] * 2.0 ** torch.arange(OCTAVES, device=place.device) * math.pi / 2).flatten(-2)
    return torch.cat([angles.sin(), angles.cos(), place], -1)


@cache  # for good: a step that was recorded on a GPU reads them where they lay
@torch.inference_mode(False)  # what is kept must serve training too, whoever asked for it first
def column_places(h: int, w: int, device: torch.device) -> Float[Tensor, "n p"]:
    """Encoded middles of all columns of a grid, row by row."""
    longer = max(h, w)
    y = (torch.arange(h) * 2 + 1 - h) / longer
    x = (torch.arange(w) * 2 + 1 - w) / longer
    return encode_place(torch.stack(torch.meshgrid(y, x, indexing="ij"), -1).reshape(-1, 2)).to(device)


class Field(nn.Module):
    """A level's vector at any place: what lies between the nearest columns, corrected by the small features seen there and by where it is.

    Begins as plain interpolation.
    """

    def __init__(self, dim: int, detail: int, hidden: int) -> None:
        super().__init__()
        self.vector, self.detail = nn.Linear(dim, hidden), nn.Linear(detail, hidden, bias=False)
        self.place = nn.Linear(PLACE, hidden, bias=False)
        self.out = nn.Linear(hidden, dim)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, between: Float[Tensor, "*m d"], detail: Float[Tensor, "*m c"], place: Float[Tensor, "*m p"]) -> Float[Tensor, "*m d"]:
        """``between``: interpolated vectors at these places; ``detail``: features of the picture there."""
        weight = torch.cat([self.vector.weight, self.detail.weight, self.place.weight], 1)
        seen = torch.cat([x.to(weight.dtype) for x in (between, detail, place)], -1)
        return between + self.out(F.gelu(F.linear(seen, weight, self.vector.bias))).to(between.dtype)


def asked(maps: Float[Tensor, "b c h w"], finer: tuple[int, int]) -> Float[Tensor, "b m c"]:
    """Maps read at the middles of a grid of ``finer`` = (rows, columns) cells, bilinearly; cells row by row."""
    return F.interpolate(maps, size=finer, mode="bilinear").flatten(2).transpose(1, 2)

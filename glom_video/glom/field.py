"""Sinusoidal coordinates of columns, which fit any grid, and a level's vectors between the columns
(a neural field)."""

import math
from functools import cache

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from glom_video.structures import FINER, REACH

OCTAVES = 4
PLACE = 4 * OCTAVES + 2
"""Length of the encoding of one place."""


def encode_place(place: Float[Tensor, "n 2"]) -> Float[Tensor, "n p"]:
    """Sines, cosines and values of (y, x), where the frame's longer side spans [-1, 1]."""
    angles = (
        place[..., None] * 2.0 ** torch.arange(OCTAVES, device=place.device) * math.pi / 2
    ).flatten(-2)
    return torch.cat([angles.sin(), angles.cos(), place], -1)


@cache  # for good: a step that was recorded on a GPU reads them where they lay
# The cached tensors must serve training too, also where inference made them.
@torch.inference_mode(False)
def column_places(h: int, w: int, device: torch.device) -> Float[Tensor, "n p"]:
    """Encoded centres of all columns of a grid, row by row."""
    longer = max(h, w)
    y = (torch.arange(h) * 2 + 1 - h) / longer
    x = (torch.arange(w) * 2 + 1 - w) / longer
    return encode_place(torch.stack(torch.meshgrid(y, x, indexing="ij"), -1).reshape(-1, 2)).to(
        device
    )


class Field(nn.Module):
    """A level's vector at any place: interpolated between the nearest columns, plus a learnt
    correction from the encoder's fine features and the coordinates of that place. It begins as
    plain interpolation."""

    def __init__(self, dim: int, detail: int, hidden: int) -> None:
        super().__init__()
        self.vector, self.detail = nn.Linear(dim, hidden), nn.Linear(detail, hidden, bias=False)
        self.place = nn.Linear(PLACE, hidden, bias=False)
        self.out = nn.Linear(hidden, dim)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(
        self,
        between: Float[Tensor, "*m d"],
        detail: Float[Tensor, "*m c"],
        place: Float[Tensor, "*m p"],
    ) -> Float[Tensor, "*m d"]:
        """Corrected vectors. ``between``: interpolated vectors at these places; ``detail``: the
        encoder's fine features there."""
        weight = torch.cat([self.vector.weight, self.detail.weight, self.place.weight], 1)
        inputs = torch.cat([x.to(weight.dtype) for x in (between, detail, place)], -1)
        return between + self.out(F.gelu(F.linear(inputs, weight, self.vector.bias))).to(
            between.dtype
        )


def interpolate(maps: Float[Tensor, "b c h w"], finer: tuple[int, int]) -> Float[Tensor, "b m c"]:
    """Maps sampled bilinearly at the centres of a grid of ``finer`` = (rows, columns) cells, row by
    row."""
    return F.interpolate(maps, size=finer, mode="bilinear").flatten(2).transpose(1, 2)


def between_columns(
    field: nn.Module | None,
    vectors: Float[Tensor, "b n d"],
    detail: Float[Tensor, "b c h2 w2"],
    grid: tuple[int, int],
    cells: Int64[Tensor, " k"] | None,
) -> Float[Tensor, "b m d"]:
    """A level's vectors on a grid FINER times finer than the columns, row by row: interpolated, and
    corrected by the field.

    Args:
        detail: fine features of the encoder.
        cells: cells to correct, numbered through the batch; all cells if None.
    """
    finer = (grid[0] * FINER, grid[1] * FINER)
    # Rows, columns, channels: so each vector stays in one piece, and all that follows takes a third
    # of the time.
    between = interpolate(vectors.unflatten(1, grid).permute(0, 3, 1, 2), finer)
    if field is None:
        return between
    features, place = (
        interpolate(detail, finer).to(between.dtype),
        column_places(*finer, between.device).to(between.dtype),
    )
    if cells is None:
        corrected: Tensor = field(between, features, place.expand(len(between), -1, -1))
        return corrected
    interpolated = between.flatten(0, 1)
    corrected = field(interpolated[cells], features.flatten(0, 1)[cells], place[cells % len(place)])
    return interpolated.index_copy_(0, cells, corrected).view_as(between)


def cells_near(columns: Bool[Tensor, "b n"], grid: tuple[int, int]) -> Int64[Tensor, " k"]:
    """Cells of the finer grid, numbered through the batch, within REACH columns of these
    columns."""
    near = F.max_pool2d(columns.float().unflatten(1, grid), 2 * REACH + 1, 1, REACH) > 0
    return near.repeat_interleave(FINER, 1).repeat_interleave(FINER, 2).flatten().nonzero()[:, 0]

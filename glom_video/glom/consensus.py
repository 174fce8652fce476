"""Consensus between columns: attention without learnt queries, keys or values, over a window that
grows with the level.

A block of columns attends to a sparse sample of the columns around it. An island repeats one
vector, so a few of its columns stand for all. Every level samples the same number of keys (36), so
the cost is linear in the number of columns.
"""

import math
from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

BLOCK, MARGIN = 2, 2
"""In samples: a block is 2x2, and its window reaches two beyond each side, 6x6 keys in all."""
LOWEST, HIGHEST = 3.0, 30.0
"""Bounds of the inverse temperature. Below, all islands merge into one; above, every column becomes
its own island."""


def centred(x: Float[Tensor, "b h w d"]) -> Float[Tensor, "b h w d"]:
    """Vectors minus the level's spatial mean: a component shared by all columns would make
    everything agree with everything."""
    return x - x.mean((1, 2), keepdim=True)


@dataclass(frozen=True, slots=True)
class Windows:
    """Which columns attend to which on one grid, as tables of column numbers (row by row), so that
    gathering costs one copy each way."""

    queries: Int64[Tensor, "nb q"]
    """Columns of each block; beyond the grid's edge, the nearest column again."""
    keys: Int64[Tensor, "nb keys"]
    """Sampled columns in and around each block; an arbitrary column beyond the grid's edge."""
    exists: Bool[Tensor, "nb keys"]
    """Which keys lie on the grid."""
    penalty: Float[Tensor, "nb 1 keys"]
    """Log weight added to each key: 0, or so low that a key beyond the edge gets no share."""
    places: Int64[Tensor, " n"]
    """Index of each column among the queries."""


@cache  # for good: a step that was recorded on a GPU reads them where they lay
# The cached tensors must serve training too, also where inference made them.
@torch.inference_mode(False)
def windows(h: int, w: int, stride: int, device: torch.device) -> Windows:
    """The tables for blocks of ``BLOCK * stride`` columns a side, with a key in the middle of every
    ``stride`` columns."""
    side = BLOCK * stride
    rows, columns = -(-h // side), -(-w // side)
    number = torch.arange(rows * columns)
    block_y, block_x = (number // columns * side)[:, None], (number % columns * side)[:, None]
    inside = torch.arange(side)
    sampled = torch.arange(-MARGIN, BLOCK + MARGIN) * stride + stride // 2
    query_y, query_x = (block_y + inside).clamp(max=h - 1), (block_x + inside).clamp(max=w - 1)
    key_y, key_x = block_y + sampled, block_x + sampled
    exists = ((key_y >= 0) & (key_y < h))[:, :, None] & ((key_x >= 0) & (key_x < w))[:, None]
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    places = (y // side * columns + x // side) * side**2 + y % side * side + x % side
    queries = query_y[:, :, None] * w + query_x[:, None]
    keys = key_y.clamp(0, h - 1)[:, :, None] * w + key_x.clamp(0, w - 1)[:, None]
    tables = (
        queries.flatten(1),
        keys.flatten(1),
        exists.flatten(1),
        (~exists).flatten(1)[:, None] * -1e4,
        places.flatten(),
    )
    return Windows(*(table.to(device) for table in tables))


def gathered(x: Float[Tensor, "b n d"], table: Int64[Tensor, "nb m"]) -> Float[Tensor, "b nb m d"]:
    """The columns listed in a table."""
    return x.index_select(1, table.flatten()).unflatten(1, table.shape)


def inverse_norm(x: Float[Tensor, "b n d"]) -> Float[Tensor, "b n 1"]:
    """1 over the length of each vector; at most 1,000."""
    return torch.linalg.vector_norm(x, dim=-1, keepdim=True).square().add(1e-6).rsqrt()


class Consensus(nn.Module):
    """Attention-weighted mean of one level's vectors at other columns, with weights proportional to
    exp(beta * centred cosine). ``beta`` is learnt per level, within [3, 30]."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.log_beta = nn.Parameter(torch.tensor(math.log(10.0)))

    def beta(self) -> Float[Tensor, ""]:
        """Inverse temperature, in [3, 30]."""
        return self.log_beta.exp().clamp(LOWEST, HIGHEST)

    def forward(
        self, x: Float[Tensor, "b h w d"], products: torch.dtype | None = None
    ) -> Float[Tensor, "b h w d"]:
        """``products``: type of matrix products, by default that of ``x``; everything else stays in
        the type of ``x``."""
        products = products or x.dtype
        mean = x.mean((1, 2), keepdim=True)
        around = x - mean
        attention, keys, table = self._attention(around, products)
        output = (attention.to(products) @ keys).flatten(1, 2).index_select(1, table.places)
        return output.view_as(x) + mean

    def entropy(self, x: Float[Tensor, "b h w d"]) -> Float[Tensor, "b h w"]:
        """Relative entropy of each column's attention, in [0, 1]: 0 if one key has all the weight,
        1 if all keys weigh the same."""
        attention, _, table = self._attention(centred(x), x.dtype)
        attention = attention.float()
        uniform = table.exists.sum(-1, keepdim=True).float().log()
        nats = -(attention * attention.clamp(min=1e-12).log()).sum(-1) / uniform.clamp(min=1e-6)
        return nats.flatten(1).index_select(1, table.places).view(x.shape[:3])

    def _attention(
        self, x: Float[Tensor, "b h w d"], products: torch.dtype
    ) -> tuple[Float[Tensor, "b nb q keys"], Float[Tensor, "b nb keys d"], Windows]:
        """Attention weights for ``x``, which is already centred, and the keys, which are values
        too; weights sum to 1."""
        table = windows(int(x.shape[1]), int(x.shape[2]), self.stride, x.device)
        x = x.flatten(1, 2)
        scale = inverse_norm(x)
        # Queries are scaled before the product, keys after it: products are few, and keys are
        # values too.
        queries = gathered((x * (scale * self.beta())).to(products), table.queries)
        keys = gathered(x.to(products), table.keys)
        cosines = (queries @ keys.transpose(-1, -2)).to(x.dtype)
        logits = torch.addcmul(
            table.penalty, cosines, gathered(scale, table.keys).transpose(-1, -2)
        )
        return logits.softmax(-1), keys, table

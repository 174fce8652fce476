"""Consensus between columns (A4, A5, A10): attention without learned queries, keys or values, over a window that grows with the level.

A block of columns looks at a sparse sample of the columns around it: an island repeats one vector, so a few of its columns speak for all.
Every level samples the same number of keys (36), so the cost grows linearly with the number of columns.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

BLOCK, MARGIN = 2, 2
"""A block is 2x2 samples; it sees two samples beyond each side, 6x6 keys in all."""
SPAN = BLOCK + 2 * MARGIN
LOWEST, HIGHEST = 3.0, 30.0
"""Bounds of the inverse temperature: below, all islands merge into one; above, every column is an island of its own."""


def centred(x: Float[Tensor, "b h w d"]) -> Float[Tensor, "b h w d"]:
    """Minus the level's spatial mean: a component that all columns share would make everything agree with everything."""
    return x - x.mean((1, 2), keepdim=True)


def to_blocks(x: Float[Tensor, "b h w d"], side: int) -> Float[Tensor, "b nb q d"]:
    """Columns grouped into blocks of ``side x side``, padded with zeros where the grid does not divide."""
    b, h, w, d = x.shape
    x = F.pad(x, (0, 0, 0, -w % side, 0, -h % side))
    rows, columns = x.shape[1] // side, x.shape[2] // side
    return x.reshape(b, rows, side, columns, side, d).transpose(2, 3).reshape(b, rows * columns, side * side, d)


def from_blocks(blocks: Float[Tensor, "b nb q d"], side: int, h: int, w: int) -> Float[Tensor, "b h w d"]:
    """Inverse of ``to_blocks``."""
    b, _, _, d = blocks.shape
    rows, columns = -(-h // side), -(-w // side)
    x = blocks.reshape(b, rows, columns, side, side, d).transpose(2, 3).reshape(b, rows * side, columns * side, d)
    return x[:, :h, :w]


def sampled_windows(x: Float[Tensor, "b h w d"], stride: int) -> Float[Tensor, "b nb keys d"]:
    """For each block the sampled columns in and around it."""
    b, h, w, d = x.shape
    side = BLOCK * stride
    x = F.pad(x, (0, 0, 0, -w % side, 0, -h % side))
    sample = F.pad(x[:, stride // 2 :: stride, stride // 2 :: stride], (0, 0, MARGIN, MARGIN, MARGIN, MARGIN))
    windows = sample.unfold(1, SPAN, BLOCK).unfold(2, SPAN, BLOCK)  # (b rows columns d SPAN SPAN)
    return windows.permute(0, 1, 2, 4, 5, 3).reshape(b, -1, SPAN * SPAN, d)


def window_exists(h: int, w: int, stride: int, device: torch.device) -> Bool[Tensor, "1 nb 1 keys"]:
    """Which keys of each window lie on the grid."""
    ones = torch.ones(1, h, w, 1, device=device)
    return sampled_windows(ones, stride)[..., 0][:, :, None] > 0


def inverse_norm(x: Float[Tensor, "b nb q d"]) -> Float[Tensor, "b nb q 1"]:
    return (x * x).sum(-1, keepdim=True).add(1e-6).rsqrt()


class Consensus(nn.Module):
    """Attention-weighted mean of one level's vectors at other columns, weight proportional to exp(beta * centred cosine).

    ``beta`` is learned per level within [3, 30]. With ``above``, agreement at the level above is asked for as well, which keeps columns that
    look alike but belong to different objects apart (A10).
    """

    def __init__(self, stride: int, *, hierarchy_gated: bool) -> None:
        super().__init__()
        self.stride, self.side = stride, BLOCK * stride
        self.log_beta = nn.Parameter(torch.tensor(math.log(10.0)))
        self.hierarchy_gated = hierarchy_gated

    def beta(self) -> Tensor:
        return self.log_beta.exp().clamp(LOWEST, HIGHEST)

    def forward(self, x: Float[Tensor, "b h w d"], above: Float[Tensor, "b h w d"] | None) -> Float[Tensor, "b h w d"]:
        h, w = x.shape[1:3]
        mean = x.mean((1, 2), keepdim=True)
        values = sampled_windows(x - mean, self.stride)
        attention = self._attention(x - mean, values, above)
        return from_blocks(attention.to(values.dtype) @ values, self.side, h, w) + mean

    def entropy(self, x: Float[Tensor, "b h w d"], above: Float[Tensor, "b h w d"] | None) -> Float[Tensor, "b h w"]:
        """Of each column's attention, in [0, 1]: 0 where it looks at one other column, 1 where all of its window weigh the same."""
        h, w = x.shape[1:3]
        attention = self._attention(centred(x), sampled_windows(centred(x), self.stride), above).float()
        uniform = window_exists(h, w, self.stride, x.device).sum(-1, keepdim=True).float().log()
        nats = -(attention * attention.clamp(min=1e-12).log()).sum(-1, keepdim=True)
        return from_blocks(nats / uniform.clamp(min=1e-6), self.side, h, w)[..., 0]

    def _attention(
        self, x: Float[Tensor, "b h w d"], keys: Float[Tensor, "b nb keys d"], above: Float[Tensor, "b h w d"] | None
    ) -> Float[Tensor, "b nb q keys"]:
        """Weights of the keys, both sides centred already; they sum to 1."""
        h, w = x.shape[1:3]
        logits = self._cosine(x, keys)
        if self.hierarchy_gated and above is not None:
            above = centred(above)
            logits = logits + self._cosine(above, sampled_windows(above, self.stride))
        exists = window_exists(h, w, self.stride, x.device)
        return (logits * self.beta().to(logits.dtype)).masked_fill(~exists, -1e4).softmax(-1)

    def _cosine(self, x: Float[Tensor, "b h w d"], keys: Float[Tensor, "b nb keys d"]) -> Float[Tensor, "b nb q keys"]:
        """Products first, norms after: dividing the few products is cheaper than dividing all vectors."""
        queries = to_blocks(x, self.side)
        return (queries @ keys.transpose(-1, -2)) * inverse_norm(queries) * inverse_norm(keys).transpose(-1, -2)

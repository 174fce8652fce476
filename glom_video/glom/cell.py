"""One update of all levels: four contributions per level (A2), weighted by learned weights and by agreement, swept from the bottom up."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from glom_video.glom.config import GlomConfig
from glom_video.glom.consensus import Consensus
from glom_video.glom.field import PLACE

CARRY, BOTTOM_UP, TOP_DOWN, CONSENSUS = range(4)


EPSILON = 1e-5
"""Added to a variance before it divides."""


def unit_variance(x: Tensor) -> Tensor:
    """Each vector to mean 0 and variance 1 over its channels; never over locations."""
    if torch.is_grad_enabled():
        return F.layer_norm(x, x.shape[-1:], eps=EPSILON)
    x = x - x.mean(-1, keepdim=True)  # the same in less than half the time on a CPU; its gradient would take three times as long
    return x * torch.linalg.vector_norm(x, dim=-1, keepdim=True).square().div(x.shape[-1]).add(EPSILON).rsqrt()


def agreement(x: Float[Tensor, "b n d"], y: Float[Tensor, "b n d"]) -> Float[Tensor, "b n 1"]:
    """Cosine of vectors that have unit variance: their mean product."""
    return (x * y).mean(-1, keepdim=True)


def _weighted_sum(parts: list[Tensor], weights: Float[Tensor, "b n parts"]) -> Float[Tensor, "b n d"]:
    total = parts[0] * weights[..., :1]
    for i, part in enumerate(parts[1:], 1):
        total = torch.addcmul(total, part, weights[..., i : i + 1])
    return total


class Predictor(nn.Module):
    """Bottom-up or top-down network between two adjacent levels (A3): sees its own column and where that column is (A6)."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.vector, self.place = nn.Linear(dim, hidden), nn.Linear(PLACE, hidden, bias=False)
        self.out = nn.Linear(hidden, dim)

    def forward(self, x: Float[Tensor, "b n d"], place: Float[Tensor, "n p"]) -> Float[Tensor, "b n d"]:
        """Multiplies in the type of its weights. Vector and place go through one product: a second one and a sum would cost as much again."""
        weight = torch.cat([self.vector.weight, self.place.weight], 1)
        seen = torch.cat([x.to(weight.dtype), place.to(weight.dtype).expand(len(x), -1, -1)], -1)
        hidden = F.gelu(F.linear(seen, weight, self.vector.bias))
        return unit_variance(self.out(hidden).to(x.dtype))


@dataclass(frozen=True, slots=True)
class Shares:
    """Weight of each contribution, averaged over columns, and how far the contributions agree."""

    weights: Float[Tensor, "l 4"]
    """Order: carry, bottom-up, top-down, consensus."""
    agreement: Float[Tensor, "b l n"]
    """Per column: weighted cosine of the contributions to what they were fused to, in [-1, 1]."""


class Cell(nn.Module):
    """``sweep(patch, levels) -> levels``, one iteration."""

    def __init__(self, config: GlomConfig) -> None:
        super().__init__()
        self.config = config
        pairs = config.levels - 1
        self.bottom_up = nn.ModuleList(Predictor(config.dim, config.hidden) for _ in range(pairs))
        self.top_down = nn.ModuleList(Predictor(config.dim, config.hidden) for _ in range(pairs))
        self.consensus = nn.ModuleList(Consensus(stride, hierarchy_gated=config.hierarchy_gated) for stride in config.consensus_strides)
        self.mix = nn.Parameter(torch.tensor([[0.0, 1.0, -1.0, -1.0]]).repeat(config.levels, 1))
        self.gain = nn.Parameter(torch.tensor([[4.0, 0.0, 2.0, 2.0]]).repeat(config.levels, 1))

    @property
    def products(self) -> torch.dtype:
        """The type in which vectors are multiplied."""
        dtype: torch.dtype = self.bottom_up[0].vector.weight.dtype  # type: ignore[union-attr,assignment]  # a ModuleList forgets what it holds
        return dtype

    def begin(self, patch: Float[Tensor, "b n d"], place: Float[Tensor, "n p"]) -> Float[Tensor, "b l n d"]:
        """The state of columns that have seen nothing yet: they believe what comes from below."""
        levels = [patch]
        for predict in self.bottom_up:
            levels.append(predict(levels[-1], place))
        return torch.stack(levels, 1)

    def sweep(
        self,
        patch: Float[Tensor, "b n d"],
        before: Float[Tensor, "b l n d"],
        kept: Float[Tensor, "b n 1"],
        place: Float[Tensor, "n p"],
        grid: tuple[int, int],
    ) -> tuple[Float[Tensor, "b l n d"], Shares]:
        """One iteration over all levels.

        Args:
            patch: this frame's embeddings.
            before: the state a step ago, already warped to this frame.
            kept: in [0, 1], how far each column of ``before`` may be believed (0 where it came from outside or was hidden).
        """
        levels: list[Tensor] = []
        weights, agreements = [], []
        doubt = kept.clamp(min=1e-6).log() if self.config.carry else torch.full_like(kept, -1e4)
        for k in range(self.config.levels):
            below = levels if self.config.schedule == "sweep" else list(before.unbind(1))
            up = patch if k == 0 else self.bottom_up[k - 1](below[k - 1], place)
            contributions = [before[:, k], up]
            top_level = k == self.config.levels - 1
            if self.config.top_down and not top_level:
                contributions.append(self.top_down[k](before[:, k + 1], place))
            level, share, agreed = self._fuse(k, contributions, doubt, None if top_level else before[:, k + 1], grid)
            levels.append(level)
            weights.append(share)
            agreements.append(agreed)
        return torch.stack(levels, 1), Shares(torch.stack(weights), torch.stack(agreements, 1))

    def _fuse(
        self, k: int, contributions: list[Tensor], doubt: Tensor, above: Tensor | None, grid: tuple[int, int]
    ) -> tuple[Float[Tensor, "b n d"], Float[Tensor, " 4"], Float[Tensor, "b n"]]:
        """Average of the contributions within the column, then the consensus of other columns on it, weights normalised once.

        ``doubt`` is added to the score of the carried state.
        """
        up, count = contributions[BOTTOM_UP], len(contributions)
        agreed = torch.cat([agreement(x, up) for x in contributions], -1)
        scores = self._scores(k, slice(count), agreed) + F.pad(doubt, (CARRY, count - 1 - CARRY))
        total = scores.logsumexp(-1, keepdim=True)
        weights = (scores - total).exp()
        mixed = _weighted_sum(contributions, weights)
        fused = unit_variance(mixed)
        share = F.pad(weights.mean((0, 1)), (0, 4 - count))
        agreed = agreement(mixed, fused)  # the weighted mean of what each contribution agrees with it: agreement is linear
        if not self.config.consensus:
            return fused, share, agreed[..., 0]
        opinion = self._opinion(k, fused, above, grid)
        others_agree = agreement(opinion, fused)
        taken = torch.sigmoid(self._scores(k, slice(CONSENSUS, None), others_agree) - total)
        level = unit_variance(torch.lerp(fused, opinion, taken))
        mean_taken = taken.mean()
        return level, torch.cat([share[:3] * (1 - mean_taken), mean_taken[None]]), torch.lerp(agreed, others_agree, taken)[..., 0]

    def _scores(self, k: int, which: slice, agreed: Float[Tensor, "b n c"]) -> Float[Tensor, "b n c"]:
        """Log weights of contributions: learned, and raised or lowered by the agreement of each with what it is checked against."""
        if not self.config.gate:
            return self.mix[k, which].expand_as(agreed)
        return self.mix[k, which] + self.gain[k, which] * (agreed - 0.5)

    def _opinion(self, k: int, fused: Tensor, above: Tensor | None, grid: tuple[int, int]) -> Float[Tensor, "b n d"]:
        b, _, d = fused.shape
        maps = [x.reshape(b, *grid, d) if x is not None else None for x in (fused, above)]
        opinion: Tensor = self.consensus[k](*maps, self.products)
        return opinion.reshape(b, -1, d)

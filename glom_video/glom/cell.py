"""One update of all levels: four contributions per level, weighted by learnt weights and by
agreement, swept from the bottom up."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from glom_video.glom.config import GlomConfig
from glom_video.glom.consensus import Consensus
from glom_video.glom.places import PLACE

CARRY, BOTTOM_UP, TOP_DOWN, CONSENSUS = range(4)
"""Places of the contributions in weights."""
EPSILON = 1e-5
"""Added to a variance before it divides."""


def unit_variance(x: Tensor) -> Tensor:
    """Each vector normalised to mean 0 and variance 1 over its channels, never over locations."""
    return _layer_norm(x) if torch.is_grad_enabled() else _scaled(x - x.mean(-1, keepdim=True))[0]


def rescaled(x: Float[Tensor, "*b n d"]) -> tuple[Float[Tensor, "*b n d"], Float[Tensor, "*b n 1"]]:
    """``unit_variance`` of vectors whose mean is 0, as it is of any weighted mean of such vectors,
    and their ``agreement`` with it: of each two passes over all vectors less."""
    if torch.is_grad_enabled():
        unit = _layer_norm(x)
        return unit, agreement(x, unit)
    return _scaled(x)


def _layer_norm(x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], eps=EPSILON)


def _scaled(x: Float[Tensor, "*b n d"]) -> tuple[Float[Tensor, "*b n d"], Float[Tensor, "*b n 1"]]:
    """``_layer_norm`` of vectors whose mean is 0, and their agreement with it, in less than half
    the time on a CPU; its gradient would take three times as long."""
    variance = torch.linalg.vector_norm(x, dim=-1, keepdim=True).square().div(x.shape[-1])
    scale = variance.add(EPSILON).rsqrt()
    return x * scale, variance * scale


def agreement(x: Float[Tensor, "*b n d"], y: Float[Tensor, "*b n d"]) -> Float[Tensor, "*b n 1"]:
    """Cosine of vectors that have unit variance: their mean product."""
    return (x * y).mean(-1, keepdim=True)


def _weighted_sum(
    parts: list[Tensor], weights: Float[Tensor, "b n parts"]
) -> Float[Tensor, "b n d"]:
    first, *others = weights.split(1, -1)
    total = parts[0] * first
    for part, weight in zip(parts[1:], others, strict=True):
        total = torch.addcmul(total, part, weight)
    return total


class Predictor(nn.Module):
    """Bottom-up or top-down network between two adjacent levels. Its input is one column and that
    column's place."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.vector, self.place = nn.Linear(dim, hidden), nn.Linear(PLACE, hidden, bias=False)
        self.out = nn.Linear(hidden, dim)

    def forward(
        self, x: Float[Tensor, "b n d"], place: Float[Tensor, "n p"]
    ) -> Float[Tensor, "b n d"]:
        """Products are in the type of its weights. Vector and place go through one product, because
        a second product and a sum would cost as much again."""
        weight = torch.cat([self.vector.weight, self.place.weight], 1)
        inputs = torch.cat([x.to(weight.dtype), place.to(weight.dtype).expand(len(x), -1, -1)], -1)
        hidden = F.gelu(F.linear(inputs, weight, self.vector.bias))
        return unit_variance(self.out(hidden).to(x.dtype))


class NextState(nn.Module):
    """Prediction of a level's vector after some time: itself plus a learnt change per frame, which
    begins as 0."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.vector, self.change = nn.Linear(dim, dim), nn.Linear(dim, dim)
        nn.init.zeros_(self.change.weight)
        nn.init.zeros_(self.change.bias)

    def forward(
        self, x: Float[Tensor, "b n d"], elapsed: Float[Tensor, " b"]
    ) -> Float[Tensor, "b n d"]:
        """``elapsed``: frames; 1 unless some were dropped."""
        change = self.change(F.gelu(self.vector(x.to(self.vector.weight.dtype)))).to(x.dtype)
        return unit_variance(torch.addcmul(x, change, elapsed[:, None, None].to(x.dtype)))


@dataclass(frozen=True, slots=True)
class Carried:
    """The previous frame's state, moved to this frame."""

    levels: Sequence[Float[Tensor, "b n d"]]
    """Warped along the flow and predicted for this frame, level 0 first."""
    validity: Float[Tensor, "b n 1"]
    """Validity of the flow per column, in [0, 1]; 0 where the content was outside or hidden
    before."""
    elapsed: Float[Tensor, " b"]
    """Frames since then."""


@dataclass(frozen=True, slots=True)
class ContributionWeights:
    """Weight of each contribution, and agreement of the contributions."""

    by_column: Float[Tensor, "b l n 4"]
    """Order: carry, bottom-up, top-down, consensus; each column's sum to 1."""
    agreement: Float[Tensor, "b l n"]
    """Per column, weighted mean cosine of the contributions to their fused vector, in [-1, 1]."""

    @property
    def weights(self) -> Float[Tensor, "l 4"]:
        """Averaged over columns."""
        return self.by_column.mean((0, 2))


class Cell(nn.Module):
    """``sweep(patch, carried, ...) -> levels``, one iteration."""

    def __init__(self, config: GlomConfig) -> None:
        super().__init__()
        self.config = config
        pairs = config.levels - 1
        self.bottom_up = nn.ModuleList(Predictor(config.dim, config.hidden) for _ in range(pairs))
        self.top_down = nn.ModuleList(Predictor(config.dim, config.hidden) for _ in range(pairs))
        self.consensus = nn.ModuleList(Consensus(stride) for stride in config.consensus_strides)
        self.next_state = nn.ModuleList(NextState(config.dim) for _ in range(config.levels))
        self.mix = nn.Parameter(torch.tensor([[0.0, 1.0, -1.0, -1.0]]).repeat(config.levels, 1))
        self.gain = nn.Parameter(torch.tensor([[4.0, 0.0, 2.0, 2.0]]).repeat(config.levels, 1))
        self.staleness = nn.Parameter(torch.full((config.levels,), 0.5))
        """Decrease of the carried state's log weight when the elapsed time grows e-fold."""

    @property
    def products(self) -> torch.dtype:
        """The type of matrix products."""
        # A ModuleList forgets what it holds.
        dtype: torch.dtype = self.bottom_up[0].vector.weight.dtype  # type: ignore[union-attr,assignment]
        return dtype

    def begin(
        self, patch: Float[Tensor, "b n d"], place: Float[Tensor, "n p"]
    ) -> list[Float[Tensor, "b n d"]]:
        """The state of columns before their first frame, from bottom-up predictions alone; level 0
        first."""
        levels = [patch]
        for predict in self.bottom_up:
            levels.append(predict(levels[-1], place))
        return levels

    def heads(
        self, patch: Float[Tensor, "b n d"], place: Float[Tensor, "n p"]
    ) -> tuple[list[Float[Tensor, "b n d"]], ContributionWeights]:
        """The control: each level from the patch alone, without levels below, time or other
        columns."""
        levels = [patch, *(predict(patch, place) for predict in self.bottom_up)]
        shape = len(patch), len(levels), patch.shape[1]
        bottom_up_alone = torch.arange(4, device=patch.device) == BOTTOM_UP
        by_column = bottom_up_alone.to(patch.dtype).expand(*shape, 4)
        return levels, ContributionWeights(by_column, patch.new_ones(*shape))

    def predict(
        self, levels: Sequence[Float[Tensor, "b n d"]], elapsed: Float[Tensor, " b"]
    ) -> list[Float[Tensor, "b n d"]]:
        """The warped state predicted ``elapsed`` frames later; unchanged without ``next_state``."""
        if not self.config.next_state:
            return list(levels)
        return [
            predict(level, elapsed) for predict, level in zip(self.next_state, levels, strict=True)
        ]

    def sweep(
        self,
        patch: Float[Tensor, "b n d"],
        before: Carried,
        place: Float[Tensor, "n p"],
        grid: tuple[int, int],
    ) -> tuple[list[Float[Tensor, "b n d"]], ContributionWeights]:
        """One iteration over all levels.

        Args:
            patch: this frame's embeddings.
            before: the state that this iteration begins with.
        """
        levels: list[Tensor] = []
        weights, agreements = [], []
        for k in range(self.config.levels):
            below = levels if self.config.schedule == "sweep" else before.levels
            up = patch if k == 0 else self.bottom_up[k - 1](below[k - 1], place)
            contributions = [before.levels[k], up]
            above = before.levels[k + 1] if k < self.config.levels - 1 else None
            if self.config.top_down and above is not None:
                contributions.append(self.top_down[k](above, place))
            fused, weighing = self._fuse(k, contributions, before)
            level, by_column, agreed = self._with_consensus(k, fused, weighing, grid)
            levels.append(level)
            weights.append(by_column)
            agreements.append(agreed)
        return levels, ContributionWeights(torch.stack(weights, 1), torch.stack(agreements, 1))

    def _fuse(
        self, k: int, contributions: list[Tensor], before: Carried
    ) -> tuple[Float[Tensor, "b n d"], "_Weighing"]:
        """Mean of the contributions within the column, by their normalised weights."""
        up, count = contributions[BOTTOM_UP], len(contributions)
        agreed = torch.cat(
            [torch.ones_like(x[..., :1]) if x is up else agreement(x, up) for x in contributions],
            -1,
        )
        carry = F.pad(self._carry_log_weight(k, before), (CARRY, count - 1 - CARRY))
        scores = self._scores(k, slice(count), agreed) + carry
        total = scores.logsumexp(-1, keepdim=True)
        weights = (scores - total).exp()
        # Agreement is linear: what the mean agrees with it is the weighted mean of what each
        # contribution does.
        fused, agreed_with_it = rescaled(_weighted_sum(contributions, weights))
        return fused, _Weighing(total, F.pad(weights, (0, 4 - count)), agreed_with_it)

    def _carry_log_weight(self, k: int, before: Carried) -> Float[Tensor, "b n 1"]:
        """Added to the carried state's log weight: at most 0, lower where the flow is not valid,
        and everywhere lower as time passes."""
        if not self.config.carry:
            return torch.full_like(before.validity, -1e4)
        age = before.elapsed.clamp(min=1).log()[:, None, None]
        return before.validity.clamp(min=1e-6).log() - self.staleness[k].relu() * age

    def _with_consensus(
        self, k: int, fused: Tensor, weighing: "_Weighing", grid: tuple[int, int]
    ) -> tuple[Float[Tensor, "b n d"], Float[Tensor, "b n 4"], Float[Tensor, "b n"]]:
        """The fused vector with the consensus added as one more contribution, all weights
        normalised together."""
        if not self.config.consensus:
            return fused, weighing.weights, weighing.agreed[..., 0]
        output = self._consensus_output(k, fused, grid)
        agreed = agreement(output, fused)
        weight = torch.sigmoid(self._scores(k, slice(CONSENSUS, None), agreed) - weighing.total)
        by_column = torch.cat([weighing.weights[..., :3] * (1 - weight), weight], -1)
        level, _ = rescaled(torch.lerp(fused, output, weight))
        return level, by_column, torch.lerp(weighing.agreed, agreed, weight)[..., 0]

    def _scores(
        self, k: int, which: slice, agreed: Float[Tensor, "b n c"]
    ) -> Float[Tensor, "b n c"]:
        """Log weights of contributions: learnt, and raised or lowered by each contribution's
        agreement."""
        if not self.config.gate:
            return self.mix[k, which].expand_as(agreed)
        return self.mix[k, which] + self.gain[k, which] * (agreed - 0.5)

    def _consensus_output(
        self, k: int, fused: Tensor, grid: tuple[int, int]
    ) -> Float[Tensor, "b n d"]:
        """Attention-weighted mean of the level's vectors at other columns."""
        b, _, d = fused.shape
        output: Tensor = self.consensus[k](fused.reshape(b, *grid, d), self.products)
        return output.reshape(b, -1, d)


@dataclass(frozen=True, slots=True)
class _Weighing:
    """Weights of the contributions within a column."""

    total: Float[Tensor, "b n 1"]
    """Log of the sum of the weights before normalisation."""
    weights: Float[Tensor, "b n 4"]
    """Normalised weights; the consensus's is still 0."""
    agreed: Float[Tensor, "b n 1"]
    """Weighted mean cosine of the contributions to their mean, in [-1, 1]."""

"""Monitors of collapse: islands can merge into one, or shatter into single columns, while the loss
hardly shows it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from glom_video.glom import ContributionWeights, Glom
from glom_video.learn.batch import Batch
from glom_video.learn.losses import MIDDLE
from glom_video.learn.steps import unroll
from glom_video.structures import GlomState

ONE_ISLAND = 1.02
"""Islands per frame below which all columns of all clips are one."""
SINGLE_COLUMNS = 0.5
"""Islands per column above which nearly every column is its own."""


@dataclass(frozen=True, slots=True)
class LevelStatistics:
    """Of one level, averaged over clips and columns."""

    islands: float
    """Per frame."""
    attention_entropy: float
    """In [0, 1], relative to uniform attention."""
    effective_rank: float
    """Directions that the vectors of a frame spread over, from 1 up."""
    cosine_to_mean: float
    """Of the vectors of a frame to their mean."""
    contribution_weights: tuple[float, ...]
    """Of carry, bottom-up, top-down and consensus; they sum to 1."""


@torch.no_grad()
def level_statistics(glom: Glom, batch: Batch) -> tuple[LevelStatistics, ...]:
    """Statistics of each level after the last frame of some clips, level 0 first."""
    clips = unroll(glom, batch)
    return statistics_of(glom, clips.states[-1], clips.contributions[-1])


def statistics_of(
    glom: Glom, state: GlomState, contributions: ContributionWeights
) -> tuple[LevelStatistics, ...]:
    """Statistics of each level of a state, level 0 first."""
    levels = state.levels.float()
    entropies = attention_entropies(glom, state)
    return tuple(
        LevelStatistics(
            islands=island_count(levels[:, k]).mean().item(),
            attention_entropy=entropies[k],
            effective_rank=effective_rank(levels[:, k]).mean().item(),
            cosine_to_mean=cosine_to_mean(levels[:, k]).mean().item(),
            contribution_weights=tuple(contributions.weights[k].tolist()),
        )
        for k in range(levels.shape[1])
    )


def attention_entropies(glom: Glom, state: GlomState) -> list[float]:
    """Mean entropy of each level's consensus on a state, in [0, 1]."""
    maps = [level.unflatten(1, state.grid).float() for level in state.levels.unbind(1)]
    return [
        consensus.entropy(own).mean().item()  # type: ignore[operator]  # a ModuleList forgets what it holds
        for consensus, own in zip(glom.cell.consensus, maps, strict=True)
    ]


def island_count(vectors: Float[Tensor, "b n d"]) -> Float[Tensor, " b"]:
    """Islands of a frame: each column counts as one over the number of columns like it, so an
    island of any size adds up to 1."""
    unit = F.normalize(vectors, dim=-1)
    alike = (unit @ unit.transpose(1, 2) > MIDDLE).sum(-1).clamp(min=1)
    return (1 / alike).sum(-1)


def effective_rank(vectors: Float[Tensor, "b n d"]) -> Float[Tensor, " b"]:
    """Exponential of the entropy of the spectrum around the mean (Roy and Vetterli 2007): k for k
    equally strong directions, 1 for none."""
    spread = vectors - vectors.mean(1, keepdim=True)
    spectrum = torch.linalg.eigvalsh((spread.transpose(1, 2) @ spread).double()).clamp(min=0)
    least = 1e-9 * vectors.double().square().sum((1, 2)) + 1e-30  # rounding alone is no direction
    total = spectrum.sum(-1)
    shares = spectrum / total.clamp(min=1e-30)[:, None]
    rank = (-(shares * shares.clamp(min=1e-12).log()).sum(-1)).exp()
    return torch.where(total > least, rank, 1.0).float()


def cosine_to_mean(vectors: Float[Tensor, "b n d"]) -> Float[Tensor, " b"]:
    """Mean cosine of a frame's vectors to their mean: near 1 when all are one island, near 0 when
    many directions balance."""
    return F.cosine_similarity(vectors, vectors.mean(1, keepdim=True), dim=-1).mean(-1)


def collapse(one: LevelStatistics, columns: int) -> str | None:
    """What is wrong with a level of so many columns, or None."""
    if not math.isfinite(one.islands + one.effective_rank + one.cosine_to_mean):
        return "vectors are no longer finite"
    if one.islands < ONE_ISLAND:
        return "all columns have become one island"
    if one.islands > SINGLE_COLUMNS * columns:
        return "nearly every column has become an island of its own"
    return None


@dataclass(slots=True)
class CollapseMonitor:
    """Trips when a level has been collapsed at so many observations in a row: one clip of a bare
    wall is no collapse."""

    patience: int
    _collapsed: dict[str, int] = field(default_factory=dict)

    def update(
        self, statistics: Sequence[LevelStatistics], columns: int, named_levels: dict[str, int]
    ) -> str | None:
        """``named_levels``: name -> number of the level. Returns what is wrong and for how long,
        once that is too long."""
        for name, level in named_levels.items():
            cause = collapse(statistics[level], columns)
            self._collapsed[name] = self._collapsed.get(name, 0) + 1 if cause else 0
            if cause and self._collapsed[name] >= self.patience:
                return (
                    f"at the {name} level {cause} ({statistics[level].islands:.1f} islands in "
                    f"{columns} columns, {self.patience} times in a row)"
                )
        return None

"""Whether speed costs quality: the fast settings against fp32, eager, four iterations, on the same
clips."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from glom_video.glom import GlomSettings
from glom_video.perceive import Settings
from glom_video.structures import InvalidInput
from glom_video_pipelines.evaluate import Methods, find_clips, find_truth, score_clip
from glom_video_pipelines.evaluate.methods import MakeModel, model_on_clip
from glom_video_pipelines.model import load_glom

SLOW_ITERATIONS = 4
"""Of the settings that speed is compared with."""
METRICS = (
    ("FG-ARI video", "fg_ari_video", "object"),
    ("FG-ARI video", "fg_ari_video", "part"),
    ("J-best", "J_best", "object"),
)
"""Heading, key and level."""
Figures = dict[str, dict[tuple[str, str], list[float]]]
"""By model, then by metric and level: the figure of each clip for which it is defined."""


@dataclass(frozen=True, slots=True)
class Quality:
    """One metric on one tree of clips."""

    tree: str
    metric: str
    level: str
    clips: int
    fast: float
    slow: float

    @property
    def loss(self) -> float:
        """What the fast settings lose; below 0 they win."""
        return self.slow - self.fast

    def to_dict(self) -> dict[str, Any]:
        return {
            "tree": self.tree,
            "metric": self.metric,
            "level": self.level,
            "clips": self.clips,
            "fast": round(self.fast, 4),
            "slow": round(self.slow, 4),
            "loss": round(self.loss, 4),
        }


def check_trees(trees: Sequence[Path], clips: int | None) -> None:
    """Raises InvalidInput for a tree without clips, or whose clips (the first so many) have no
    truth."""
    for tree in trees:
        for clip in find_clips([tree], tree)[:clips]:
            find_truth(tree, clip.name)


def compare_quality(
    trees: Sequence[Path],
    weights: str | None,
    device: str,
    products: torch.dtype | None,
    settings: Settings,
    clips: int | None,
) -> list[Quality]:
    """Means over the clips of each DAVIS tree (the first so many of them) for which the metric is
    defined.

    Raises InvalidInput for trees without truth.
    """
    fast, slow = (load_glom(weights, device, type_) for type_ in (products, torch.float32))
    models = {
        "fast": partial(model_on_clip, fast, settings),
        "slow": partial(model_on_clip, slow, replace(settings, glom=GlomSettings(SLOW_ITERATIONS))),
    }
    results = []
    for tree in trees:
        found = list(_compared(tree.name, _figures(tree, clips, models, settings)))
        if not found:
            raise InvalidInput(
                f"{tree} defines neither FG-ARI nor J-best",
                "Give --quality DAVIS trees with pictures and true masks.",
            )
        results += found
    return results


def _compared(tree: str, figures: Figures) -> Iterator[Quality]:
    """The metrics that both models have figures for."""
    for title, key, level in METRICS:
        fast, slow = (figures[model].get((key, level)) for model in ("fast", "slow"))
        if fast and slow:
            yield Quality(tree, title, level, len(fast), fmean(fast), fmean(slow))


def _figures(
    tree: Path, clips: int | None, models: Mapping[str, MakeModel], settings: Settings
) -> Figures:
    figures: Figures = {name: {} for name in models}
    for clip in find_clips([tree], tree)[:clips]:
        for name, model in models.items():
            methods = Methods(model, motion=settings.motion)
            for score in score_clip(clip, find_truth(tree, clip.name), methods):
                for key, value in score.figures.items():
                    figures[name].setdefault((key, score.level), []).append(value)
    return figures

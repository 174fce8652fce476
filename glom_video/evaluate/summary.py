"""Scores of clips, and their means over clips with bootstrap confidence intervals.

Percentile bootstrap: Efron and Tibshirani, "An introduction to the bootstrap", 1993. Every figure is a mean over clips, each clip counting once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

RESAMPLES = 1000
CONFIDENCE = 0.95


class Metric(NamedTuple):
    heading: str
    family: Literal["accuracy", "self-consistency"]
    is_shown: bool = True
    """In printed tables; the report holds every metric."""


METRICS: Mapping[str, Metric] = {
    "fg_ari_video": Metric("FG-ARI video", "accuracy"),
    "fg_ari_image": Metric("FG-ARI image", "accuracy"),
    "fg_ari_kept": Metric("video / image", "accuracy"),
    "ari_video": Metric("ARI video", "accuracy"),
    "ari_image": Metric("ARI image", "accuracy", is_shown=False),
    "mbo_video": Metric("mBO video", "accuracy"),
    "mbo_image": Metric("mBO image", "accuracy"),
    "J": Metric("J", "accuracy", is_shown=False),
    "F": Metric("F", "accuracy", is_shown=False),
    "J&F": Metric("J&F", "accuracy"),
    "J_best": Metric("J-best", "accuracy"),
    "F_best": Metric("F-best", "accuracy"),
    "J_fg": Metric("J-fg", "accuracy"),
    "F_fg": Metric("F-fg", "accuracy"),
    "HOTA": Metric("HOTA", "accuracy"),
    "DetA": Metric("DetA", "accuracy", is_shown=False),
    "AssA": Metric("AssA", "accuracy"),
    "IDF1": Metric("IDF1", "accuracy"),
    "IDSW": Metric("IDSW a clip", "accuracy"),
    "AQ": Metric("AQ", "accuracy"),
    "edges_f1": Metric("edges F1", "accuracy"),
    "part_kept": Metric("joint keeps part", "accuracy"),
    "limbs_apart": Metric("limbs apart", "accuracy"),
    "one_object": Metric("joints on one object", "accuracy"),
    "coverage": Metric("coverage", "self-consistency"),
    "islands": Metric("islands a frame", "self-consistency"),
    "warp_agreement": Metric("warp agreement", "self-consistency"),
    "flicker": Metric("flicker", "self-consistency"),
    "drift_1": Metric("drift, 1 frame", "self-consistency"),
    "drift_10": Metric("drift, 10 frames", "self-consistency"),
    "between": Metric("cosine between", "self-consistency"),
    "life": Metric("life, frames", "self-consistency"),
    "life_lower": Metric("life, lower quartile", "self-consistency", is_shown=False),
    "life_upper": Metric("life, upper quartile", "self-consistency", is_shown=False),
    "births": Metric("births /100", "self-consistency"),
    "deaths": Metric("deaths /100", "self-consistency"),
    "switches": Metric("id switches /100", "self-consistency"),
    "merges": Metric("merges /100", "self-consistency", is_shown=False),
    "splits": Metric("splits /100", "self-consistency", is_shown=False),
    "containment": Metric("containment", "self-consistency"),
    "parent_switches": Metric("parent switches /100", "self-consistency"),
}
"""Every metric by name, in the order of tables. The two families never share a column."""


@dataclass(frozen=True, slots=True)
class ClipScore:
    """What one method scored on one level of one clip."""

    method: str
    level: str
    clip: str
    frames: int
    """Frames predicted."""
    true_frames: int
    """Of them, frames that had truth."""
    figures: Mapping[str, float]
    """By the names of METRICS; what the clip does not define is left out."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over clips with the bounds of its confidence interval; the bounds are None with fewer than two clips."""

    mean: float
    lower: float | None
    upper: float | None
    clips: int


def estimate(values: Sequence[float]) -> Estimate:
    """Mean of at least one value and its percentile bootstrap interval; the resampling is seeded, so the same values give the same interval."""
    figures = np.asarray(values, np.float64)
    if len(figures) < 2:
        return Estimate(float(figures.mean()), None, None, len(figures))
    chosen = np.random.default_rng(0).integers(0, len(figures), (RESAMPLES, len(figures)))
    tail = (1 - CONFIDENCE) / 2
    lower, upper = np.quantile(figures[chosen].mean(1), (tail, 1 - tail)).tolist()
    return Estimate(float(figures.mean()), lower, upper, len(figures))


def summarise(scores: Sequence[ClipScore]) -> dict[str, Estimate]:
    """Estimates over clips of one method and level, in the order of METRICS; a clip that does not define a metric is left out of its mean."""
    named = {name: [score.figures[name] for score in scores if name in score.figures] for name in METRICS}
    return {name: estimate(values) for name, values in named.items() if values}

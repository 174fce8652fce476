"""Scores of clips, and their means over clips with bootstrap confidence intervals.

Percentile bootstrap: Efron and Tibshirani, "An introduction to the bootstrap", 1993. Every figure
is a mean over clips, each clip counting once.
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
    better: Literal["higher", "lower"] | None
    """None where more is neither better nor worse by itself."""
    is_shown: bool = True
    """In printed tables; the report holds every metric."""


METRICS: Mapping[str, Metric] = {
    "fg_ari_video": Metric("FG-ARI video", "accuracy", "higher"),
    "fg_ari_image": Metric("FG-ARI image", "accuracy", "higher"),
    "fg_ari_kept": Metric("video / image", "accuracy", "higher"),
    "ari_video": Metric("ARI video", "accuracy", "higher"),
    "ari_image": Metric("ARI image", "accuracy", "higher", is_shown=False),
    "mbo_video": Metric("mBO video", "accuracy", "higher"),
    "mbo_image": Metric("mBO image", "accuracy", "higher"),
    "J": Metric("J", "accuracy", "higher", is_shown=False),
    "F": Metric("F", "accuracy", "higher", is_shown=False),
    "J&F": Metric("J&F", "accuracy", "higher"),
    "J_best": Metric("J-best", "accuracy", "higher"),
    "F_best": Metric("F-best", "accuracy", "higher"),
    "J_fg": Metric("J-fg", "accuracy", "higher"),
    "F_fg": Metric("F-fg", "accuracy", "higher", is_shown=False),
    "J_beside": Metric("J-fg - J-best", "accuracy", None),
    "false_objects": Metric("false objects a frame", "accuracy", "lower"),
    "only_split": Metric("only object split", "accuracy", "lower"),
    "HOTA": Metric("HOTA", "accuracy", "higher"),
    "DetA": Metric("DetA", "accuracy", "higher", is_shown=False),
    "AssA": Metric("AssA", "accuracy", "higher"),
    "IDF1": Metric("IDF1", "accuracy", "higher"),
    "IDSW": Metric("IDSW a clip", "accuracy", "lower"),
    "switches_minute": Metric("id switches /min", "accuracy", "lower"),
    "survival_1": Metric("first id 1 s", "accuracy", "higher"),
    "survival_2": Metric("first id 2 s", "accuracy", "higher", is_shown=False),
    "survival_5": Metric("first id 5 s", "accuracy", "higher"),
    "survival_10": Metric("first id 10 s", "accuracy", "higher"),
    "fragments": Metric("ids a track", "accuracy", "lower"),
    "relative_duration": Metric("relative duration", "accuracy", "higher"),
    "reidentified": Metric("re-identified", "accuracy", "higher"),
    "AQ": Metric("AQ", "accuracy", "higher"),
    "nm_covering": Metric("NMCovering", "accuracy", "higher"),
    "edges_f1": Metric("edges F1", "accuracy", "higher"),
    "part_kept": Metric("joint keeps part", "accuracy", "higher"),
    "limbs_apart": Metric("limbs apart", "accuracy", "higher"),
    "one_object": Metric("joints on one object", "accuracy", "higher"),
    "coverage": Metric("coverage", "self-consistency", None),
    "islands": Metric("islands a frame", "self-consistency", None),
    "stability": Metric("stability", "self-consistency", "higher"),
    "background_stability": Metric("background's stability", "self-consistency", "higher"),
    "own_survival_1": Metric("first id 1 s", "self-consistency", "higher"),
    "own_survival_2": Metric("first id 2 s", "self-consistency", "higher", is_shown=False),
    "own_survival_5": Metric("first id 5 s", "self-consistency", "higher"),
    "own_survival_10": Metric("first id 10 s", "self-consistency", "higher"),
    "own_switches_minute": Metric("id switches /min", "self-consistency", "lower"),
    "warp_agreement": Metric("warp agreement", "self-consistency", "higher", is_shown=False),
    "flicker": Metric("flicker", "self-consistency", "lower", is_shown=False),
    "drift_1": Metric("drift, 1 frame", "self-consistency", "lower"),
    "drift_2": Metric("drift, 2 frames", "self-consistency", "lower", is_shown=False),
    "drift_5": Metric("drift, 5 frames", "self-consistency", "lower", is_shown=False),
    "drift_10": Metric("drift, 10 frames", "self-consistency", "lower"),
    "drift_20": Metric("drift, 20 frames", "self-consistency", "lower", is_shown=False),
    "drift_50": Metric("drift, 50 frames", "self-consistency", "lower", is_shown=False),
    "between": Metric("cosine between", "self-consistency", None),
    "life": Metric("life, frames", "self-consistency", "higher"),
    "life_lower": Metric("life, lower quartile", "self-consistency", "higher", is_shown=False),
    "life_upper": Metric("life, upper quartile", "self-consistency", "higher", is_shown=False),
    "births": Metric("births /100", "self-consistency", "lower"),
    "deaths": Metric("deaths /100", "self-consistency", "lower"),
    "switches": Metric("id switches /100", "self-consistency", "lower", is_shown=False),
    "merges": Metric("merges /100", "self-consistency", "lower", is_shown=False),
    "splits": Metric("splits /100", "self-consistency", "lower", is_shown=False),
    "recovery": Metric("recovery, frames", "self-consistency", "lower"),
    "containment": Metric("containment", "self-consistency", "higher"),
    "parent_switches": Metric("parent switches /100", "self-consistency", "lower"),
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
    """A mean over clips with the bounds of its confidence interval; the bounds are None with fewer
    than two clips."""

    mean: float
    lower: float | None
    upper: float | None
    clips: int


def estimate(values: Sequence[float]) -> Estimate:
    """Mean of at least one value and its percentile bootstrap interval; the resampling is seeded,
    so the same values give the same interval."""
    figures = np.asarray(values, np.float64)
    if len(figures) < 2:
        return Estimate(float(figures.mean()), None, None, len(figures))
    chosen = np.random.default_rng(0).integers(0, len(figures), (RESAMPLES, len(figures)))
    tail = (1 - CONFIDENCE) / 2
    lower, upper = np.quantile(figures[chosen].mean(1), (tail, 1 - tail)).tolist()
    return Estimate(float(figures.mean()), lower, upper, len(figures))


def summarise(scores: Sequence[ClipScore]) -> dict[str, Estimate]:
    """Estimates over clips of one method and level, in the order of METRICS; a clip that does not
    define a metric is left out of its mean."""
    named = {
        name: [score.figures[name] for score in scores if name in score.figures] for name in METRICS
    }
    return {name: estimate(values) for name, values in named.items() if values}

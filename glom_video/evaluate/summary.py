"""Scores of clips, and their means over clips with bootstrap confidence intervals.

Percentile bootstrap: Efron and Tibshirani, "An introduction to the bootstrap", 1993. Every figure
is a mean over clips, each clip counting once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glom_video.evaluate.accuracy_metrics import ACCURACY
from glom_video.evaluate.consistency_metrics import CONSISTENCY
from glom_video.evaluate.metric import Metric

RESAMPLES = 1000
"""Draws of clips with replacement."""
CONFIDENCE = 0.95
"""Share of the means of these draws that an interval holds."""
METRICS: Mapping[str, Metric] = {**ACCURACY, **CONSISTENCY}
"""Every metric by name, in the order of tables. The two families never share a column."""


@dataclass(frozen=True, slots=True)
class ClipScore:
    """What one method scored on one level of one clip."""

    method: str
    level: str
    clip: str
    frames: int
    """Frames predicted at this level."""
    true_frames: int
    """Of them, frames that had truth of this level."""
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

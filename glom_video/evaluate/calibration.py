"""Calibration: whether a score is the probability that a mask is correct.

Reliability diagrams and the expected calibration error: Guo et al., "On calibration of modern
neural networks", ICML 2017.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

BINS = 10
"""Of scores, of equal width."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Masks by their score, in BINS of equal width."""

    counts: Int64[np.ndarray, " bins"]
    scores: Float64[np.ndarray, " bins"]
    """Mean score of each bin, in [0, 1]; 0 of an empty one."""
    right: Float64[np.ndarray, " bins"]
    """Share of correct masks in each bin."""

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of the two, each mask counting once. 0 of
        nothing."""
        gaps = self.counts * np.abs(self.scores - self.right)
        return float(gaps.sum() / max(self.counts.sum(), 1))


def reliability(scores: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"]) -> Reliability:
    """Share of correct masks by score, in [0, 1]."""
    place = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    each = np.maximum(counts, 1)
    return Reliability(
        counts,
        np.bincount(place, scores, BINS) / each,
        np.bincount(place, right.astype(float), BINS) / each,
    )


def area_under_curve(
    scores: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"]
) -> float | None:
    """Chance that a positive has a higher score than a negative, ties counting half: the area
    under the ROC curve. None where either are missing."""
    from scipy.stats import rankdata  # it takes long to load

    count = int(positive.sum())
    others = len(positive) - count
    if not count or not others:
        return None
    ranks = rankdata(scores)[positive].sum()
    return float((ranks - count * (count + 1) / 2) / (count * others))

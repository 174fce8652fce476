"""How well the score of tracks predicts what is an object, over groups of clips."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float32

from glom_video.evaluate import ClipScore
from glom_video.evaluate.calibration import area_under_curve, reliability
from glom_video_pipelines.study.score_masks import ALL, OFF, SHOWN, ClipReading, Masks

ON = 0.5
"""A mask more of which lies on true objects is on one."""
ACCURACY = ("fg_ari_video", "J_best", "J_fg")

Scores = Sequence[Float32[np.ndarray, " n"]]
"""Of the masks of each clip."""


def by_group(
    readings: Sequence[ClipReading], scores: Scores, min_score: float
) -> dict[str, dict[str, float | None]]:
    """Figures of each group of clips, and of all where there are several groups."""
    return {
        name: _figures([readings[i] for i in chosen], [scores[i] for i in chosen], min_score)
        for name, chosen in _groups(readings).items()
    }


def accuracy(readings: Sequence[ClipReading]) -> dict[str, dict[str, float | None]]:
    """How right each group of clips is with all masks, and with those shown."""
    return {
        group: {
            f"{name}_{which}": _mean([readings[place].scores[which] for place in chosen], name)
            for name, which in product(ACCURACY, (ALL, SHOWN))
        }
        for group, chosen in _groups(readings).items()
    }


def bins(readings: Sequence[ClipReading], scores: Scores) -> dict[str, list[Any]]:
    """The reliability of all masks whose label is known: their number, mean score and share of
    right ones, by score."""
    masks = Masks.joined([each.masks for each in readings])
    known = masks.has_label
    found = reliability(np.concatenate(scores)[known], masks.right[known])
    return {
        "masks": found.counts.tolist(),
        "score": found.scores.round(3).tolist(),
        "right": found.right.round(3).tolist(),
    }


def _groups(readings: Sequence[ClipReading]) -> dict[str, list[int]]:
    """Places of the clips of each group, and of all where there are several."""
    places: dict[str, list[int]] = {}
    for place, reading in enumerate(readings):
        places.setdefault(reading.group, []).append(place)
    return places | {"all": list(range(len(readings)))} if len(places) > 1 else places


def _figures(
    readings: Sequence[ClipReading], scores: Scores, min_score: float
) -> dict[str, float | None]:
    """Of some clips: how well the score tells masks on objects from others, how calibrated it is,
    and what the least score takes away."""
    masks = Masks.joined([each.masks for each in readings])
    known = masks.has_label
    score, on, right = np.concatenate(scores)[known], masks.on_object[known], masks.right[known]
    clear, beside, is_shown = (on > ON) | (on < OFF), on < OFF, score >= min_score
    frames = sum(each.frames for each in readings if not each.only_main)
    return {
        "masks": len(score),
        "right": float(right.sum() / max(len(right), 1)),
        "auc": area_under_curve(score[clear], on[clear] > ON),
        "calibration_error": reliability(score, right).error,
        "right_shown": float((right & is_shown).sum() / max(right.sum(), 1)),
        "beside_all": float(beside.sum() / frames) if frames else None,
        "beside_shown": float((beside & is_shown).sum() / frames) if frames else None,
    }


def _mean(scores: Sequence[ClipScore], name: str) -> float | None:
    """Over the clips that define it."""
    found = [score.figures[name] for score in scores if name in score.figures]
    return float(np.mean(found)) if found else None

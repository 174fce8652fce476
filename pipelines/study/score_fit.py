"""The score of tracks, learnt from masks of which it is known how right they are."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from glom_video.structures import InvalidInput
from glom_video.track import Objectness
from glom_video.track.objectness import INPUTS
from glom_video_pipelines.study.score_masks import Masks

KEPT = 0.95
"""Share of right masks that the least score leaves."""
STRENGTH = 0.01
"""Inverse of the weight of the penalty on squared coefficients, of inputs of unit variance. Weak
penalties lean on sharpness alone, which tells pieces of objects and not backgrounds."""


def fitted(clips: Sequence[Masks]) -> tuple[Objectness, list[Float32[np.ndarray, " n"]]]:
    """What all clips teach, and held-out scores of the masks of each: every other clip is scored by
    what the rest taught, and the rest by those. The least score is drawn from the latter.

    Needs scikit-learn. Raises InvalidInput without it, and where no mask is right, or none wrong.
    """
    taught = learnt(clips[1::2]), learnt(clips[0::2])
    scores = [taught[place % 2](masks.inputs) for place, masks in enumerate(clips)]
    known = [
        score[masks.right & masks.has_label] for score, masks in zip(scores, clips, strict=True)
    ]
    least = float(np.quantile(np.concatenate(known), 1 - KEPT))
    return replace(learnt(clips), min_score=math.floor(100 * least) / 100), scores


def learnt(clips: Sequence[Masks]) -> Objectness:
    """A logistic regression of whether masks are right, which shows all. Raises as ``fitted``.

    Its slope is fitted apart: Platt, "Probabilistic outputs for support vector machines", 1999.
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise InvalidInput(
            "fitting needs scikit-learn", "Install it: pip install scikit-learn."
        ) from error
    masks = Masks.joined(clips)
    right = masks.right[masks.has_label]
    if right.all() or not right.any():
        raise InvalidInput(
            f"of {len(right)} masks {int(right.sum())} are right: nothing is learnt from these",
            "Give more clips.",
        )
    x = masks.inputs[masks.has_label].astype(np.float64)
    mean, spread = x.mean(0), np.maximum(x.std(0), 1e-9)
    model = LogisticRegression(C=STRENGTH, max_iter=1000).fit((x - mean) / spread, right)
    # The penalty leaves scores too near to the middle: a slope without it (Platt scaling).
    odds = model.decision_function((x - mean) / spread)
    scaling = LogisticRegression(C=np.inf).fit(odds[:, None], right)
    slope, shift = float(scaling.coef_[0, 0]), float(scaling.intercept_[0])
    weights = slope * model.coef_[0] / spread
    bias = slope * float(model.intercept_[0]) + shift - float(weights @ mean)
    return Objectness([round(weight, 4) for weight in weights.tolist()], round(bias, 4), 0.0)


def write_objectness(objectness: Objectness, path: Path) -> None:
    """As ``load_objectness`` reads it."""
    weights = dict(zip(INPUTS, objectness.weights, strict=True))
    made = {"weights": weights, "bias": objectness.bias, "min_score": objectness.min_score}
    path.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")

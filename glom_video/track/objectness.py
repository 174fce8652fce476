"""Objectness: the probability that a track shows a true object, its score.

A logistic regression on measurements of its islands so far. ``glom-video study score --fit`` fits
it on clips with known truth; a true object is one that the track covers with an IoU of at least .5.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from glom_video.structures import CUES, InvalidInput

INPUTS = (*CUES, "age")
"""Of the score: cues, and the log of the age."""
AGE_OFFSET_SECONDS = 0.1
"""Seconds added to ages before the log, since a track is born with age 0."""


@dataclass(frozen=True, slots=True)
class Objectness:
    """Coefficients of INPUTS, and the score below which objects are not shown."""

    weights: Sequence[float]
    bias: float
    min_score: float
    """In [0, 1]."""

    def __call__(self, inputs: Float32[np.ndarray, "k c"]) -> Float32[np.ndarray, " k"]:
        """Scores in [0, 1] of tracks, from their ``inputs``."""
        odds = inputs @ np.array(self.weights, np.float32) + np.float32(self.bias)
        return np.asarray(1 / (1 + np.exp(-odds)), np.float32)


def inputs(
    cues: Float32[np.ndarray, "k c"], age_seconds: Float[np.ndarray, " k"]
) -> Float32[np.ndarray, "k c+1"]:
    """INPUTS of tracks: the mean of CUES over the frames in which each was seen, and the log of its
    age."""
    return np.column_stack([cues, np.log(AGE_OFFSET_SECONDS + age_seconds)]).astype(np.float32)


@cache
def shipped() -> Objectness:
    """Objectness fitted to the default weights."""
    return load_objectness(Path(str(files("glom_video.weights") / "objectness.json")))


def load_objectness(path: Path) -> Objectness:
    """Read what ``study score --fit`` wrote.

    Raises:
        InvalidInput: it is no such file.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        weights = [float(found["weights"][name]) for name in INPUTS]
        return Objectness(weights, float(found["bias"]), float(found["min_score"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        cause = f"{path} holds no objectness of {', '.join(INPUTS)}: {type(error).__name__} {error}"
        raise InvalidInput(cause, "Fit it: glom-video study score --fit FILE.") from error

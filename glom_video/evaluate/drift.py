"""Drift: how far the vectors of tracked islands change. A definition of this project, with a
control that collapse cannot win.

Islands whose vectors never change have no drift, and neither have islands that all share one
vector; the mean cosine between different islands tells the two apart.
"""

from collections import deque

import numpy as np
from jaxtyping import Float, Integer

DRIFT_LAGS = (1, 2, 5, 10, 20, 50)
"""Frames between the two vectors of an island that drift compares."""


class Drift:
    """How far the vectors of tracked islands wander, and how far different islands are apart.
    Remembers DRIFT_LAGS frames, no more."""

    def __init__(self) -> None:
        self._past: deque[dict[int, Float[np.ndarray, " d"]]] = deque(maxlen=max(DRIFT_LAGS))
        self._drift = {lag: [0.0, 0] for lag in DRIFT_LAGS}
        self._between = [0.0, 0]

    def add(self, ids: Integer[np.ndarray, " k"], embeddings: Float[np.ndarray, "k d"]) -> None:
        """Vectors of unit norm, one for each id that is visible."""
        now = dict(zip(ids.tolist(), embeddings, strict=True))
        for lag, total in self._drift.items():
            if len(self._past) >= lag:
                then = self._past[-lag]
                both = now.keys() & then.keys()
                total[0] += sum(1 - float(now[number] @ then[number]) for number in both)
                total[1] += len(both)
        cosines = embeddings @ embeddings.T
        self._between[0] += float(cosines.sum() - np.trace(cosines))
        self._between[1] += len(ids) * (len(ids) - 1)
        self._past.append(now)

    def result(self) -> dict[str, float]:
        """Mean of 1 - cosine after each lag, and the mean cosine between different islands of one
        frame; without islands nothing."""
        figures = {
            f"drift_{lag}": total / count for lag, (total, count) in self._drift.items() if count
        }
        between, pairs = self._between
        if pairs:
            figures["between"] = between / pairs
        return figures

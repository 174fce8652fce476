"""How long the islands of a clip last: definitions of this project."""

import numpy as np
from jaxtyping import Int64


class Lifetimes:
    """First and last frame of every id of a clip. Memory grows with the ids ever seen, a few dozen
    bytes each."""

    def __init__(self) -> None:
        self._spans: dict[int, tuple[int, int]] = {}
        self._frames = 0

    def add(self, ids: Int64[np.ndarray, " k"]) -> int:
        """The ids of one frame. Returns how many of them were never seen before."""
        known = len(self._spans)
        for number in ids.tolist():
            self._spans[number] = (self._spans.get(number, (self._frames, 0))[0], self._frames)
        self._frames += 1
        return len(self._spans) - known

    def result(self) -> dict[str, float]:
        """Median and quartile lifetimes in frames; births after the first frame and deaths before
        the last one, per 100 frames. Empty where no id was seen."""
        if not self._spans:
            return {}
        spans = np.array(list(self._spans.values()))
        lives = spans[:, 1] - spans[:, 0] + 1
        lower, median, upper = np.quantile(lives, (0.25, 0.5, 0.75)).tolist()
        born = np.count_nonzero(spans[:, 0] > 0)
        died = np.count_nonzero(spans[:, 1] < self._frames - 1)
        per_100 = 100 / self._frames
        return {
            "life": median,
            "life_lower": lower,
            "life_upper": upper,
            "births": born * per_100,
            "deaths": died * per_100,
        }

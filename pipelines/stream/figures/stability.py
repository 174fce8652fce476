"""Stability of a live run, by the function of ``glom-video evaluate``: per second, over the last
minute and over the whole run."""

import time
from collections import deque
from typing import Any

import numpy as np
from jaxtyping import Int32

from glom_video.evaluate import Stability, stability, visible_step
from glom_video.structures import Percept, id_image

MOST_PIXELS = 640 * 360
"""Larger pictures have their ids drawn at this area: on two cores a full HD one costs half of a
frame's time. Ids are compared at the same places either way."""
SECONDS = 60
"""That are shown one by one."""


class LiveStability:
    """Remembers one frame, and counts of a minute."""

    def __init__(self) -> None:
        self.run = Stability()
        """Since the start."""
        self._previous: Int32[np.ndarray, "H W"] | None = None
        self._seconds: deque[tuple[int, Stability]] = deque(maxlen=SECONDS)

    def add(self, percept: Percept) -> None:
        """One frame. Nothing is compared at the start, and after a cut, a reset or a change of
        size."""
        measured = self._measured(percept)
        second = int(time.monotonic())
        if self._seconds and self._seconds[-1][0] == second:
            measured_before = self._seconds.pop()[1]
        else:
            measured_before = Stability()
        self._seconds.append((second, measured_before + measured))
        self.run += measured

    def _measured(self, percept: Percept) -> Stability:
        size = percept.frame.image.shape[:2]
        scale = min(1.0, (MOST_PIXELS / (size[0] * size[1])) ** 0.5)
        height, width = (round(side * scale) for side in size)
        ids = id_image(percept.tracks["object"], height, width)
        previous, self._previous = self._previous, ids
        step = visible_step(percept.motion, height, width)
        if previous is None or previous.shape != ids.shape or step is None:
            return Stability()
        return stability(step.pairs(previous, ids))

    def seconds(self) -> list[float | None]:
        """Stability of each second of the last minute, oldest first; None where there was nothing
        to measure."""
        now = int(time.monotonic())
        measured = {second: rounded(own.share) for second, own in list(self._seconds)}
        return [measured.get(second) for second in range(now - SECONDS + 1, now + 1)]

    def last_minute(self) -> Stability:
        since = int(time.monotonic()) - SECONDS
        return sum((own for second, own in list(self._seconds) if second > since), Stability())


def stability_figures(measured: Stability) -> dict[str, Any]:
    """By the names of ``glom-video evaluate``; None where there was nothing to measure."""
    return {
        "stability": rounded(measured.share),
        "background_stability": rounded(measured.background_share),
    }


def rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)

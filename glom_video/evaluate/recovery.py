"""Recovery: how soon the islands of a clip are stable again after an interruption of the view. A
definition of this project."""

from collections import deque

import numpy as np

USUAL_STEPS = 10
"""Steps before an interruption that define the usual agreement."""
LEAST_STEPS = 3
"""With fewer steps before it, an interruption is skipped."""
BLOCKED = 0.5
"""The view is interrupted where the flow explains less than this share of what it usually does."""
TOLERANCE = 0.02
"""Warp agreement has recovered when it is at most this far below the usual."""


class Recovery:
    """Frames from each interruption of the view (a cut, dropped frames, something that hides most
    of the picture) until warp agreement has recovered.

    The first measurable step after an interruption is frame 1. Memory grows with neither frames nor
    interruptions.
    """

    def __init__(self) -> None:
        self._agreements: deque[float] = deque(maxlen=USUAL_STEPS)
        self._shares: deque[float] = deque(maxlen=USUAL_STEPS)
        self._waited: int | None = None
        self._frames, self._breaks = 0, 0

    def add(self, agreement: float | None, visible: float = 0.0) -> None:
        """One step: its warp agreement, None where there was nothing to measure, and the share of
        the picture in which it was measured."""
        if agreement is None or (self._shares and visible < BLOCKED * np.mean(self._shares)):
            if self._waited is None and len(self._agreements) >= LEAST_STEPS:
                self._waited = 0
        elif self._waited is None:
            self._agreements.append(agreement)
            self._shares.append(visible)
        else:
            self._waited += 1
            if agreement >= np.mean(self._agreements) - TOLERANCE:
                self._frames += self._waited
                self._breaks += 1
                self._waited = None

    def result(self) -> dict[str, float]:
        """``recovery``: mean frames per break; one that the clip ends before counts with the frames
        waited so far. Nothing without breaks."""
        waited = self._waited or 0
        breaks = self._breaks + (waited > 0)
        return {"recovery": (self._frames + waited) / breaks} if breaks else {}

"""When the columns are updated: with every frame where much moves, a few times a second where
little does.

Columns change little with a frame in which hardly anything moved. So between two updates, called
ticks, what was found is warped by a coarse flow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from glom_video.motion.estimate import estimate_motion
from glom_video.motion.reach import farthest, unexplained_share
from glom_video.motion.working import pixels
from glom_video.structures import Motion

FIRST_TICKS = 5
"""Frames at the beginning of a scene that are all ticks: as many as a warm start plays backwards,
which needs the motion of each."""
MOST_MOVE, FASTEST_MOVE = 1.5, 4.0
"""Motion since the last tick that makes the next one due, in pixels of a grid half as fine as that
of motion: the 95th and 99.5th percentile of all flow."""
LONGEST_WHILE_LATE = 0.25
"""Longest time between two ticks while frames come faster than all could be ticks, in seconds."""
UNEXPLAINED_SHARE = 0.02
"""Share of pixels without valid flow that makes a tick due: something appeared, or moved too
far."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Motion of a frame that is no tick."""

    motion: Motion
    """Since the previous frame, on the coarse grid."""
    since_tick: Float32[np.ndarray, "hc wc 2"]
    """Flow that leads from this frame back to the last tick, in pixels of the coarse grid."""


class Ticks:
    """Decides which frames of a clip are ticks. Remembers the last picture and what moved since the
    last tick.

    Args:
        longest_seconds: longest time between two ticks; 0 makes every frame a tick, and nothing is
            remembered.
    """

    def __init__(self, longest_seconds: float) -> None:
        self.longest_seconds = longest_seconds
        self._picture: UInt8[np.ndarray, "hc wc"] | None = None
        self._since_tick: Float32[np.ndarray, "hc wc 2"] | None = None
        self._count = 0
        self._seconds = self._tick_seconds = 0.0
        self._pace = 0.0
        """Motion per second at the last tick, where 1 is the most between two ticks."""

    def drift(
        self, picture: UInt8[np.ndarray, "Hm Wm"], seconds: float, *, is_late: bool = False
    ) -> Drift | None:
        """The motion since the last tick; None if a tick is due.

        Args:
            is_late: the frame has waited, and a tick would make the next ones wait, too, or be
                lost. So none is due because something moved.
        """
        passed, step = seconds - self._tick_seconds, seconds - self._seconds
        longest = max(self.longest_seconds, LONGEST_WHILE_LATE) if is_late else self.longest_seconds
        if (
            self._picture is None
            or self._count < FIRST_TICKS
            or step <= 0
            or passed + step / 2 >= longest
            or (self._pace * passed >= 1 and not is_late)
        ):
            return None
        coarse = _coarse(picture)
        motion = estimate_motion(self._picture, coarse)
        since_tick = _summed(motion.flow, self._since_tick)
        wrong = unexplained_share(motion)
        if motion.is_cut or wrong >= UNEXPLAINED_SHARE:
            return None
        if not is_late and _reach(since_tick) >= 1:
            return None
        self._picture, self._since_tick, self._seconds = coarse, since_tick, seconds
        return Drift(motion, since_tick)

    def tick(
        self, picture: UInt8[np.ndarray, "Hm Wm"], seconds: float, motion: Motion, elapsed: float
    ) -> None:
        """Note that the columns are updated with this picture.

        Args:
            motion: leads to the last tick.
            elapsed: seconds since the last tick.
        """
        if self.longest_seconds == 0:
            return
        self._count = 1 if motion.is_cut else self._count + 1
        self._pace = _reach(motion.flow / 2) / elapsed
        self._picture, self._since_tick = _coarse(picture), None
        self._seconds = self._tick_seconds = seconds

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """All that is remembered, for ``from_arrays``."""
        arrays = {"coarse_picture": self._picture, "since_tick": self._since_tick}
        numbers = {
            "longest_seconds": self.longest_seconds,
            "count": self._count,
            "seconds": self._seconds,
            "tick_seconds": self._tick_seconds,
            "pace": self._pace,
        }
        return {name: array for name, array in arrays.items() if array is not None}, numbers

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, Any]) -> "Ticks":
        """Inverse of ``to_arrays``."""
        ticks = cls(numbers["longest_seconds"])
        ticks._picture, ticks._since_tick = arrays.get("coarse_picture"), arrays.get("since_tick")
        ticks._count, ticks._pace = numbers["count"], numbers["pace"]
        ticks._seconds, ticks._tick_seconds = numbers["seconds"], numbers["tick_seconds"]
        return ticks


def _coarse(picture: UInt8[np.ndarray, "Hm Wm"]) -> UInt8[np.ndarray, "hc wc"]:
    import cv2

    height, width = picture.shape
    return cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA)


def _summed(
    flow: Float32[np.ndarray, "hc wc 2"], before: Float32[np.ndarray, "hc wc 2"] | None
) -> Float32[np.ndarray, "hc wc 2"]:
    """Flow to the previous frame, followed by the flow from there."""
    import cv2

    if before is None:
        return flow
    source = pixels(*flow.shape[:2]) + flow
    return flow + cv2.remap(before, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _reach(flow: Float32[np.ndarray, "h w 2"]) -> float:
    """How far things moved, where 1 is the most between two ticks."""
    most, fastest = farthest(flow)
    return max(most / MOST_MOVE, fastest / FASTEST_MOVE)

"""How far back motion is measured: far enough that slow motion stands out from noise.

Between neighbouring frames, a person at a desk moves a fraction of a pixel. So a picture is
compared with one up to INTERVAL_SECONDS older; the faster things move, the younger that picture is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8

from glom_video.motion.estimate import estimate_motion
from glom_video.motion.reach import farthest, unexplained_share
from glom_video.structures import Motion

INTERVAL_SECONDS = 0.3
"""The longest interval."""
MOST_PICTURES = 32
"""Most pictures kept; at high frame rates this shortens the interval."""
MOST_MOVE, FASTEST_MOVE, CAMERA_MOVES = 5.0, 15.0, 20.0
"""Motion to reach within an interval, in pixels of the motion grid: the 95th and 99.5th percentile
of motion against the camera, and the 95th of all flow. Whichever is reached first decides."""
UNEXPLAINED_SHARE = 0.05
"""Share of pixels without valid flow that counts as having moved that far."""
TOO_FAR = 2.0
"""Times that motion above which it is measured again, from the previous frame."""


@dataclass(frozen=True, slots=True)
class _Past:
    seconds: float
    picture: UInt8[np.ndarray, "Hm Wm"]


class MotionHistory:
    """The pictures of the last INTERVAL_SECONDS, all of one size and one scene."""

    def __init__(self) -> None:
        self._past: list[_Past] = []
        self._wanted_seconds = INTERVAL_SECONDS
        self._measured: tuple[float, bool] | None = None
        """For the picture measured last, if it is not remembered yet: the interval wanted next, in
        seconds, and whether it was a cut."""

    @property
    def shape(self) -> tuple[int, ...] | None:
        """Shape of the pictures; None before the first."""
        return self._past[-1].picture.shape if self._past else None

    def measure(self, picture: UInt8[np.ndarray, "Hm Wm"], seconds: float) -> Motion:
        """Motion since the previous frame, measured over an interval that suits the motion so far.

        Args:
            seconds: time of the picture.

        Raises:
            ValueError: there is no previous frame, or it has another size.
        """
        if not self._past:
            raise ValueError("motion is measured between two pictures: remember one first")
        before = self._past[-1]
        is_later = seconds > before.seconds  # broken time stamps may not be
        older = self._reference(seconds) if is_later else before
        motion = estimate_motion(older.picture, picture)
        reach = _reach(motion)
        if older is not before and (motion.is_cut or reach > TOO_FAR):
            older, motion = before, estimate_motion(before.picture, picture)
            reach = _reach(motion)
        age = seconds - older.seconds if is_later else INTERVAL_SECONDS
        wanted = min(INTERVAL_SECONDS, age / max(reach, 1e-6))
        self._measured = wanted, motion.is_cut
        return per_frame(motion, age / (seconds - before.seconds)) if is_later else motion

    def remember(self, picture: UInt8[np.ndarray, "Hm Wm"], seconds: float) -> None:
        """Make a picture the previous frame. After a cut, the pictures of the other scene are
        forgotten."""
        if self._measured is not None:
            self._wanted_seconds, is_cut = self._measured
            self._past, self._measured = [] if is_cut else self._past, None
        kept = [past for past in self._past if seconds - past.seconds < INTERVAL_SECONDS]
        self._past = [*kept[1 - MOST_PICTURES :], _Past(seconds, picture)]

    def _reference(self, seconds: float) -> _Past:
        """The picture that is nearly as old as wanted."""
        wanted = seconds - self._wanted_seconds
        return min(self._past, key=lambda past: abs(past.seconds - wanted))

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """All that is remembered, for ``from_arrays``."""
        times = [past.seconds for past in self._past]
        arrays = {"pictures": np.stack([past.picture for past in self._past])} if times else {}
        return arrays, {"picture_seconds": times, "wanted_seconds": self._wanted_seconds}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, Any]
    ) -> "MotionHistory":
        """Inverse of ``to_arrays``."""
        history = cls()
        times = numbers["picture_seconds"]
        history._past = [
            _Past(*past) for past in zip(times, arrays.get("pictures", ()), strict=True)
        ]
        history._wanted_seconds = numbers["wanted_seconds"]
        return history


def motions_of(
    pictures: Iterable[tuple[UInt8[np.ndarray, "Hm Wm"], float]],
) -> Iterator[Motion]:
    """Motion of each picture but the first. Pictures come with their times in seconds and have one
    size."""
    history = MotionHistory()
    for picture, seconds in pictures:
        if history.shape is not None:
            yield history.measure(picture, seconds)
        history.remember(picture, seconds)


def _reach(motion: Motion) -> float:
    """How far things moved, where 1 is the motion wanted."""
    most, fastest = farthest(motion.residual)
    camera, _ = farthest(motion.flow)
    moved = most / MOST_MOVE, fastest / FASTEST_MOVE, camera / CAMERA_MOVES
    return max(*moved, unexplained_share(motion) / UNEXPLAINED_SHARE)


def per_frame(motion: Motion, times: float) -> Motion:
    """Motion of an interval that is ``times`` shorter, if the motion was even."""
    if times == 1:
        return motion
    still = np.eye(3)
    return replace(
        motion,
        flow=motion.flow / np.float32(times),
        residual=motion.residual / np.float32(times),
        camera=still + (motion.camera / motion.camera[2, 2] - still) / times,
        interval=motion.interval * float(times),
    )

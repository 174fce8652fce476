"""Presentation times, corrected where the source's own do not increase."""

from fractions import Fraction
from typing import Any

from glom_video.read.stated import frame_rate

SET_BACK_FRAMES = 4
"""A time that lies this many frames, or a second if that is less, before the last one means that
the source's clock was set back, as in files that were joined."""


class Clock:
    """Presentation time of each frame in seconds: as stated, or made up where it is missing or does
    not increase."""

    def __init__(self, container: Any, stream: Any) -> None:
        self._time_base = Fraction(stream.time_base.numerator, stream.time_base.denominator)
        self._ticks_per_frame = max(1, round(1 / (frame_rate(stream) * self._time_base)))
        # Which has decoding times only: taken for pts they would run back and forth.
        self._is_avi = container.format.name == "avi"
        self._set_back = min(1 / self._time_base, Fraction(SET_BACK_FRAMES * self._ticks_per_frame))
        self._last: int | None = None
        self._offset = 0
        self._offset_before: int | None = None
        """Offset of the frame before, if the clock seems to have been set back with that frame."""

    def __call__(self, picture: Any) -> float:
        stated = picture.dts if self._is_avi or picture.pts is None else picture.pts
        self._last = self._next(stated)
        return float(self._last * self._time_base)

    def _next(self, stated: int | None) -> int:
        if self._last is None:
            return stated or 0
        if stated is None:
            return self._last + self._ticks_per_frame
        if self._offset_before is not None and stated + self._offset_before > self._last:
            # That frame alone was out of place.
            self._offset = self._offset_before
        self._offset_before = None
        if stated + self._offset > self._last:
            return stated + self._offset
        if self._last - stated - self._offset > self._set_back:
            # The source's clock was set back: go on from here.
            self._offset_before = self._offset
            self._offset = self._last + self._ticks_per_frame - stated
            return stated + self._offset
        return self._last + max(1, self._ticks_per_frame // 2)

"""Times of pictures, in the ticks of the file that they are written to."""

from fractions import Fraction


class FrameTimes:
    """Places pictures on the ticks of the output, strictly forward."""

    def __init__(self, tick: Fraction, frame_rate: Fraction, *, starts_at_zero: bool) -> None:
        self.tick, self._starts_at_zero = tick, starts_at_zero
        self._ticks_per_frame = self.last_shown_for = max(1, round(1 / (frame_rate * tick)))
        self.first: int | None = None
        self.last = self.offset = 0

    def place(self, pts_seconds: float) -> int:
        """The tick of a picture that is shown from this time on."""
        ticks = round(pts_seconds / self.tick)
        if self.first is None:
            self.offset = -ticks if self._starts_at_zero or ticks < 0 else 0
            self.first = self.last = ticks + self.offset
            return self.first
        before, self.last = self.last, max(ticks + self.offset, self.last + 1)
        # An average rate is far too slow after a long gap.
        self.last_shown_for = min(self.last - before, self._ticks_per_frame)
        return self.last

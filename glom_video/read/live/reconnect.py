"""A source that is lost and found again -> one unbroken count of frames and one clock."""

import random
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace

from glom_video.read.live.captured import LiveFrame, Outage, moved_on
from glom_video.read.live.handover import WAIT_SECONDS
from glom_video.structures import InvalidInput

FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 1.0, 30.0
"""The wait before the first attempt; it doubles with each one that fails, up to the longest."""


def reconnected(
    connect: Callable[[], Generator[LiveFrame, None, None]],
    is_over: Callable[[], bool],
    on_outage: Callable[[Outage], None],
    give_up_seconds: float | None,
    first_delay_seconds: float = FIRST_DELAY_SECONDS,
) -> Generator[LiveFrame, None, None]:
    """Frames of one connection after the other. Time lost between two connections shows in the
    times and not in the indices. Ends when a connection ends without an error.

    Raises:
        InvalidInput: the first connection gives no frame (a bad URL or device, not a transient
            fault), or none came for ``give_up_seconds``.
    """
    timeline, attempt = _Timeline(), 0
    while not is_over():
        try:
            with closing(connect()) as captured:
                timeline.begin_connection()
                for live in captured:
                    attempt = 0
                    yield timeline.placed(live)
            return
        except InvalidInput as error:
            away = timeline.seconds_since_last_frame()
            if away is None or (give_up_seconds is not None and away >= give_up_seconds):
                raise
            attempt += 1
            delay = delay_seconds(attempt, first_delay_seconds)
            on_outage(Outage(error.cause, attempt, delay))
            _wait(delay, is_over)


def delay_seconds(attempt: int, first: float = FIRST_DELAY_SECONDS) -> float:
    """Delay before an attempt: doubles each time, with jitter, so that the viewers of a camera that
    restarts do not all come back at the same moment."""
    longest = min(first * 2.0 ** min(attempt - 1, 16), LONGEST_DELAY_SECONDS)
    return longest * random.uniform(0.5, 1.0)


def _wait(seconds: float, is_over: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not is_over():
        time.sleep(min(left, WAIT_SECONDS))


class _Timeline:
    """Puts the frames of successive connections, each of which counts and times from its own
    origin, on one timeline."""

    def __init__(self) -> None:
        self._last: LiveFrame | None = None
        self._is_first = True
        self._index_offset, self._seconds_offset = 0, 0.0

    def begin_connection(self) -> None:
        self._is_first = True

    def seconds_since_last_frame(self) -> float | None:
        return None if self._last is None else time.monotonic() - self._last.captured_at_seconds

    def placed(self, live: LiveFrame) -> LiveFrame:
        frame = live.frame
        if self._is_first and self._last is not None:
            elapsed = live.captured_at_seconds - self._last.captured_at_seconds
            self._index_offset = self._last.frame.index + 1 - frame.index
            self._seconds_offset = self._last.frame.pts_seconds + elapsed - frame.pts_seconds
        self._is_first = False
        placed = moved_on(frame, self._index_offset, self._seconds_offset)
        self._last = replace(live, frame=placed)
        return self._last

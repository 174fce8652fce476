"""Files and image folders, played at their own speed -> LiveFrames, with pause, seek and loop."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import closing

from glom_video.read.live.captured import LiveFrame, moved_on
from glom_video.read.live.handover import WAIT_SECONDS
from glom_video.read.live.seeking import duration_of, read_from
from glom_video.read.sources import Source
from glom_video.structures import Frame

USUAL_SECONDS = 0.04
"""Seconds between two frames, until they are known."""


class Playback:
    """Controls how a file is played. Every method may be called from any thread.

    Args:
        loops: whether it begins again at its end.
        holds_end: whether it waits at its end, if it does not loop, so that one can seek back.
    """

    def __init__(self, *, loops: bool = False, holds_end: bool = False) -> None:
        self._changed = threading.Condition()
        self._loops, self.holds_end = loops, holds_end
        self._is_paused = self._has_ended = False
        self._steps = 0
        self._target: float | None = None
        """Target of a requested jump, in seconds."""
        self._origin: float | None = None
        """``time.monotonic()`` at which the beginning of the file was due."""
        self.duration_seconds = 0.0
        """As the file states it, or as far as it has been played."""
        self._position, self._piece, self._interval = 0.0, 0, USUAL_SECONDS
        self.rounds = 0
        """How often it has begun again at its end by itself."""
        self.last_index = -1
        """Index of the frame that was given last."""

    @property
    def is_paused(self) -> bool:
        return self._is_paused

    @property
    def loops(self) -> bool:
        return self._loops

    @property
    def has_ended(self) -> bool:
        """Whether it waits at its end."""
        return self._has_ended

    def pause(self, is_paused: bool) -> None:
        """Pause, or go on; at the end, going on begins again at 0."""
        with self._changed:
            self._is_paused = is_paused
            if not is_paused and self._has_ended:
                self._target = 0.0
            self._changed.notify_all()

    def step(self, frames: int, position: float | None = None) -> None:
        """One frame on (1) or back (-1), then pause.

        Args:
            position: of the frame that is shown, in seconds, if that is not the one given last.
        """
        with self._changed:
            self._is_paused = True
            if frames > 0:
                self._steps += 1
            else:
                shown = self._position if position is None else position
                self._jump(shown - 1.001 * self._interval)
            self._changed.notify_all()

    def seek(self, seconds: float) -> None:
        """Jump to a time in seconds after the first frame; a pause stays a pause."""
        with self._changed:
            self._jump(seconds)
            self._changed.notify_all()

    def loop(self, loops: bool) -> None:
        """Begin again at the end, or do not."""
        with self._changed:
            self._loops = loops
            self._changed.notify_all()

    def _jump(self, seconds: float) -> None:
        if self.duration_seconds:
            # Frames that stood long say nothing of the last one.
            last = 1.001 * min(self._interval, 1.0)
            seconds = min(seconds, self.duration_seconds - last)
        self._target, self._steps = max(0.0, seconds), 0

    def take_target(self) -> float | None:
        """Target of a requested jump, in seconds, and forget it; None if there was none."""
        with self._changed:
            target, self._target, self._origin = self._target, None, None
            if target is not None:
                self._has_ended = False
                self._steps = int(self._is_paused)  # that frame is shown, pause or not
            return target

    def wait_for(self, position: float, is_over: Callable[[], bool]) -> bool:
        """Wait until the frame at a position is due. False if a jump was requested or all is
        over."""
        with self._changed:
            while not is_over() and self._target is None:
                now = time.monotonic()
                if self._is_paused:
                    self._origin = None
                    if self._steps:
                        self._steps -= 1
                        return True
                    self._changed.wait(WAIT_SECONDS)
                    continue
                if self._origin is None:
                    self._origin = now - position
                left = self._origin + position - now
                if left <= 0:
                    return True
                self._changed.wait(min(left, WAIT_SECONDS))
            return False

    def wait_at_end(self, is_over: Callable[[], bool]) -> bool:
        """Wait at the end until playing goes on at ``take_target``. False if it does not."""
        with self._changed:
            if not self._loops and not self.holds_end:
                return False
            self._has_ended = not self._loops
            while not is_over() and self._target is None and not self._loops:
                self._changed.wait(WAIT_SECONDS)
            self._has_ended = False
            if self._target is None:
                self._target = 0.0
                self.rounds += 1
            return not is_over()

    def given(self, live: LiveFrame) -> None:
        """Note a frame that is about to be yielded."""
        with self._changed:
            position = live.position_seconds or 0.0
            if live.piece == self._piece and position > self._position:
                self._interval = position - self._position
            self._position, self._piece = position, live.piece
            self.last_index = live.frame.index
            self.duration_seconds = max(self.duration_seconds, position)


def at_own_speed(
    source: Source, is_over: Callable[[], bool], playback: Playback | None = None
) -> Generator[LiveFrame, None, None]:
    """A file played like a camera: each frame is due at its presentation time. After a jump comes
    another ``piece``, whose indices and times go on from the one before."""
    playback = playback or Playback()
    playback.duration_seconds = duration_of(source)
    target: float | None = 0.0
    piece = 0
    last: Frame | None = None
    first_pts: float | None = None
    while target is not None and not is_over():
        begun = False
        with closing(read_from(source, target, first_pts or 0.0)) as frames:
            for frame in frames:
                first_pts = frame.pts_seconds if first_pts is None else first_pts
                position = frame.pts_seconds - first_pts
                if not playback.wait_for(position, is_over):
                    break
                if not begun:
                    offset, begun = _offset(frame, last), True
                last = moved_on(frame, *offset)
                live = LiveFrame(last, time.monotonic(), position, piece, playback.rounds)
                playback.given(live)
                yield live
            else:
                if not playback.wait_at_end(is_over):
                    return
        target, piece = playback.take_target(), piece + begun


def _offset(frame: Frame, last: Frame | None) -> tuple[int, float]:
    """Offsets of index and time that let a piece's first frame follow the last one before it."""
    if last is None:
        return 0, 0.0
    return last.index + 1 - frame.index, last.pts_seconds + USUAL_SECONDS - frame.pts_seconds

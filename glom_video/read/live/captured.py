"""Frames of a live source with their moment of capture, and notices of an outage."""

from dataclasses import dataclass, replace

from glom_video.structures import Frame


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """A frame and when it was captured."""

    frame: Frame
    """``frame.index`` counts the frames that the source delivered, so a gap means dropped frames.
    ``frame.pts_seconds`` goes on through an outage."""
    captured_at_seconds: float
    """By ``time.monotonic()``, taken right after the grab: ``time.monotonic() -
    captured_at_seconds`` is the age."""
    position_seconds: float | None = None
    """Of a file: seconds after its first frame. None for cameras and streams."""
    piece: int = 0
    """Of a file: number of the stretch played without a jump."""
    rounds: int = 0
    """Of a file in a loop: how often it had been played to its end before."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A source was lost, or an attempt to reach it again failed."""

    cause: str
    """One line, credentials removed."""
    attempt: int
    """Number of the coming attempt to reach it, from 1."""
    retry_in_seconds: float


def moved_on(frame: Frame, frames: int, seconds: float) -> Frame:
    """The frame, counted and timed from an origin that lies so much earlier."""
    return replace(frame, index=frame.index + frames, pts_seconds=frame.pts_seconds + seconds)

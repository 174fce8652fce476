"""What a live source hands on: frames with the moment of their capture, and word of an outage."""

from dataclasses import dataclass

from glom_video.structures import Frame


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """A frame and when it was captured."""

    frame: Frame
    """``frame.index`` counts what the source delivered: a gap is what was dropped.
    ``frame.pts_seconds`` goes on through an outage."""
    captured_at_seconds: float
    """By ``time.monotonic()``, taken right after the grab: ``time.monotonic() -
    captured_at_seconds`` is the age."""
    position_seconds: float | None = None
    """Of a file: after its first frame. None of what comes live."""
    piece: int = 0
    """Of a file: counts what was played without a jump."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A source was lost, or could not be had again."""

    cause: str
    """One line, credentials removed."""
    attempt: int
    """How many times it was tried to have it back, the coming time included; from 1."""
    retry_in_seconds: float

"""What a container states about its pictures: their rate and their duration."""

import re
from fractions import Fraction
from typing import Any

MATROSKA_DURATION = re.compile(r"(\d+):(\d+):(\d+(?:\.\d+)?)")
"""Such as 00:01:02.345000000."""
STATE_THE_END = ("matroska,webm", "nut")
"""Formats in which FFmpeg writes when the last picture ends, and not for how long all are shown."""


def declared_seconds(container: Any, stream: Any, began: float = 0.0) -> float | None:
    """Duration of the picture as the container states it.

    Args:
        began: time of the first picture in seconds.
    """
    counted_before = began if container.format.name in STATE_THE_END else 0.0
    if container.format.name == "avi" and stream.frames:
        # Its duration is computed from the file's size, so a cut file would look whole.
        return float(stream.frames / frame_rate(stream))
    if stream.duration:
        return float(stream.duration * stream.time_base) - counted_before
    if (said := MATROSKA_DURATION.fullmatch(stream.metadata.get("DURATION", ""))) is not None:
        return int(said[1]) * 3600 + int(said[2]) * 60 + float(said[3]) - counted_before
    sound_may_be_longer = bool(container.streams.audio)
    if not container.duration or sound_may_be_longer:
        return None
    return float(container.duration / 1_000_000) - counted_before


def frame_rate(stream: Any) -> Fraction:
    """Average frame rate; 25 if a source states none or an impossible one."""
    # A guess above that is a tick, not a frame.
    rates = (
        (fraction(stream.average_rate), 10_000),
        (fraction(stream.guessed_rate), 1000),
    )
    return next(
        (rate for rate, highest in rates if rate is not None and 0 < rate <= highest), Fraction(25)
    )


def fraction(value: Any) -> Fraction | None:
    """A rational of PyAV, which depending on its version is a Fraction or not; None if it is 0 or
    missing, that is unknown."""
    return Fraction(value.numerator, value.denominator) if value else None

"""Times of clips whose frames state none: images and arrays, at a fixed frame rate."""

import math
from fractions import Fraction

FRAME_RATE = Fraction(25)
"""Frames per second, unless the caller gives another rate."""
MOST_FRAMES = 2**53
"""No clip has more; a time may be infinite."""


def frames_before(seconds: float, frame_rate: float) -> int:
    """Number of frames that are shown before a time, the first frame at 0 s."""
    # Rounded, since 0.28 s at 25 frames per second is 7.000000000000001 frames.
    return math.ceil(min(round(seconds * frame_rate, 6), MOST_FRAMES))

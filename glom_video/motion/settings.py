"""What a user may turn of the working picture and of what is carried from frame to frame."""

from dataclasses import dataclass, field

from glom_video.motion.working import WORKING_PIXELS
from glom_video.structures import Range, allowed, check_fields


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """Raises InvalidInput for a value outside of its range."""

    working_pixels: int = field(default=WORKING_PIXELS, metadata=allowed(Range(2_304, 4_000_000)))
    """Area of the working picture, on which motion is estimated and which the model is given:
    pixels, 2,304 to 4,000,000, default 126,720. Time grows with it; a model is best at the area
    that it was trained at."""
    reset_gap_seconds: float = field(default=2.0, metadata=allowed(Range(0.0)))
    """After a gap between two frames that is longer, the model begins anew and ids go on: seconds,
    0 or more, default 2. A longer gap usually begins a new scene."""
    tick_seconds: float = field(default=0.125, metadata=allowed(Range(0.0)))
    """Longest time between two frames with which the model is updated where little moves; between
    them, what was found goes along with what moves: seconds, 0 or more, default 0.125. 0 updates
    it with every frame."""

    def __post_init__(self) -> None:
        check_fields(self)

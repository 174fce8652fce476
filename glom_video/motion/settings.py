"""Settings of the working picture and of what is carried from frame to frame."""

from dataclasses import dataclass, field

from glom_video.motion.working import WORKING_PIXELS
from glom_video.structures import Range, allowed, check_fields


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """Settings of motion.

    Raises:
        InvalidInput: a value is outside of its range.
    """

    working_pixels: int = field(default=WORKING_PIXELS, metadata=allowed(Range(2_304, 4_000_000)))
    """Area of the working picture, on which motion is estimated and which the model gets, in
    pixels: 2,304 to 4,000,000, default 126,720. Time grows with it; a model works best at the area
    that it was trained at."""
    reset_gap_seconds: float = field(default=2.0, metadata=allowed(Range(0.0)))
    """Longest gap between two frames, in seconds: 0 or more, default 2. After a longer one, which
    usually begins a new scene, the model begins anew; ids go on."""
    tick_seconds: float = field(default=0.125, metadata=allowed(Range(0.0)))
    """Longest time between two updates of the model where little moves, in seconds: 0 or more,
    default 0.125. In between, what was found is carried along with the motion. 0 updates it with
    every frame."""

    def __post_init__(self) -> None:
        check_fields(self)

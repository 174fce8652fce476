"""What a user may turn of the columns."""

from dataclasses import dataclass, field

from glom_video.structures import Range, allowed, check_fields


@dataclass(frozen=True, slots=True)
class GlomSettings:
    """Raises InvalidInput for a value outside of its range."""

    iters: int | None = field(default=None, metadata=allowed(Range(1)))
    """Iterations per frame, in each of which every level is updated once: 1 or more, default None,
    which is as the model was trained. Time grows with it."""

    def __post_init__(self) -> None:
        check_fields(self)

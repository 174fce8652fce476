"""Settings of the columns."""

from dataclasses import dataclass, field

from glom_video.structures import Range, allowed, check_fields


@dataclass(frozen=True, slots=True)
class GlomSettings:
    """Settings of the columns.

    Raises:
        InvalidInput: a value is outside of its range.
    """

    iters: int | None = field(default=None, metadata=allowed(Range(1)))
    """Iterations per frame, each of which updates every level once: 1 or more, default None, which
    is as the model was trained. Time grows with it."""

    def __post_init__(self) -> None:
        check_fields(self)

"""Settings of the tracker."""

from dataclasses import dataclass, field

from glom_video.structures import Range, allowed, check_fields


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """Settings of the tracker.

    Raises:
        InvalidInput: a value is outside of its range.
    """

    max_missed_seconds: float = field(default=3.0, metadata=allowed(Range(0.0, 600.0)))
    """How many seconds a track out of sight is remembered and can get its id back: 0 to 600,
    default 3.0."""
    min_score: float | None = field(default=None, metadata=allowed(Range(0.0, 1.0)))
    """Objects with a lower score are not shown, nor are their parts; they are tracked and keep
    their ids: 0 to 1, 0 shows all. Default None: the threshold fitted for the default weights."""

    def __post_init__(self) -> None:
        check_fields(self)

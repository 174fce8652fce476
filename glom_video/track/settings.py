"""What a user may turn of the tracker."""

from dataclasses import dataclass, field

from glom_video.structures import Range, allowed, check_fields


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """Raises InvalidInput for a value outside of its range."""

    max_missed_seconds: float = field(default=2.5, metadata=allowed(Range(0.0, 600.0)))
    """How long a track that is out of sight is remembered, and may be found again by its id:
    seconds, 0 to 600, default 2.5."""
    min_score: float | None = field(default=None, metadata=allowed(Range(0.0, 1.0)))
    """Least score of an object that is shown, with its parts; what is below is tracked and keeps
    its id: 0 to 1, 0 shows all. Default None, which is what was fitted for the default weights."""

    def __post_init__(self) -> None:
        check_fields(self)

"""Settings of the islands."""

from dataclasses import dataclass, field

from glom_video.structures import Range, allowed, check_fields

MOST = {"part": 40, "object": 16}
"""Most islands per level."""


@dataclass(frozen=True, slots=True)
class IslandSettings:
    """Which islands are kept.

    Raises:
        InvalidInput: a value is outside of its range.
    """

    min_area: float = field(default=0.002, metadata=allowed(Range(0.0, 1.0)))
    """Area of the smallest island that is kept, as a share of the frame: 0 to 1, default 0.002."""
    min_agreement: float = field(default=0.0, metadata=allowed(Range(0.0, 1.0)))
    """Least agreement of an island that is kept, the mean cosine of its columns to its embedding:
    0 to 1, default 0."""
    max_objects: int = field(default=MOST["object"], metadata=allowed(Range(1)))
    """Most objects in a frame; the largest are kept: 1 or more, default 16."""

    def __post_init__(self) -> None:
        check_fields(self)

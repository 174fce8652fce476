"""One event: what happened to which object, and when."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

EventKind = Literal[
    "appeared", "left", "split", "merged", "entered_zone", "left_zone", "crossed_line"
]
KINDS: tuple[EventKind, ...] = get_args(EventKind)
Direction = Literal["left", "right"]
"""The side of a line that something went to, looking from its first point to its second."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one object and then lasted."""

    kind: EventKind
    id: int
    """Of the object track."""
    frame: int
    """The first one in which it was so."""
    pts_seconds: float
    """Of that frame."""
    other_id: int | None = None
    """``split``: the object that it came out of; ``merged``: the one that it is now seen in."""
    place: str | None = None
    """Name of the zone or line."""
    direction: Direction | None = None
    """``crossed_line``: to which side."""

    def to_plain(self) -> dict[str, Any]:
        """Its fields, as JSON takes them."""
        return asdict(self)

"""One event: what happened to which object, and when."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

EventKind = Literal[
    "appeared", "left", "split", "merged", "entered_zone", "left_zone", "crossed_line"
]
KINDS: tuple[EventKind, ...] = get_args(EventKind)
Direction = Literal["left", "right"]
"""Side of a line, looking from its first point to its second."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one object and then lasted."""

    kind: EventKind
    id: int
    """Id of the object's track."""
    frame: int
    """Index of the first frame in which it was so."""
    pts_seconds: float
    """Time of that frame."""
    other_id: int | None = None
    """``split``: the object that it came out of; ``merged``: the object that it is now seen as one
    with."""
    place: str | None = None
    """Name of the zone or line."""
    direction: Direction | None = None
    """``crossed_line``: to which side."""

    def to_plain(self) -> dict[str, Any]:
        """Its fields, for JSON."""
        return asdict(self)

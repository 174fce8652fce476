"""A change counts once it has lasted."""

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

HOLD_SECONDS = 0.5
"""A shorter change does not count, because islands flicker and outlines tremble."""
T = TypeVar("T")


class Moment(NamedTuple):
    """A frame and its time."""

    frame: int
    pts_seconds: float


@dataclass(slots=True)
class Held(Generic[T]):
    """A value that changes only after another value was seen for HOLD_SECONDS without a break."""

    value: T
    _other: T | None = None
    _since: Moment | None = None

    def update(self, value: T, now: Moment) -> Moment | None:
        """Take the value of a frame. Returns the moment since which the value is new, once it has
        changed; else None."""
        if value == self.value:
            self._other = self._since = None
            return None
        if self._since is None or value != self._other:
            self._other, self._since = value, now
        since = self._since
        if now.pts_seconds - since.pts_seconds < HOLD_SECONDS:
            return None
        self.value, self._other, self._since = value, None, None
        return since

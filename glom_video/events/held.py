"""When a change counts: once it has lasted."""

from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

HOLD_SECONDS = 0.5
"""A change that is taken back sooner is none: islands flicker, and outlines tremble."""
T = TypeVar("T")


class Moment(NamedTuple):
    """A frame and its time."""

    frame: int
    pts_seconds: float


@dataclass(slots=True)
class Held(Generic[T]):
    """A value that changes only after another was seen for HOLD_SECONDS on end."""

    value: T
    _other: T | None = None
    _since: Moment | None = None

    def see(self, value: T, now: Moment) -> Moment | None:
        """What is seen now. Where the value has changed with that: the moment since when."""
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

"""Id survival: how long an object keeps its first id, and how often it gets another. Definitions of
this project; a change of id is what IDSW of CLEAR MOT counts (``tracking``).

The identity of objects is given: by the truth, or by ``Correspondence`` without truth.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

SURVIVAL_SECONDS = (1, 2, 5, 10)
"""Seconds after which it is checked whether an object still has its first id."""
TOLERANCE_SECONDS = 1e-6
"""Tolerance in seconds, since times of frames are sums of fractions."""


@dataclass(slots=True)
class _Lifetime:
    first_id: int
    began: float
    last_id: int
    checked: int = 0
    """How many of SURVIVAL_SECONDS have passed."""


class Survival:
    """One level of one clip, frame by frame. Memory grows with the objects ever seen, some dozen
    bytes each."""

    def __init__(self) -> None:
        self._lifetimes: dict[int, _Lifetime] = {}
        self._waiting: set[int] = set()
        self._in_view = dict.fromkeys(SURVIVAL_SECONDS, 0)
        self._kept = dict.fromkeys(SURVIVAL_SECONDS, 0)
        self._switches, self._object_seconds = 0, 0.0
        self._before: Set[int] = frozenset()
        self._seconds = 0.0

    def add(self, seconds: float, ids: Mapping[int, int | None]) -> None:
        """One frame at its time: object -> id for those in view, None for one that has none. Object
        time runs from each frame to the next for those that are in both."""
        self._object_seconds += (seconds - self._seconds) * len(self._before & ids.keys())
        self._before, self._seconds = frozenset(ids), seconds
        for name, number in ids.items():
            if number is not None:
                self._note(seconds, name, number)
        for name in [name for name in self._waiting if self._is_checked(seconds, name, ids)]:
            self._waiting.remove(name)

    def _note(self, seconds: float, name: int, number: int) -> None:
        life = self._lifetimes.get(name)
        if life is None:
            self._lifetimes[name] = _Lifetime(number, seconds, number)
            self._waiting.add(name)
            return
        self._switches += number != life.last_id
        life.last_id = number

    def _is_checked(self, seconds: float, name: int, ids: Mapping[int, int | None]) -> bool:
        """Check an object, if it is in view, for each time that has passed; whether all have."""
        life = self._lifetimes[name]
        for after in SURVIVAL_SECONDS[life.checked :]:
            if seconds < life.began + after - TOLERANCE_SECONDS:
                return False
            life.checked += 1
            if name in ids:
                self._in_view[after] += 1
                self._kept[after] += ids[name] == life.first_id
        return True

    def result(self) -> dict[str, float]:
        """``survival_1`` and so on: the share of objects that still have their first id, among
        those in view in the first frame that is at least so many seconds after they got it.
        ``switches_minute``: changes of id per minute of object time. Figures that could not be
        checked are left out."""
        shares = {
            f"survival_{after}": self._kept[after] / count
            for after, count in self._in_view.items()
            if count
        }
        if self._object_seconds:
            shares["switches_minute"] = 60 * self._switches / self._object_seconds
        return shares

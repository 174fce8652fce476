"""The worst moments of a clip: a fixed number of them, apart from each other, each kept with what
it takes to show it."""

from collections.abc import Callable
from dataclasses import dataclass

MOST = 8
"""Of one level of one clip."""
APART = 5
"""Frames between two moments; nearer ones are one moment, the worst of them."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One step of a clip in which ids change."""

    place: int
    name: str
    seconds: float | None
    """Since the first frame; None where there are no pictures."""
    badness: float
    """Share of the visible pixels whose id changed."""
    stability: float
    """Share of what is an object before or after that kept its id."""
    pictures: tuple[str, str]
    """Before and after, as data URLs."""


class Moments:
    """Keeps the worst. ``draw`` is called for those only, so that most frames cost nothing."""

    def __init__(self) -> None:
        self._kept: list[Moment] = []

    def add(
        self,
        place: int,
        name: str,
        seconds: float | None,
        badness: float,
        stability: float,
        draw: Callable[[], tuple[str, str]],
    ) -> None:
        rivals = [moment for moment in self._kept if place - moment.place < APART]
        if not rivals and len(self._kept) == MOST:
            rivals = [min(self._kept, key=lambda moment: moment.badness)]
        if badness > 0 and all(badness > moment.badness for moment in rivals):
            self._kept = [moment for moment in self._kept if moment not in rivals] + [
                Moment(place, name, seconds, badness, stability, draw())
            ]

    def worst_first(self) -> list[Moment]:
        return sorted(self._kept, key=lambda moment: -moment.badness)

"""Identity of objects without truth: decided from one frame to the next by place, and after a time
out of sight by appearance and place. A definition of this project, and self-consistency: it asks
whether ids fit what the islands themselves show."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer

from glom_video.evaluate.events import successors
from glom_video.evaluate.overlaps import PairCounts

REMEMBERED_SECONDS = 10.0
"""An object out of sight for longer is another object."""
MOST_REMEMBERED = 256
"""Most objects out of sight that are remembered, the latest ones. Only ids that never last reach
it."""
ALIKE = 0.8
"""Least cosine of the vectors of one object before and after."""
NEAR = 2.0
"""Largest distance that it may have moved out of sight, in sides of a square of its area."""

Vectors = Mapping[int, Float[np.ndarray, " d"]]
"""Of unit norm, by id; of methods that have any."""


class Place(NamedTuple):
    """Middle and size of an island; all in pixels."""

    y: float
    x: float
    side: float
    """Of a square of the island's area."""


@dataclass(frozen=True, slots=True)
class _Lost:
    number: int
    """The id that it had."""
    place: Place
    vector: Float[np.ndarray, " d"] | None
    seconds: float


class Correspondence:
    """The islands of one level of one clip, frame by frame. Remembers one frame, and what went out
    of sight for REMEMBERED_SECONDS, MOST_REMEMBERED of it."""

    def __init__(self) -> None:
        self._objects: dict[int, int] = {}
        """By id, those of the last frame."""
        self._lost: dict[int, _Lost] = {}
        self._begun = 0
        self._previous: Integer[np.ndarray, "H W"] | None = None
        self._vectors: Vectors = {}

    def add(
        self,
        labels: Integer[np.ndarray, "H W"],
        ids: Set[int],
        step: PairCounts | None,
        seconds: float,
        vectors: Vectors,
    ) -> dict[int, int]:
        """Add one frame with its ids and its overlaps with the previous frame carried along the
        flow; None if there is no step, after which everything begins anew.

        Returns the id of each visible object. An object continues as the island that gets most of
        its pixels and mostly consists of them, else as the one with its id; else it is out of
        sight. An island that comes into sight is the object that had its id, else the most similar
        one that went out of sight nearby, else a new one.
        """
        if step is None or self._previous is None:
            self._objects, self._lost = {}, {}
        else:
            self._go_on(successors(step), ids, self._previous, seconds)
        self._come_into_sight(labels, ids - self._objects.keys(), vectors)
        self._previous, self._vectors = labels, vectors
        return {name: number for number, name in self._objects.items()}

    def _go_on(
        self,
        successors: Mapping[int, int],
        ids: Set[int],
        previous: Integer[np.ndarray, "H W"],
        seconds: float,
    ) -> None:
        """Objects of the frame before that are in this one; the others are lost from sight."""
        before, gone = self._objects, dict[int, int]()
        self._objects = {
            successors[number]: name for number, name in before.items() if number in successors
        }
        for number, name in before.items():
            if number in successors:
                continue
            if number in ids and number not in self._objects:
                self._objects[number] = name
            else:
                gone[number] = name
        for number, place in _places(previous, gone.keys()).items():
            vector = self._vectors.get(number)
            self._lost[gone[number]] = _Lost(number, place, vector, seconds)
        recent = list(self._lost.items())[-MOST_REMEMBERED:]
        self._lost = {
            name: lost for name, lost in recent if seconds - lost.seconds <= REMEMBERED_SECONDS
        }

    def _come_into_sight(
        self, labels: Integer[np.ndarray, "H W"], ids: Set[int], vectors: Vectors
    ) -> None:
        by_id = {lost.number: name for name, lost in self._lost.items()}
        for number in ids & by_id.keys():
            self._objects[number] = by_id[number]
            del self._lost[by_id[number]]
        new = ids - by_id.keys()
        near = self._near(labels, new)
        for number in sorted(new):
            name = self._most_alike(near.get(number, {}), vectors.get(number))
            if name is None:
                self._begun += 1
                name = self._begun
            self._lost.pop(name, None)
            self._objects[number] = name

    def _near(
        self, labels: Integer[np.ndarray, "H W"], ids: Set[int]
    ) -> dict[int, dict[int, float]]:
        """Of each id the lost objects that were near, and how far they were, in their sides."""
        if not ids or not self._lost:
            return {}
        names, places = list(self._lost), _places(labels, ids)
        before = np.array([lost.place for lost in self._lost.values()])
        now = np.array(list(places.values()))
        distance = np.hypot(*(now[:, None, :2] - before[:, :2]).transpose(2, 0, 1)) / before[:, 2]
        near: dict[int, dict[int, float]] = {number: {} for number in places}
        numbers = list(places)
        for row, column in np.argwhere(distance <= NEAR).tolist():
            near[numbers[row]][names[column]] = float(distance[row, column])
        return near

    def _most_alike(
        self, near: Mapping[int, float], vector: Float[np.ndarray, " d"] | None
    ) -> int | None:
        """Of the lost objects that were near and are not found yet the one that looked most alike,
        where vectors tell, then the nearest."""
        scores = {
            name: (_cosine(self._lost[name].vector, vector), -distance)
            for name, distance in near.items()
            if name in self._lost
        }
        alike = {name: score for name, score in scores.items() if score[0] >= ALIKE}
        return max(alike, key=lambda name: alike[name], default=None)


def _places(labels: Integer[np.ndarray, "H W"], ids: Set[int]) -> dict[int, Place]:
    """By id, of ids that have pixels."""
    if not ids:
        return {}
    numbers = np.array(sorted(ids))
    y, x = np.nonzero(np.isin(labels, numbers))
    which = np.searchsorted(numbers, labels[y, x])
    area, down, along = (np.bincount(which, of, len(numbers)) for of in (None, y, x))
    places = np.stack([down / area, along / area, area**0.5], 1).tolist()
    return {number: Place(*own) for number, own in zip(numbers.tolist(), places, strict=True)}


def _cosine(before: Float[np.ndarray, " d"] | None, now: Float[np.ndarray, " d"] | None) -> float:
    """1 where one of them is unknown: place alone decides then."""
    return 1.0 if before is None or now is None else float(before @ now)

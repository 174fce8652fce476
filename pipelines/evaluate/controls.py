"""The controls of a clip, by their names in tables."""

from collections.abc import Callable, Iterable

import numpy as np

from glom_video.baselines import Answer, every_column, fixed_grid, one_island, shuffled, unlinked
from glom_video.evaluate import LabelMaps
from glom_video_pipelines.evaluate.frames import GivenFrame

SHUFFLED = "truth, ids shuffled"
STILL = {"one island": one_island, "every column": every_column, "fixed grid": fixed_grid}
UNLINKED, FROZEN = "ids unlinked", "last map frozen"


def is_control(method: str) -> bool:
    """Whether a method of the tables is a control."""
    return method in {*STILL, SHUFFLED} or method.endswith((UNLINKED, FROZEN))


def is_still(method: str) -> bool:
    """Whether a method of the tables is a control whose map never changes: its stability means
    nothing."""
    return method in STILL or method.endswith(FROZEN)


class Still:
    """The same labels in every frame, at each of the levels."""

    def __init__(self, labels: LabelMaps) -> None:
        self._answer = Answer(labels)

    def __call__(self, given: GivenFrame) -> Answer:
        return self._answer


def still_controls(levels: Iterable[str], size: tuple[int, int]) -> dict[str, Still]:
    """Those that need the size (height, width) only."""
    return {title: Still(dict.fromkeys(levels, make(*size))) for title, make in STILL.items()}


class Unlinked:
    """What another method said of the same frame, every id new."""

    def __init__(self, answer: Callable[[], Answer]) -> None:
        """``answer``: what that method says of the frame at hand."""
        self._answer = answer
        self._next_id = 1

    def __call__(self, given: GivenFrame) -> Answer:
        fresh = {}
        for level, labels in self._answer().labels.items():
            fresh[level], self._next_id = unlinked(labels, self._next_id)
        return Answer(fresh)


class ShuffledTruth:
    """The truth with new random ids in each frame that has truth of all ``levels``."""

    def __init__(self, levels: Iterable[str]) -> None:
        self._levels = frozenset(levels)
        self._place = -1

    def __call__(self, given: GivenFrame) -> Answer | None:
        self._place += 1
        if not given.truth or given.truth.keys() != self._levels:
            return None
        known = {level: np.maximum(labels, 0) for level, labels in given.truth.items()}
        return Answer({level: shuffled(labels, self._place) for level, labels in known.items()})

"""False objects, and objects split into several. Definitions of this project."""

from collections import Counter

from glom_video.evaluate.events import MOST, SOME
from glom_video.evaluate.overlaps import Segments


class FoundObjects:
    """One level of one clip, frame by frame. Memory grows with the ids, some dozen bytes each."""

    def __init__(self) -> None:
        self._frames = 0
        self._frames_by_id = Counter[int]()
        self._touching: set[int] = set()
        self._true_ids: set[int] = set()
        self._ids_on_it: set[int] = set()

    def add(self, pairs: Segments) -> None:
        """One frame that has truth."""
        self._frames += 1
        self._frames_by_id.update(pairs.predicted_ids.tolist())
        self._true_ids.update(pairs.truth_ids.tolist())
        self._touching.update(pairs.predicted_ids[(pairs.intersections > 0).any(0)].tolist())
        lies_on_it = (pairs.intersections > MOST * pairs.predicted_sizes) & (
            pairs.intersections > SOME * pairs.truth_sizes[:, None]
        )
        self._ids_on_it.update(pairs.predicted_ids[lies_on_it.any(0)].tolist())

    def result(self) -> dict[str, float]:
        """``false_objects``: predicted ids a frame that touch no true object in any frame.

        ``only_split``: of a clip with one true object, 1 if two ids or more lie on it at some time
        (with most of themselves, on more than a fifth of it), together or one after another; else
        0.
        """
        if not self._frames:
            return {}
        never = sum(
            frames for number, frames in self._frames_by_id.items() if number not in self._touching
        )
        figures = {"false_objects": never / self._frames}
        if len(self._true_ids) == 1:
            figures["only_split"] = float(len(self._ids_on_it) > 1)
        return figures

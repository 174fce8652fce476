"""All accuracy metrics of one level of one clip, frame by frame, from one overlap table per
frame."""

from dataclasses import asdict

import numpy as np
from jaxtyping import Integer

from glom_video.evaluate.best_overlap import association_quality, mean_best_overlap
from glom_video.evaluate.davis import Davis
from glom_video.evaluate.found import FoundObjects
from glom_video.evaluate.overlaps import ClipOverlaps, count_pairs, segments
from glom_video.evaluate.persistence import persistence
from glom_video.evaluate.rand_index import ari, fg_ari
from glom_video.evaluate.survival import Survival
from glom_video.evaluate.tracking import (
    TrackedFrame,
    hota,
    id_switches,
    idf1,
    matches,
    tracked_frame,
)


class Accuracy:
    """Accuracy of one level of one clip. Leave out frames without truth. ``clip`` holds the
    overlaps of its tubes so far."""

    def __init__(self) -> None:
        self.clip, self._davis = ClipOverlaps(), Davis()
        self._tracked: list[TrackedFrame] = []
        self._seconds: list[float | None] = []
        self._found = FoundObjects()
        self._per_frame: dict[str, list[float]] = {
            "fg_ari_image": [],
            "ari_image": [],
            "mbo_image": [],
        }

    @property
    def frames(self) -> int:
        """Number of frames added."""
        return len(self._tracked)

    def add(
        self,
        truth: Integer[np.ndarray, "H W"],
        predicted: Integer[np.ndarray, "H W"],
        seconds: float | None = None,
    ) -> float | None:
        """Add one frame, shown at ``seconds``: two label maps of one size, 0 = background. Returns
        its mBO, None without true segments. Without times, how long ids last is not measured."""
        counts = count_pairs(truth, predicted)
        overlaps = counts.table()
        pairs = segments(overlaps)
        self.clip.add(counts)
        self._davis.add(truth, predicted, pairs)
        self._found.add(pairs)
        self._tracked.append(tracked_frame(pairs))
        self._seconds.append(seconds)
        best = mean_best_overlap(pairs)
        of_frame = {
            "fg_ari_image": fg_ari(overlaps),
            "ari_image": ari(overlaps),
            "mbo_image": best,
        }
        for name, value in of_frame.items():
            if value is not None:
                self._per_frame[name].append(value)
        return best

    def result(self) -> dict[str, float]:
        """Figures by name (``METRICS``), without those that are undefined for this clip: FG-ARI
        without two true segments, J-best with more than one.

        ``IDSW``, ``fragments``, ``switches_minute`` and ``false_objects`` are counts; all others
        are in [0, 1], except ``J_beside`` and the Rand indices, which can be below 0.
        """
        if not self._tracked:
            return {}
        overlaps = self.clip.total().table()
        pairs = segments(overlaps)
        figures: dict[str, float | None] = {
            "fg_ari_video": fg_ari(overlaps),
            "ari_video": ari(overlaps),
            "mbo_video": mean_best_overlap(pairs),
        }
        figures |= {
            name: float(np.mean(values)) for name, values in self._per_frame.items() if values
        }
        if figures["fg_ari_video"] is None:
            figures["fg_ari_image"] = None
        figures["fg_ari_kept"] = _ratio(figures["fg_ari_video"], figures.get("fg_ari_image"))
        figures |= self._davis_figures() | self._tracking_figures() | self._found.result()
        figures["AQ"] = association_quality(pairs)
        return {name: value for name, value in figures.items() if value is not None}

    def _davis_figures(self) -> dict[str, float | None]:
        score = self._davis.result()
        if score is None:
            return {}
        if score.J_best is None:
            return {"J": score.J, "F": score.F, "J&F": (score.J + score.F) / 2}
        return {
            "J_best": score.J_best,
            "F_best": score.F_best,
            "J_fg": score.J_fg,
            "F_fg": score.F_fg,
            "J_beside": _difference(score.J_fg, score.J_best),
        }

    def _tracking_figures(self) -> dict[str, float | None]:
        score = hota(self._tracked)
        figures: dict[str, float | None] = {} if score is None else asdict(score)
        figures |= {"IDF1": idf1(self._tracked), "IDSW": float(id_switches(self._tracked))}
        return figures | asdict(persistence(self._tracked)) | self._survival_figures()

    def _survival_figures(self) -> dict[str, float]:
        survival = Survival()
        for frame, seconds, matched in zip(
            self._tracked, self._seconds, matches(self._tracked), strict=True
        ):
            if seconds is None:
                return {}
            survival.add(seconds, {true: matched.get(true) for true in frame.truth_ids.tolist()})
        return survival.result()


def _difference(one: float | None, other: float | None) -> float | None:
    return one - other if one is not None and other is not None else None


def _ratio(video: float | None, image: float | None) -> float | None:
    return video / image if video is not None and image is not None and image > 1e-6 else None

"""All accuracy metrics of one level of one clip, frame by frame, from one overlap table per
frame."""

from dataclasses import asdict

import numpy as np
from jaxtyping import Integer

from glom_video.evaluate.best_overlap import association_quality, mean_best_overlap
from glom_video.evaluate.davis import Davis
from glom_video.evaluate.overlaps import ClipOverlaps, count_pairs, segments
from glom_video.evaluate.persistence import persistence
from glom_video.evaluate.rand_index import ari, fg_ari
from glom_video.evaluate.tracking import TrackedFrame, hota, id_switches, idf1, tracked_frame


class Accuracy:
    """Accuracy of one level of one clip. Frames without truth are simply not added. ``clip`` holds
    the overlaps of its tubes so far."""

    def __init__(self) -> None:
        self.clip, self._davis = ClipOverlaps(), Davis()
        self._tracked: list[TrackedFrame] = []
        self._per_frame: dict[str, list[float]] = {
            "fg_ari_image": [],
            "ari_image": [],
            "mbo_image": [],
        }

    def add(
        self, truth: Integer[np.ndarray, "H W"], predicted: Integer[np.ndarray, "H W"]
    ) -> float | None:
        """One frame: two label maps of one size, 0 = background. Returns its mBO, None without true
        segments."""
        counts = count_pairs(truth, predicted)
        overlaps = counts.table()
        pairs = segments(overlaps)
        self.clip.add(counts)
        self._davis.add(truth, predicted, pairs)
        self._tracked.append(tracked_frame(pairs))
        best = mean_best_overlap(pairs)
        for name, value in (
            ("fg_ari_image", fg_ari(overlaps)),
            ("ari_image", ari(overlaps)),
            ("mbo_image", best),
        ):
            if value is not None:
                self._per_frame[name].append(value)
        return best

    def result(self) -> dict[str, float]:
        """Figures by name (``METRICS``), those left out that this clip does not define: FG-ARI
        without two true segments, J-best with more than one.

        ``IDSW`` and ``fragments`` are counts, all others are in [0, 1] but for the Rand indices,
        which fall below 0 when worse than chance.
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
        figures |= (
            self._davis_figures() | self._tracking_figures() | {"AQ": association_quality(pairs)}
        )
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
        }

    def _tracking_figures(self) -> dict[str, float | None]:
        score = hota(self._tracked)
        figures: dict[str, float | None] = (
            {"HOTA": score.HOTA, "DetA": score.DetA, "AssA": score.AssA} if score else {}
        )
        figures |= {"IDF1": idf1(self._tracked), "IDSW": float(id_switches(self._tracked))}
        return figures | asdict(persistence(self._tracked))


def _ratio(video: float | None, image: float | None) -> float | None:
    return video / image if video is not None and image is not None and image > 1e-6 else None

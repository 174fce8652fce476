"""J, F and J&F as DAVIS defines them, and J-best and J-fg for truth of one object.

Perazzi et al., "A benchmark dataset and evaluation methodology for video object segmentation", CVPR
2016 (J, F); Caelles et al., "The 2019 DAVIS challenge on VOS: unsupervised multi-object
segmentation" (the matching of predicted to true objects by mean J&F over the clip).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Integer

from glom_video.evaluate.boundaries import boundary_f
from glom_video.evaluate.overlaps import PairSums, Segments
from glom_video.structures import best_matching


def mask_j(truth: Bool[np.ndarray, "H W"], predicted: Bool[np.ndarray, "H W"]) -> float:
    """J of two masks: their IoU, 1 when both are empty."""
    union = np.count_nonzero(truth | predicted)
    return float(np.count_nonzero(truth & predicted) / union) if union else 1.0


@dataclass(frozen=True, slots=True)
class DavisScore:
    """Means over the frames of a clip, first and last left out, each in [0, 1]. The last four are
    None unless the truth is one object."""

    J: float
    F: float
    J_best: float | None
    """Of the ONE predicted id with the highest mean J."""
    F_best: float | None
    """Of that same id."""
    J_fg: float | None
    """Of the union of everything predicted."""
    F_fg: float | None


@dataclass(frozen=True, slots=True)
class _FrameSums:
    pairs: Segments
    f: Float64[np.ndarray, "g p"]
    foreground: tuple[float, float]


class Davis:
    """J and F of one clip, frame by frame. Memory grows with the number of ids.

    The first and the last scored frame are left out, as in DAVIS, unless there are only two or
    fewer.
    """

    def __init__(self) -> None:
        self._sums = PairSums(channels=3)  # J, F, frames together
        self._true_ids: set[int] = set()
        """Of all frames, those that are left out included: whether the truth is one object."""
        self._truth_frames: dict[int, int] = {}
        self._predicted_frames: dict[int, int] = {}
        self._foreground = np.zeros(2)
        self._frames = 0
        self._ends: list[_FrameSums] = []

    def add(
        self,
        truth: Integer[np.ndarray, "H W"],
        predicted: Integer[np.ndarray, "H W"],
        pairs: Segments,
    ) -> None:
        """Score one frame, given the segments of its overlap table."""
        self._true_ids.update(pairs.truth_ids.tolist())
        f = boundary_f(truth, predicted, pairs.truth_ids, pairs.predicted_ids)
        self._ends.append(_FrameSums(pairs, f, self._foreground_score(truth, predicted, pairs, f)))
        if len(self._ends) == 3:
            self._count(self._ends.pop(1))

    def _foreground_score(
        self,
        truth: Integer[np.ndarray, "H W"],
        predicted: Integer[np.ndarray, "H W"],
        pairs: Segments,
        f: Float64[np.ndarray, "g p"],
    ) -> tuple[float, float]:
        """J and F of the union of all predicted segments; not worked out once the truth is known to
        be several objects."""
        if len(self._true_ids) > 1:
            return 0.0, 0.0
        if pairs.iou.shape == (1, 1):
            return float(pairs.iou[0, 0]), float(f[0, 0])
        all_true, all_predicted, one = truth > 0, predicted > 0, np.ones(1, np.int64)
        outline = boundary_f(all_true.view(np.uint8), all_predicted.view(np.uint8), one, one)
        return mask_j(all_true, all_predicted), float(outline[0, 0])

    def _count(self, frame: _FrameSums) -> None:
        pairs = frame.pairs
        rows = np.repeat(pairs.truth_ids, len(pairs.predicted_ids))
        columns = np.tile(pairs.predicted_ids, len(pairs.truth_ids))
        self._sums.add(rows, columns, pairs.iou.ravel(), frame.f.ravel(), np.ones(len(rows)))
        for present, frames in (
            (pairs.truth_ids, self._truth_frames),
            (pairs.predicted_ids, self._predicted_frames),
        ):
            for segment in present.tolist():
                frames[segment] = frames.get(segment, 0) + 1
        self._foreground += frame.foreground
        self._frames += 1

    def result(self) -> DavisScore | None:
        """Scores of the clip so far; None without frames or without a true segment. Call it once,
        at the end."""
        if not self._frames:
            while self._ends:
                self._count(self._ends.pop())
        if not self._frames or not self._truth_frames:
            return None
        j, f, alone = self._pair_means()
        matched_j, matched_f = _best_matching(j, f, alone)
        if len(self._true_ids) > 1:
            return DavisScore(matched_j, matched_f, None, None, None, None)
        best = int(j[0].argmax()) if j.shape[1] else None
        j_best, f_best = (alone[0], alone[0]) if best is None else (j[0, best], f[0, best])
        j_fg, f_fg = self._foreground / self._frames
        return DavisScore(
            matched_j, matched_f, float(j_best), float(f_best), float(j_fg), float(f_fg)
        )

    def _pair_means(
        self,
    ) -> tuple[Float64[np.ndarray, "g p"], Float64[np.ndarray, "g p"], Float64[np.ndarray, " g"]]:
        """Mean J and F of every pair, 1 in frames that have neither; and what each true segment
        gets when nothing is predicted for it."""
        truth_ids, predicted_ids = sorted(self._truth_frames), sorted(self._predicted_frames)
        truth_frames = np.array([self._truth_frames[segment] for segment in truth_ids])
        predicted_frames = np.array([self._predicted_frames[segment] for segment in predicted_ids])
        sums = np.zeros((len(truth_ids), len(predicted_ids), 3))
        rows, columns, values = self._sums.result()
        sums[np.searchsorted(truth_ids, rows), np.searchsorted(predicted_ids, columns)] = values
        neither = self._frames - truth_frames[:, None] - predicted_frames[None, :] + sums[..., 2]
        return (
            (sums[..., 0] + neither) / self._frames,
            (sums[..., 1] + neither) / self._frames,
            1 - truth_frames / self._frames,
        )


def _best_matching(
    j: Float64[np.ndarray, "g p"], f: Float64[np.ndarray, "g p"], alone: Float64[np.ndarray, " g"]
) -> tuple[float, float]:
    """Mean J and F over true segments under the one-to-one matching with the highest J&F; a segment
    may stay without a partner."""
    j, f = (
        np.concatenate([scores, np.repeat(alone[:, None], len(alone), 1)], 1) for scores in (j, f)
    )
    rows, columns = best_matching(j + f)
    return float(j[rows, columns].mean()), float(f[rows, columns].mean())

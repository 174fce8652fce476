"""HOTA, IDF1 and IDSW on masks: similarity is mask IoU, and the definitions are TrackEval's.

HOTA: Luiten et al., "HOTA: a higher order metric for evaluating multi-object tracking", IJCV 2020
(``trackeval/metrics/hota.py``). IDF1: Ristani et al., "Performance measures and a data set for
multi-target, multi-camera tracking", 2016 (``identity.py``). IDSW: Bernardin and Stiefelhagen,
"Evaluating multiple object tracking performance: the CLEAR MOT metrics", 2008 (``clear.py``).

All three match globally before they count, so a frame's IoU table (some hundred bytes) is kept for
each frame; no picture is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64

from glom_video.evaluate.overlaps import Segments
from glom_video.structures import best_matching

ALPHAS = np.arange(0.05, 0.99, 0.05)
"""Localisation thresholds that HOTA averages over."""
MATCH_IOU = 0.5
"""Least IoU of a match for IDF1 and IDSW."""
EPSILON = np.finfo(np.float64).eps
"""As in TrackEval: what rounding takes from an IoU at a threshold."""


@dataclass(frozen=True, slots=True)
class TrackedFrame:
    """Who is there in one frame, and how far they overlap."""

    truth_ids: Int64[np.ndarray, " g"]
    predicted_ids: Int64[np.ndarray, " p"]
    iou: Float64[np.ndarray, "g p"]


@dataclass(frozen=True, slots=True)
class HotaScore:
    """Means over the thresholds ``ALPHAS``, each in [0, 1]."""

    HOTA: float
    DetA: float
    AssA: float


def tracked_frame(pairs: Segments) -> TrackedFrame:
    """What tracking metrics need of a frame's segments."""
    return TrackedFrame(pairs.truth_ids, pairs.predicted_ids, pairs.iou)


def hota(frames: Sequence[TrackedFrame]) -> HotaScore | None:
    """HOTA, DetA and AssA of a clip; None when nothing is true and nothing predicted."""
    frames, truth_frames, predicted_frames = _numbered(frames)
    detections, predictions = truth_frames.sum(), predicted_frames.sum()
    if not detections and not predictions:
        return None
    alignment = _alignment(frames, truth_frames, predicted_frames)
    matched = np.zeros((len(ALPHAS), *alignment.shape))
    for frame in frames:
        rows, columns = best_matching(
            alignment[np.ix_(frame.truth_ids, frame.predicted_ids)] * frame.iou
        )
        close = frame.iou[rows, columns] >= ALPHAS[:, None] - EPSILON
        matched[:, frame.truth_ids[rows], frame.predicted_ids[columns]] += close
    true_positives = matched.sum((1, 2))
    det_a = true_positives / (detections + predictions - true_positives)
    pair_association = matched / np.maximum(1, truth_frames[:, None] + predicted_frames - matched)
    ass_a = (matched * pair_association).sum((1, 2)) / np.maximum(1, true_positives)
    return HotaScore(float(np.sqrt(det_a * ass_a).mean()), float(det_a.mean()), float(ass_a.mean()))


def _alignment(
    frames: Sequence[TrackedFrame],
    truth_frames: Float64[np.ndarray, " g"],
    predicted_frames: Float64[np.ndarray, " p"],
) -> Float64[np.ndarray, "g p"]:
    """How well two tracks fit over the whole clip: it breaks ties of the matching inside each
    frame."""
    potential = np.zeros((len(truth_frames), len(predicted_frames)))
    for frame in frames:
        total = frame.iou.sum(0)[None, :] + frame.iou.sum(1)[:, None] - frame.iou
        share = np.divide(frame.iou, total, out=np.zeros_like(total), where=total > EPSILON)
        potential[np.ix_(frame.truth_ids, frame.predicted_ids)] += share
    aligned: Float64[np.ndarray, "g p"] = potential / np.maximum(
        1, truth_frames[:, None] + predicted_frames - potential
    )
    return aligned


def idf1(frames: Sequence[TrackedFrame]) -> float | None:
    """IDF1 of a clip: the F score of detections under the one best matching of whole tracks; None
    when nothing is true and nothing predicted."""
    frames, truth_frames, predicted_frames = _numbered(frames)
    together = np.zeros((len(truth_frames), len(predicted_frames)))
    for frame in frames:
        together[np.ix_(frame.truth_ids, frame.predicted_ids)] += frame.iou >= MATCH_IOU
    every = truth_frames.sum() + predicted_frames.sum()
    return float(2 * together[best_matching(together)].sum() / every) if every else None


def id_switches(frames: Sequence[TrackedFrame]) -> int:
    """IDSW of a clip: how often a true track is matched to another id than when it was matched
    last."""
    switches = 0
    last: dict[int, int] = {}
    for matched in matches(frames):
        switches += sum(
            last.get(true, predicted) != predicted for true, predicted in matched.items()
        )
        last |= matched
    return switches


def matches(frames: Sequence[TrackedFrame]) -> Iterator[dict[int, int]]:
    """True id -> predicted id, frame by frame: the one-to-one matching of highest IoU, in which a
    pair that was matched in the last frame is kept."""
    continued: dict[int, int] = {}
    for frame in frames:
        if not len(frame.truth_ids) or not len(frame.predicted_ids):
            yield {}
            continue
        last_ids = np.array([continued.get(int(true), -1) for true in frame.truth_ids])
        kept = frame.predicted_ids == last_ids[:, None]
        score = np.where(frame.iou >= MATCH_IOU - EPSILON, 1000.0 * kept + frame.iou, 0.0)
        rows, columns = best_matching(score)
        good = score[rows, columns] > EPSILON
        continued = {
            int(frame.truth_ids[row]): int(frame.predicted_ids[column])
            for row, column in zip(rows[good], columns[good], strict=True)
        }
        yield continued


def _numbered(
    frames: Sequence[TrackedFrame],
) -> tuple[list[TrackedFrame], Float64[np.ndarray, " g"], Float64[np.ndarray, " p"]]:
    """The frames with ids as places in tables, and in how many frames each true and each predicted
    id is."""
    truth_ids, truth_frames = np.unique(
        np.concatenate([np.empty(0, np.int64), *(frame.truth_ids for frame in frames)]),
        return_counts=True,
    )
    predicted_ids, predicted_frames = np.unique(
        np.concatenate([np.empty(0, np.int64), *(frame.predicted_ids for frame in frames)]),
        return_counts=True,
    )
    numbered = [
        TrackedFrame(
            np.searchsorted(truth_ids, frame.truth_ids),
            np.searchsorted(predicted_ids, frame.predicted_ids),
            frame.iou,
        )
        for frame in frames
    ]
    return numbered, truth_frames.astype(np.float64), predicted_frames.astype(np.float64)

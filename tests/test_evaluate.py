"""Metrics against hand-counted cases, scikit-learn, TrackEval and the published definitions, and
what a clip's scorer makes of them."""

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
import pytest

from glom_video.baselines import shuffled
from glom_video.evaluate import (
    Accuracy,
    ClipOverlaps,
    ClipScorer,
    Davis,
    DavisScore,
    Drift,
    KeypointTest,
    Lives,
    Nesting,
    Recovery,
    SelfConsistency,
    TrackedFrame,
    ari,
    association_quality,
    boundary_f,
    count_overlaps,
    count_pairs,
    edges_f1,
    estimate,
    fg_ari,
    hota,
    id_switches,
    idf1,
    mask_j,
    mean_best_overlap,
    nm_covering,
    persistence,
    segments,
    tracked_frame,
    visible_step,
)
from glom_video.evaluate.events import Events, events
from glom_video.structures import Joint, Motion


def row(*ids: int) -> np.ndarray:
    """A label map of one line of pixels."""
    return np.array([ids], np.int32)


def boxes(height: int, width: int, **named: tuple[int, int, int, int]) -> np.ndarray:
    """A label map: ``_3=(top, left, bottom, right)`` paints id 3."""
    labels = np.zeros((height, width), np.int32)
    for name, (top, left, bottom, right) in named.items():
        labels[top:bottom, left:right] = int(name[1:])
    return labels


def blobs(
    seed: int, frames: int = 6, count: int = 4, height: int = 48, width: int = 64
) -> list[np.ndarray]:
    """A clip of drifting ellipses over each other, ids 1 up; some leave the picture."""
    rng = np.random.default_rng(seed)
    places, speeds, axes = (
        rng.uniform(0, 1, (count, 2)),
        rng.uniform(-0.05, 0.05, (count, 2)),
        rng.integers(5, 14, (count, 2)),
    )
    clip = []
    for t in range(frames):
        labels = np.zeros((height, width), np.int32)
        for i in range(count):
            x, y = (places[i] + t * speeds[i]) * (width, height)
            cv2.ellipse(
                labels, (int(x), int(y)), axes[i].tolist(), 20 * i + 5 * t, 0, 360, i + 1, -1
            )
        clip.append(labels)
    return clip


def perturbed(clip: list[np.ndarray], seed: int) -> list[np.ndarray]:
    """What a tracker might make of a clip: shifted, with ids that change and an island of its
    own."""
    rng = np.random.default_rng(seed)
    out = []
    for labels in clip:
        ids = np.arange(labels.max() + 2) + 10
        ids[0] = 0
        if rng.random() < 0.4:
            ids[1:3] = ids[[2, 1]]
        moved = ids[np.roll(labels, rng.integers(-2, 3, 2), (0, 1))]
        moved[:6, :9] = 40
        out.append(moved.astype(np.int32))
    return out


# --- overlaps


def test_overlaps_are_counted_whatever_the_ids() -> None:
    truth, predicted = row(0, 0, 5, 5, 5, 0), row(0, 70_000, 70_000, 2, 2, 2)
    overlaps = count_overlaps(truth, predicted)
    assert overlaps.truth_ids.tolist() == [0, 5]
    assert overlaps.predicted_ids.tolist() == [0, 2, 70_000]
    assert overlaps.counts.tolist() == [[1, 1, 1], [0, 2, 1]]
    pairs = segments(overlaps)
    assert pairs.iou.tolist() == [[2 / 4, 1 / 4]], "sizes count the pixels that lie in background"


def test_a_clip_is_the_sum_of_its_frames() -> None:
    truth, predicted = blobs(0), perturbed(blobs(0), 1)
    clip = ClipOverlaps()
    for true, labels in zip(truth, predicted, strict=True):
        clip.add(count_pairs(true, labels))
    whole = count_pairs(np.concatenate(truth), np.concatenate(predicted))
    total = clip.total()
    assert (total.rows.tolist(), total.columns.tolist(), total.counts.tolist()) == (
        whole.rows.tolist(),
        whole.columns.tolist(),
        whole.counts.tolist(),
    )


# --- Rand indices

TRUTH = row(0, 0, 0, 0, 1, 1, 2, 2)


@pytest.mark.parametrize(
    ("predicted", "expected_fg", "expected_ari"),
    [
        pytest.param(row(0, 0, 0, 0, 7, 7, 3, 3), 1.0, 1.0, id="right, other names"),
        pytest.param(row(9, 9, 9, 9, 9, 9, 9, 9), 0.0, 0.0, id="one island"),
        pytest.param(row(1, 2, 3, 4, 5, 6, 7, 8), 0.0, 0.0, id="every pixel its own"),
        # foreground pairs: 2 true, 6 joint in one cluster -> 0; all pixels: joint 6+6=12, rows
        # 6+1+1=8, columns 12, of 28: (8-96/28)/(10-96/28)
        pytest.param(
            row(0, 0, 0, 0, 5, 5, 5, 5),
            0.0,
            (8 - 96 / 28) / (10 - 96 / 28),
            id="two objects as one",
        ),
        # the background is shattered, which FG-ARI does not see: joint 1+1+1+1=4, rows 8, columns 4
        pytest.param(
            row(3, 3, 4, 4, 5, 5, 6, 6),
            1.0,
            (4 - 32 / 28) / (6 - 32 / 28),
            id="shattered background",
        ),
        # clusters {1 1} {2 2} swap one pixel: joint 0, rows 2, columns 2, of 6
        pytest.param(
            row(0, 0, 0, 0, 1, 2, 1, 2),
            (0 - 4 / 6) / (2 - 4 / 6),
            (6 - 64 / 28) / (8 - 64 / 28),
            id="crossed",
        ),
    ],
)
def test_rand_indices_by_hand(
    predicted: np.ndarray, expected_fg: float, expected_ari: float
) -> None:
    overlaps = count_overlaps(TRUTH, predicted)
    assert fg_ari(overlaps) == pytest.approx(expected_fg)
    assert ari(overlaps) == pytest.approx(expected_ari)


def test_fg_ari_needs_two_true_segments() -> None:
    assert fg_ari(count_overlaps(row(0, 0, 4, 4), row(1, 1, 2, 2))) is None


@pytest.mark.parametrize("seed", range(4))
def test_ari_agrees_with_scikit_learn(seed: int) -> None:
    from sklearn.metrics import adjusted_rand_score

    truth = np.concatenate(blobs(seed))
    predicted = np.concatenate(perturbed(blobs(seed), seed))
    overlaps = count_overlaps(truth, predicted)
    assert ari(overlaps) == pytest.approx(adjusted_rand_score(truth.ravel(), predicted.ravel()))
    foreground = truth > 0
    assert fg_ari(overlaps) == pytest.approx(
        adjusted_rand_score(truth[foreground], predicted[foreground])
    )


# --- best overlap and AQ


@pytest.mark.parametrize(
    ("predicted", "mbo", "aq"),
    [
        pytest.param(row(0, 0, 0, 0, 7, 7, 3, 3), 1.0, 1.0, id="right"),
        pytest.param(
            row(0, 0, 0, 0, 0, 0, 0, 0), 0.0, 0.0, id="nothing: background is no candidate"
        ),
        pytest.param(row(9, 9, 9, 9, 9, 9, 9, 9), 2 / 8, 2 / 8, id="one island"),
        # object 1 halved: IoU 1/2 and 1/2, AQ (1*1/2 + 1*1/2)/2 = 1/2; object 2 right
        pytest.param(
            row(0, 0, 0, 0, 7, 8, 3, 3),
            (1 / 2 + 1) / 2,
            (1 / 2 + 1) / 2,
            id="one object in two halves",
        ),
        # object 1: island 7 of 3 pixels, IoU 2/3; object 2: island 7 gives 1 of 4, island 3 gives 1
        # of 2
        pytest.param(
            row(0, 0, 0, 0, 7, 7, 7, 3),
            (2 / 3 + 1 / 2) / 2,
            (2 * (2 / 3) / 2 + (1 / 4 + 1 / 2) / 2) / 2,
            id="spilling over",
        ),
    ],
)
def test_mean_best_overlap_and_association_quality_by_hand(
    predicted: np.ndarray, mbo: float, aq: float
) -> None:
    pairs = segments(count_overlaps(TRUTH, predicted))
    assert mean_best_overlap(pairs) == pytest.approx(mbo)
    assert association_quality(pairs) == pytest.approx(aq)


def test_without_true_segments_there_is_no_overlap_to_speak_of() -> None:
    pairs = segments(count_overlaps(row(0, 0), row(1, 2)))
    assert mean_best_overlap(pairs) is None
    assert association_quality(pairs) is None


# --- J and F


def davis(truth: Iterable[np.ndarray], predicted: Iterable[np.ndarray]) -> DavisScore | None:
    scorer = Davis()
    for true, labels in zip(truth, predicted, strict=True):
        scorer.add(true, labels, segments(count_overlaps(true, labels)))
    return scorer.result()


EMPTY, LEFT, RIGHT = row(0, 0, 0, 0), row(1, 1, 0, 0), row(0, 0, 1, 1)


@pytest.mark.parametrize(
    ("truth", "predicted", "j_best", "j_fg"),
    [
        pytest.param([LEFT] * 4, [5 * LEFT] * 4, 1.0, 1.0, id="right"),
        pytest.param([LEFT] * 4, [EMPTY] * 4, 0.0, 0.0, id="nothing predicted"),
        pytest.param(
            [LEFT] * 4,
            [row(3, 4, 0, 0)] * 4,
            0.5,
            1.0,
            id="in two islands: the union is right, the best half",
        ),
        pytest.param(
            [LEFT] * 4,
            [3 * RIGHT, 3 * LEFT, 3 * LEFT, 3 * RIGHT],
            1.0,
            1.0,
            id="the ends do not count",
        ),
        pytest.param(
            [LEFT] * 4,
            [EMPTY, 3 * LEFT, 4 * LEFT, EMPTY],
            0.5,
            1.0,
            id="id lost: one id has but half of the frames",
        ),
        pytest.param(
            [LEFT, EMPTY, LEFT, LEFT], [LEFT, EMPTY, LEFT, LEFT], 1.0, 1.0, id="both empty is right"
        ),
        pytest.param(
            [LEFT, EMPTY, LEFT, LEFT],
            [LEFT, RIGHT, LEFT, LEFT],
            0.5,
            0.5,
            id="something where nothing is, is wrong",
        ),
        pytest.param(
            [LEFT] * 3, [LEFT, row(1, 1, 1, 2), LEFT], 2 / 3, 0.5, id="best leaves the spill out"
        ),
        pytest.param([LEFT] * 2, [LEFT, RIGHT], 0.5, 0.5, id="two frames: no ends to leave out"),
    ],
)
def test_j_best_and_j_fg_by_hand(
    truth: list[np.ndarray], predicted: list[np.ndarray], j_best: float, j_fg: float
) -> None:
    score = davis(truth, predicted)
    assert score is not None
    assert score.J_best == pytest.approx(j_best)
    assert score.J_fg == pytest.approx(j_fg)


def test_several_objects_are_matched_one_to_one() -> None:
    truth = [row(1, 1, 2, 2)] * 3
    score = davis(truth, [row(7, 7, 7, 7)] * 3)
    assert score is not None
    assert pytest.approx(0.25) == score.J, "island 7 serves one of the two objects, IoU 1/2"
    assert score.J_best is None, "J-best is for one object"
    assert davis([EMPTY] * 3, [LEFT] * 3) is None, "no object, no score"


def published_f(truth: np.ndarray, predicted: np.ndarray) -> float:
    """db_eval_boundary of the DAVIS benchmark: boundaries by seg2bmap, dilated by a disk, precision
    and recall of the pixels."""

    def boundary(mask: np.ndarray) -> np.ndarray:
        e, s, se = np.zeros_like(mask), np.zeros_like(mask), np.zeros_like(mask)
        e[:, :-1], s[:-1], se[:-1, :-1] = mask[:, 1:], mask[1:], mask[1:, 1:]
        b = mask ^ e | mask ^ s | mask ^ se
        b[-1], b[:, -1], b[-1, -1] = mask[-1] ^ e[-1], mask[:, -1] ^ s[:, -1], False
        return b

    reach = int(np.ceil(0.008 * np.linalg.norm(truth.shape)))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disk = (x * x + y * y <= reach * reach).astype(np.uint8)
    b_predicted, b_truth = boundary(predicted), boundary(truth)
    near_truth, near_predicted = (
        cv2.dilate(b.astype(np.uint8), disk) > 0 for b in (b_truth, b_predicted)
    )
    n_predicted, n_truth = b_predicted.sum(), b_truth.sum()
    precision = 1.0 if n_predicted == 0 else (b_predicted & near_truth).sum() / n_predicted
    recall = 1.0 if n_truth == 0 else (b_truth & near_predicted).sum() / n_truth
    if n_predicted == 0 and n_truth > 0:
        precision, recall = 1.0, 0.0
    elif n_predicted > 0 and n_truth == 0:
        precision, recall = 0.0, 1.0
    return float(0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall))


@pytest.mark.parametrize("seed", range(3))
def test_boundary_f_is_the_published_one_for_every_pair(seed: int) -> None:
    truth = blobs(seed, frames=1, height=120, width=213)[0]
    truth[:, -9:] = 3  # along the edge of the picture
    predicted = perturbed([truth], seed)[0]
    pairs = segments(count_overlaps(truth, predicted))
    got = boundary_f(truth, predicted, pairs.truth_ids, pairs.predicted_ids)
    wanted = [
        [published_f(truth == true, predicted == island) for island in pairs.predicted_ids]
        for true in pairs.truth_ids
    ]
    np.testing.assert_allclose(got, wanted, atol=1e-12)


@pytest.mark.parametrize(
    ("truth", "predicted", "expected"),
    [
        pytest.param(
            boxes(20, 20, _1=(5, 5, 15, 15)), boxes(20, 20, _1=(5, 5, 15, 15)), 1.0, id="same"
        ),
        pytest.param(
            boxes(20, 20, _1=(5, 5, 15, 15)),
            boxes(20, 20, _1=(6, 5, 16, 15)),
            1.0,
            id="a pixel off, within reach",
        ),
        pytest.param(
            boxes(40, 40, _1=(2, 2, 9, 9)), boxes(40, 40, _1=(30, 30, 37, 37)), 0.0, id="far apart"
        ),
        pytest.param(
            boxes(20, 20, _1=(5, 5, 15, 15)),
            np.ones((20, 20), np.int32),
            0.0,
            id="an island without a boundary",
        ),
        pytest.param(
            np.ones((20, 20), np.int32),
            np.ones((20, 20), np.int32),
            1.0,
            id="neither has a boundary",
        ),
    ],
)
def test_boundary_f_by_hand(truth: np.ndarray, predicted: np.ndarray, expected: float) -> None:
    one = np.array([1])
    assert boundary_f(truth, predicted, one, one)[0, 0] == pytest.approx(expected)


def test_mask_j_of_two_empty_masks_is_one() -> None:
    assert mask_j(np.zeros((2, 2), bool), np.zeros((2, 2), bool)) == 1.0


# --- tracking


TrueIdsAndIou = tuple[list[int], list[int], list[list[float]]]


def track(*frames: TrueIdsAndIou) -> list[TrackedFrame]:
    return [
        TrackedFrame(
            np.array(true, np.int64),
            np.array(ids, np.int64),
            np.array(iou, np.float64).reshape(len(true), len(ids)),
        )
        for true, ids, iou in frames
    ]


ONE, TWO = ([1], [5], [[1.0]]), ([1], [6], [[1.0]])


@pytest.mark.parametrize(
    ("frames", "expected_hota", "expected_idf1", "expected_idsw"),
    [
        pytest.param(track(ONE, ONE, ONE, ONE), 1.0, 1.0, 0, id="right"),
        # DetA 1; each pair has 2 of 4+2-2 frames: AssA 1/2; HOTA root of it; IDTP 2 of 4
        pytest.param(track(ONE, ONE, TWO, TWO), 0.5**0.5, 0.5, 1, id="one switch"),
        pytest.param(track(ONE, TWO, ONE, TWO), 0.5**0.5, 0.5, 3, id="to and fro"),
        pytest.param(
            track(ONE, ([1], [], []), TWO, TWO),
            None,
            2 * 2 / (4 + 3),
            1,
            id="a switch across a gap counts",
        ),
        pytest.param(
            track(([1], [5], [[0.4]])), None, 0.0, 0, id="too loose for an identity match"
        ),
        # found at 16 of 19 thresholds (.05 to .80): at those DetA = AssA = 1
        pytest.param(track(([1], [5], [[0.8]])), 16 / 19, 1.0, 0, id="IoU .8"),
        pytest.param(track(([1], [], []), ([], [5], [])), 0.0, 0.0, 0, id="never together"),
    ],
)
def test_tracking_by_hand(
    frames: list[TrackedFrame],
    expected_hota: float | None,
    expected_idf1: float,
    expected_idsw: int,
) -> None:
    score = hota(frames)
    assert score is not None
    if expected_hota is not None:
        assert pytest.approx(expected_hota) == score.HOTA
    assert idf1(frames) == pytest.approx(expected_idf1)
    assert id_switches(frames) == expected_idsw


def test_tracking_of_an_empty_clip_is_undefined() -> None:
    assert hota(track(([], [], []))) is None
    assert idf1(track(([], [], []))) is None


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.filterwarnings("ignore::DeprecationWarning:trackeval")
def test_tracking_agrees_with_trackeval(seed: int) -> None:
    from trackeval.metrics.clear import CLEAR
    from trackeval.metrics.hota import HOTA
    from trackeval.metrics.identity import Identity

    truth = blobs(seed, frames=12, count=5)
    frames = [
        tracked_frame(segments(count_overlaps(true, labels)))
        for true, labels in zip(truth, perturbed(truth, seed), strict=True)
    ]
    data = trackeval_data(frames)
    wanted, score = HOTA().eval_sequence(data), hota(frames)
    assert score is not None
    assert (score.HOTA, score.DetA, score.AssA) == pytest.approx(
        tuple(wanted[name].mean() for name in ("HOTA", "DetA", "AssA"))
    )
    assert idf1(frames) == pytest.approx(
        Identity({"PRINT_CONFIG": False}).eval_sequence(data)["IDF1"]
    )
    assert id_switches(frames) == CLEAR({"PRINT_CONFIG": False}).eval_sequence(data)["IDSW"]


def trackeval_data(frames: list[TrackedFrame]) -> dict[str, object]:
    truth_ids, predicted_ids = (
        np.unique(np.concatenate([getattr(frame, name) for frame in frames]))
        for name in ("truth_ids", "predicted_ids")
    )
    return {
        "num_timesteps": len(frames),
        "num_gt_ids": len(truth_ids),
        "num_tracker_ids": len(predicted_ids),
        "num_gt_dets": sum(len(frame.truth_ids) for frame in frames),
        "num_tracker_dets": sum(len(frame.predicted_ids) for frame in frames),
        "gt_ids": [np.searchsorted(truth_ids, frame.truth_ids) for frame in frames],
        "tracker_ids": [np.searchsorted(predicted_ids, frame.predicted_ids) for frame in frames],
        "similarity_scores": [frame.iou for frame in frames],
    }


SEEN, OTHER = ONE, TWO
LOST: TrueIdsAndIou = ([1], [], [])
GONE: TrueIdsAndIou = ([], [], [])


@pytest.mark.parametrize(
    ("frames", "fragments", "duration", "reidentified"),
    [
        pytest.param(track(SEEN, SEEN, SEEN), 1.0, 1.0, None, id="right"),
        pytest.param(
            track(SEEN, OTHER, OTHER, SEEN), 2.0, 0.5, None, id="two ids, each half of the time"
        ),
        pytest.param(
            track(SEEN, LOST, LOST, SEEN), 1.0, 0.5, None, id="in sight but lost: no occlusion"
        ),
        pytest.param(
            track(SEEN, GONE, SEEN, GONE, OTHER),
            2.0,
            2 / 3,
            0.5,
            id="the same id after one occlusion of two",
        ),
        pytest.param(track(SEEN, GONE, LOST, SEEN), 1.0, 2 / 3, 1.0, id="found again a frame late"),
        pytest.param(
            track(SEEN, GONE, LOST, GONE, LOST),
            1.0,
            1 / 3,
            0.0,
            id="never found again: one chance, since it had no id before the second",
        ),
        pytest.param(
            track(LOST, GONE, SEEN),
            1.0,
            0.5,
            None,
            id="without an id before there is none to return",
        ),
        pytest.param(track(LOST, LOST), None, 0.0, None, id="never found"),
        pytest.param(track(GONE, GONE), None, None, None, id="nothing there"),
        # track 1 keeps its id over both frames; track 2 is in one frame and not found
        pytest.param(track(([1, 2], [5], [[1.0], [0.0]]), ONE), 1.0, 0.5, None, id="two tracks"),
    ],
)
def test_persistence_by_hand(
    frames: list[TrackedFrame],
    fragments: float | None,
    duration: float | None,
    reidentified: float | None,
) -> None:
    score = persistence(frames)
    assert (score.fragments, score.relative_duration, score.reidentified) == (
        fragments,
        duration,
        reidentified,
    )


# --- the tree


def nesting(*frames: tuple[np.ndarray, np.ndarray]) -> tuple[float | None, float]:
    scorer = Nesting()
    for parts, objects in frames:
        scorer.add(count_pairs(parts, objects))
    return scorer.result().containment, scorer.result().parent_switches


PARTS = row(1, 1, 2, 2, 0, 0)


@pytest.mark.parametrize(
    ("frames", "containment", "switches"),
    [
        pytest.param([(PARTS, row(8, 8, 9, 9, 0, 0))], 1.0, 0.0, id="each in one"),
        pytest.param([(PARTS, row(8, 9, 9, 9, 0, 0))], 0.75, 0.0, id="one across two objects"),
        pytest.param([(PARTS, row(0, 0, 9, 9, 9, 0))], 1.0, 0.0, id="a part of the ground"),
        pytest.param(
            [(PARTS, row(8, 8, 8, 8, 0, 0)), (PARTS, row(8, 8, 9, 9, 0, 0))],
            1.0,
            50.0,
            id="one changes its object",
        ),
        pytest.param([(row(0, 0, 0, 0, 0, 0), row(8, 8, 8, 8, 8, 8))], None, 0.0, id="no parts"),
    ],
)
def test_nesting_by_hand(
    frames: list[tuple[np.ndarray, np.ndarray]], containment: float | None, switches: float
) -> None:
    got = nesting(*frames)
    assert got[0] == (None if containment is None else pytest.approx(containment))
    assert got[1] == pytest.approx(switches)


@pytest.mark.parametrize(
    ("parts", "objects", "expected"),
    [
        pytest.param(row(11, 12, 13, 14), row(5, 5, 6, 6), 1.0, id="right"),
        pytest.param(row(11, 12, 13, 14), row(5, 5, 5, 6), 0.75, id="one part in the wrong object"),
        pytest.param(
            row(11, 11, 13, 14),
            row(5, 5, 6, 6),
            6 / 7,
            id="two parts as one: three of four edges, none wrong",
        ),
        pytest.param(row(11, 12, 13, 14), row(0, 0, 0, 0), 0.0, id="no objects"),
    ],
)
def test_edges_by_hand(parts: np.ndarray, objects: np.ndarray, expected: float) -> None:
    true_parts, true_objects = row(1, 2, 3, 4), row(1, 1, 2, 2)
    trees = count_pairs(true_parts, true_objects), count_pairs(parts, objects)
    assert edges_f1(
        *trees, count_pairs(true_parts, parts), count_pairs(true_objects, objects)
    ) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("parts", "objects", "expected"),
    [
        pytest.param(row(11, 12, 13, 14), row(5, 5, 6, 6), 1.0, id="right"),
        pytest.param(
            row(5, 5, 6, 6), row(11, 12, 13, 14), 1.0, id="the levels the other way round"
        ),
        # no part is found but inside an object twice its size
        pytest.param(row(0, 0, 0, 0), row(5, 5, 6, 6), (1 / 2 + 1) / 2, id="objects only"),
        # objects are found as parts of half their size, or as the one island: IoU 1/2 either way
        pytest.param(
            row(11, 12, 13, 14),
            row(5, 5, 5, 5),
            (1 + 1 / 2) / 2,
            id="parts, and one island for both objects",
        ),
        pytest.param(row(0, 0, 0, 0), row(0, 0, 0, 0), 0.0, id="nothing"),
    ],
)
def test_nm_covering_by_hand(parts: np.ndarray, objects: np.ndarray, expected: float) -> None:
    truth, predicted = (
        {"part": row(1, 2, 3, 4), "object": row(1, 1, 2, 2)},
        {"part": parts, "object": objects},
    )
    pairs = {
        (true, level): count_pairs(truth[true], predicted[level])
        for true in truth
        for level in predicted
    }
    assert nm_covering(pairs) == pytest.approx(expected)


def test_nm_covering_needs_true_tubes() -> None:
    assert nm_covering({("object", "object"): count_pairs(row(0, 0), row(1, 2))}) is None


def test_keypoints_by_hand() -> None:
    joints = [
        Joint("upper_left_1", 0.5, 0.5),
        Joint("upper_left_2", 1.5, 0.5),
        Joint("tail_0", 2.5, 0.5),
        Joint("jaw", 9.0, 0.5),
    ]
    test = KeypointTest()
    test.add(joints, row(1, 1, 2, 0), row(4, 4, 4, 0))
    test.add(joints, row(1, 3, 1, 0), row(4, 4, 5, 0))
    score = test.result()
    assert score.part_kept == pytest.approx(1 / 3), (
        "upper_left_1 keeps part 1, the other two change; the jaw is outside"
    )
    assert score.limbs_apart == pytest.approx(3 / 4), (
        "leg against tail: two pairs a frame, alike once"
    )
    assert score.one_object == pytest.approx((1 + 2 / 3) / 2)


# --- self-consistency


def shift(
    dx: float, dy: float, height: int = 12, width: int = 16, *, is_cut: bool = False
) -> Motion:
    """Everything moved by (dx, dy) since the previous frame."""
    flow = np.full((height, width, 2), (-dx, -dy), np.float32)
    return Motion(flow, flow, np.ones((height, width), np.float32), np.eye(3), is_cut)


def consistency(maps: list[np.ndarray], motions: list[Motion | None]) -> dict[str, float]:
    scorer = SelfConsistency()
    for labels, motion in zip(maps, motions, strict=True):
        scorer.add(labels, np.unique(labels).astype(np.int64), visible_step(motion, *labels.shape))
    return scorer.result()


BOX, MOVED = boxes(12, 16, _1=(2, 2, 8, 8)), boxes(12, 16, _1=(4, 6, 10, 12))
DIFFERENT = np.count_nonzero((BOX > 0) != (MOVED > 0)) / BOX.size


@pytest.mark.parametrize(
    ("maps", "motion", "agreement", "flicker", "switches"),
    [
        pytest.param([BOX, BOX], shift(0, 0), 1.0, 0.0, 0.0, id="still"),
        pytest.param([BOX, MOVED], shift(4, 2), 1.0, None, 0.0, id="carried along"),
        pytest.param(
            [BOX, MOVED],
            shift(0, 0),
            1 - DIFFERENT,
            DIFFERENT,
            0.0,
            id="wandering over still ground",
        ),
        pytest.param(
            [BOX, 5 * BOX], shift(0, 0), 1 - 36 / BOX.size, 36 / BOX.size, 100.0, id="renamed"
        ),
    ],
)
def test_warp_agreement_and_flicker_by_hand(
    maps: list[np.ndarray], motion: Motion, agreement: float, flicker: float | None, switches: float
) -> None:
    figures = consistency(maps, [None, motion])
    assert figures["warp_agreement"] == pytest.approx(agreement)
    assert figures["switches"] == switches
    if flicker is not None:
        assert figures["flicker"] == pytest.approx(flicker)


def test_motion_is_asked_on_its_own_grid_and_only_where_it_is_valid() -> None:
    large, moved = (np.kron(labels, np.ones((4, 4), np.int32)) for labels in (BOX, MOVED))
    assert consistency([large, moved], [None, shift(4, 2)])["warp_agreement"] == 1.0, (
        "a map four times finer than the flow"
    )
    hidden = shift(0, 0)
    hidden.validity[2:10, 2:12] = 0.1
    assert consistency([BOX, MOVED], [None, hidden])["warp_agreement"] == 1.0, (
        "all changes lie where the flow is not valid"
    )


def test_nothing_is_compared_across_a_cut_or_without_pictures() -> None:
    for motion in (shift(0, 0, is_cut=True), None):
        figures = consistency([BOX, MOVED], [None, motion])
        assert "warp_agreement" not in figures
        assert figures["coverage"] == pytest.approx(36 / BOX.size)
        assert figures["islands"] == 1.0


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        pytest.param(row(1, 1, 1, 2, 2, 2), row(1, 1, 1, 2, 2, 2), Events(0, 0, 0), id="nothing"),
        pytest.param(row(1, 1, 1, 2, 2, 2), row(1, 1, 1, 5, 5, 5), Events(1, 0, 0), id="switch"),
        pytest.param(
            row(1, 1, 1, 2, 2, 2), row(7, 7, 7, 7, 7, 7), Events(0, 1, 0), id="merge into a new one"
        ),
        pytest.param(row(1, 1, 1, 1, 1, 1), row(1, 1, 1, 2, 2, 2), Events(0, 0, 1), id="split"),
        pytest.param(
            row(1, 1, 1, 1, 1, 1),
            row(1, 1, 1, 1, 1, 2),
            Events(0, 0, 0),
            id="a ragged edge is no split",
        ),
        pytest.param(
            row(0, 0, 0, 0, 0, 0),
            row(1, 1, 1, 2, 2, 2),
            Events(0, 0, 0),
            id="background takes no part",
        ),
    ],
)
def test_events_by_hand(before: np.ndarray, now: np.ndarray, expected: Events) -> None:
    assert events(count_pairs(before, now)) == expected


def test_lives_by_hand() -> None:
    lives = Lives()
    for ids in ([1, 2], [1, 2], [1, 3], [1], [1, 3]):
        lives.add(np.array(ids))
    # 1 lives 5 frames, 2 lives 2 and dies, 3 is born and lives 3 with one frame out of sight
    assert lives.result() == {
        "life": 3,
        "life_lower": 2.5,
        "life_upper": 4.0,
        "births": 20.0,
        "deaths": 20.0,
    }


def test_drift_by_hand() -> None:
    drift = Drift()
    for angle in np.linspace(0, 1, 11):
        drift.add(
            np.array([1, 2], np.int32),
            np.array([[1, 0, 0], [0, np.cos(angle), np.sin(angle)]], np.float32),
        )
    figures = drift.result()
    assert figures["drift_1"] == pytest.approx((1 - np.cos(0.1)) / 2, abs=1e-6), (
        "island 1 stays, island 2 turns by .1"
    )
    assert figures["drift_10"] == pytest.approx((1 - np.cos(1)) / 2, abs=1e-6)
    assert figures["between"] == pytest.approx(0)


def recovery(*steps: float | None, visible: float = 0.9, hidden: float = 0.2) -> float | None:
    """Of steps of these agreements; None is a cut, and a negative agreement one that is measured in
    a small part of the picture only."""
    scorer = Recovery()
    for agreement in steps:
        scorer.add(
            agreement if agreement is None else abs(agreement),
            hidden if agreement is not None and agreement < 0 else visible,
        )
    return scorer.result().get("recovery")


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param((None, 0.9, 0.9, 0.9, 0.9), None, id="the first frame is no break"),
        pytest.param(
            (None, 0.9, 0.9, 0.9, None, 0.89, 0.9), 1.0, id="back at once, within tolerance"
        ),
        pytest.param(
            (None, 0.9, 0.9, 0.9, None, 0.5, 0.7, 0.9, 0.9), 3.0, id="back in the third frame"
        ),
        pytest.param((None, 0.9, 0.9, 0.9, None, 0.5, 0.6), 2.0, id="not back before the end"),
        pytest.param((None, 0.9, 0.9, 0.9, None, None, None, 0.9), 1.0, id="a burst is one break"),
        pytest.param(
            (None, 0.9, 0.9, 0.9, -0.9, -0.9, 0.5, 0.9), 2.0, id="most of the picture hidden"
        ),
        pytest.param(
            (None, 0.9, 0.9, 0.9, None, 0.9, 0.9, None, 0.5, 0.5, 0.9), 2.0, id="mean of two breaks"
        ),
        pytest.param((None, 0.9, None, 0.9), None, id="nothing usual yet"),
    ],
)
def test_recovery_by_hand(steps: tuple[float | None, ...], expected: float | None) -> None:
    assert recovery(*steps) == (None if expected is None else pytest.approx(expected))


# --- clips


def accuracy(truth: Iterable[np.ndarray], predicted: Iterable[np.ndarray]) -> dict[str, float]:
    scorer = Accuracy()
    for true, labels in zip(truth, predicted, strict=True):
        scorer.add(true, labels)
    return scorer.result()


def test_shuffled_ids_lose_the_video_and_keep_the_image() -> None:
    truth = blobs(3, frames=10)
    right, lost = (
        accuracy(truth, truth),
        accuracy(truth, [shuffled(labels, t) for t, labels in enumerate(truth)]),
    )
    assert right["fg_ari_video"] == right["fg_ari_kept"] == right["HOTA"] == right["J&F"] == 1.0
    assert lost["fg_ari_image"] == lost["mbo_image"] == lost["DetA"] == 1.0
    assert all(
        lost[name] < 0.6
        for name in ("fg_ari_video", "fg_ari_kept", "mbo_video", "AssA", "IDF1", "AQ", "J&F")
    )
    assert lost["IDSW"] > 10


def test_one_island_has_no_fg_ari() -> None:
    figures = accuracy(blobs(3), [np.ones((48, 64), np.int32)] * 6)
    assert figures["fg_ari_video"] == pytest.approx(0)
    assert figures["ari_video"] == pytest.approx(0)


def test_metrics_that_a_clip_does_not_define_are_left_out() -> None:
    one = [np.minimum(labels, 1) for labels in blobs(3)]
    assert not {"fg_ari_video", "fg_ari_image", "J&F"} & accuracy(one, one).keys()
    assert not {"J_best", "J_fg"} & accuracy(blobs(3), blobs(3)).keys()


def test_the_same_figures_for_the_same_values() -> None:
    assert estimate([0.1, 0.4, 0.7]) == estimate([0.1, 0.4, 0.7])
    interval = estimate(list(np.linspace(0, 1, 101)))
    assert interval.lower is not None
    assert interval.upper is not None
    assert 0.4 < interval.lower < interval.mean < interval.upper < 0.6
    assert estimate([0.3]).lower is None


def test_memory_does_not_follow_the_frames() -> None:
    def held(frames: int) -> int:
        scorer = ClipScorer("method", "clip")
        vectors = {"object": (np.array([1], np.int32), np.ones((1, 4), np.float32))}
        step = visible_step(shift(0, 0), *BOX.shape)
        for t in range(frames):
            labels = {"part": BOX, "object": BOX}
            scorer.add(labels, {}, step, seconds=t / 25, vectors=vectors)
        return size_of(scorer)

    assert held(1500) <= 1.1 * held(500)


def size_of(value: Any) -> int:
    """Arrays and containers that an object holds, counted in entries."""
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, dict):
        return sum(1 + size_of(item) for item in value.values())
    if isinstance(value, (list, tuple, set)) or hasattr(value, "maxlen"):
        return sum(1 + size_of(item) for item in value)
    if hasattr(value, "__dict__"):
        return size_of(vars(value))
    return 0

"""Metrics of tracks, and of parts in objects, against hand-counted cases and TrackEval."""

import numpy as np
import pytest
from labels import blobs, perturbed, row

from glom_video.evaluate import (
    KeypointTest,
    Nesting,
    TrackedFrame,
    count_overlaps,
    count_pairs,
    edges_f1,
    hota,
    id_switches,
    idf1,
    nm_covering,
    persistence,
    segments,
    tracked_frame,
)
from glom_video.structures import Joint

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


SEEN, OTHER = ([1], [5], [[1.0]]), ([1], [6], [[1.0]])
LOST: TrueIdsAndIou = ([1], [], [])
GONE: TrueIdsAndIou = ([], [], [])


@pytest.mark.parametrize(
    ("frames", "expected_hota", "expected_idf1", "expected_idsw"),
    [
        pytest.param(track(SEEN, SEEN, SEEN, SEEN), 1.0, 1.0, 0, id="right"),
        # DetA 1; each pair has 2 of 4+2-2 frames: AssA 1/2; HOTA root of it; IDTP 2 of 4
        pytest.param(track(SEEN, SEEN, OTHER, OTHER), 0.5**0.5, 0.5, 1, id="one switch"),
        pytest.param(track(SEEN, OTHER, SEEN, OTHER), 0.5**0.5, 0.5, 3, id="to and fro"),
        pytest.param(
            track(SEEN, LOST, OTHER, OTHER),
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
        pytest.param(track(LOST, ([], [5], [])), 0.0, 0.0, 0, id="never together"),
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
    assert hota(track(GONE)) is None
    assert idf1(track(GONE)) is None


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
        pytest.param(track(([1, 2], [5], [[1.0], [0.0]]), SEEN), 1.0, 0.5, None, id="two tracks"),
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

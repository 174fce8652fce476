"""DAVIS's J and F against hand-counted cases and the published definition."""

from collections.abc import Iterable

import cv2
import numpy as np
import pytest
from labels import blobs, boxes, perturbed, row

from glom_video.evaluate import Davis, DavisScore, boundary_f, count_overlaps, mask_j, segments


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


@pytest.mark.parametrize("place", [0, 3])
def test_an_object_of_a_frame_that_is_left_out_is_one_more(place: int) -> None:
    """Else J-best would be told of a clip of two objects, and J&F of none."""
    clip = [row(1, 1, 2, 2) if t == place else LEFT for t in range(4)]
    score = davis(clip, clip)
    assert score is not None
    assert (score.J, score.F, score.J_best) == (1, 1, None)


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

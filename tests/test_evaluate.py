"""Counted overlaps, Rand indices and best overlaps against hand-counted cases and scikit-learn."""

import numpy as np
import pytest
from labels import blobs, perturbed, row

from glom_video.evaluate import (
    ClipOverlaps,
    ari,
    association_quality,
    count_overlaps,
    count_pairs,
    fg_ari,
    mean_best_overlap,
    segments,
)

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

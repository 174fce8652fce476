"""Self-consistency against hand-counted cases, and what a clip's scorer makes of all metrics."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from labels import blobs, boxes, row

from glom_video.baselines import shuffled
from glom_video.evaluate import (
    Accuracy,
    ClipScorer,
    Drift,
    Lifetimes,
    Recovery,
    SelfConsistency,
    count_pairs,
    estimate,
    visible_step,
)
from glom_video.evaluate.events import Events, events
from glom_video.structures import Motion

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
    lives = Lifetimes()
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


def test_each_level_has_its_own_steps_and_frames_of_truth() -> None:
    """Parts of frames 0, 2 and 3, objects of all: no step leads from the parts of frame 0 to those
    of frame 2, and truth of every other object is not truth of every other part."""
    scorer, still = ClipScorer("method", "clip"), visible_step(shift(0, 0), 12, 16)
    stable = []
    for place, parts in enumerate([BOX, None, MOVED, MOVED]):
        labels = {"object": BOX} if parts is None else {"part": parts, "object": BOX}
        truth = {"part": BOX} if place in (0, 1) else {"object": BOX}
        figures = scorer.add(labels, truth, still if place else None)
        part = figures.get("part")
        stable.append(part.warp_agreement if part is not None else None)
    assert stable == [None, None, None, 1.0]
    frames = {score.level: (score.frames, score.true_frames) for score in scorer.result()}
    assert frames == {"part": (3, 1), "object": (4, 2)}


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

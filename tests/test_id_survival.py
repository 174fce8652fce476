"""Whether ids last, and which object is which where nobody knows: hand-counted cases."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glom_video.evaluate import (
    Accuracy,
    Correspondence,
    PairCounts,
    SelfConsistency,
    Survival,
    count_pairs,
    visible_step,
)
from glom_video.structures import Motion


def survival(*frames: dict[int, int | None], rate: float = 1.0) -> dict[str, float]:
    """Of frames that name the id of each object in view."""
    measured = Survival()
    for place, ids in enumerate(frames):
        measured.add(place / rate, ids)
    return measured.result()


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        pytest.param(
            [{1: 7}] * 3,
            {"survival_1": 1.0, "survival_2": 1.0, "switches_minute": 0.0},
            id="it stays",
        ),
        pytest.param(
            [{1: 7}, {1: 8}, {1: 8}],
            {"survival_1": 0.0, "survival_2": 0.0, "switches_minute": 30.0},
            id="one switch in two seconds of object time",
        ),
        pytest.param(
            [{1: 7}, {1: 8}, {1: 7}],
            {"survival_1": 0.0, "survival_2": 1.0, "switches_minute": 60.0},
            id="it comes back to its first id",
        ),
        pytest.param(
            [{1: 7, 2: 9}, {1: 7, 2: 9}, {1: 7}],
            {"survival_1": 1.0, "survival_2": 1.0, "switches_minute": 0.0},
            id="who is out of view is not asked",
        ),
        pytest.param(
            [{1: 7, 2: 9}, {1: 7, 2: None}],
            {"survival_1": 0.5, "switches_minute": 0.0},
            id="in view without an id",
        ),
        pytest.param(
            [{1: None}, {1: 7}, {1: 7}],
            {"survival_1": 1.0, "switches_minute": 0.0},
            id="the first id counts from when it is given",
        ),
        pytest.param([{1: 7}], {}, id="too short to tell"),
    ],
)
def test_survival_by_hand(frames: list[dict[int, int | None]], expected: dict[str, float]) -> None:
    assert survival(*frames) == expected


def test_survival_goes_by_seconds_whatever_the_rate() -> None:
    ids = [7] * 40 + [8] * 60
    frames: list[dict[int, int | None]] = [{1: number} for number in ids]
    assert survival(*frames, rate=10) == pytest.approx(
        {"survival_1": 1, "survival_2": 1, "survival_5": 0, "switches_minute": 60 / 9.9}
    )
    assert "survival_5" not in survival(*frames, rate=25)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.dictionaries(st.integers(1, 3), st.none() | st.integers(1, 3)), min_size=1, max_size=12
    ),
    st.permutations([4, 5, 6]),
)
def test_survival_does_not_ask_what_ids_are_called(
    frames: list[dict[int, int | None]], names: list[int]
) -> None:
    renamed = [
        {name: number and names[number - 1] for name, number in ids.items()} for ids in frames
    ]
    figures = survival(*frames)
    assert survival(*renamed) == figures
    assert all(0 <= figures[name] <= 1 for name in figures if name.startswith("survival"))
    one_id = survival(*[{name: number and 1 for name, number in ids.items()} for ids in frames])
    assert one_id.get("switches_minute", 0) == 0


# --- which object is which, where nobody knows


def box(left: int, number: int, width: int = 60) -> np.ndarray:
    """A label map with one square of side 8, its left edge at ``left``."""
    labels = np.zeros((20, width), np.int32)
    labels[6:14, left : left + 8] = number
    return labels


def followed(
    *frames: np.ndarray, vectors: list[dict[int, np.ndarray]] | None = None, rate: float = 1.0
) -> list[dict[int, int]]:
    """Id of each object, frame by frame; nothing moves by the flow."""
    correspondence = Correspondence()
    before: np.ndarray | None = None
    seen: list[dict[int, int]] = []
    for place, labels in enumerate(frames):
        ids = set(np.unique(labels).tolist()) - {0}
        pairs: PairCounts | None = None if before is None else count_pairs(before, labels)
        known = {} if vectors is None else vectors[place]
        seen.append(correspondence.add(labels, ids, pairs, place / rate, known))
        before = labels
    return seen


ALIKE, OTHER = np.array([1.0, 0.0]), np.array([0.0, 1.0])
NOTHING = box(0, 0)


@pytest.mark.parametrize(
    ("frames", "vectors", "expected"),
    [
        pytest.param([box(10, 3), box(12, 5)], None, [{1: 3}, {1: 5}], id="renamed in place"),
        pytest.param(
            [box(10, 3), NOTHING, box(14, 3)], None, [{1: 3}, {}, {1: 3}], id="back with its id"
        ),
        pytest.param(
            [box(10, 3), NOTHING, box(14, 5)],
            [{3: ALIKE}, {}, {5: ALIKE}],
            [{1: 3}, {}, {1: 5}],
            id="back under another id",
        ),
        pytest.param(
            [box(10, 3), NOTHING, box(14, 5)],
            [{3: ALIKE}, {}, {5: OTHER}],
            [{1: 3}, {}, {2: 5}],
            id="something else at its place",
        ),
        pytest.param(
            [box(2, 3), NOTHING, box(50, 5)],
            [{3: ALIKE}, {}, {5: ALIKE}],
            [{1: 3}, {}, {2: 5}],
            id="its like far away",
        ),
        pytest.param(
            [box(10, 3), box(30, 3)], None, [{1: 3}, {1: 3}], id="faster than the flow can tell"
        ),
    ],
)
def test_following_by_hand(
    frames: list[np.ndarray],
    vectors: list[dict[int, np.ndarray]] | None,
    expected: list[dict[int, int]],
) -> None:
    assert followed(*frames, vectors=vectors) == expected


def test_what_was_out_of_sight_for_long_is_another_object() -> None:
    frames = [box(10, 3), *[NOTHING] * 12, box(10, 3)]
    assert followed(*frames, rate=1)[-1] == {2: 3}
    assert followed(*frames, rate=2)[-1] == {1: 3}


def still(height: int, width: int) -> Motion:
    flow = np.zeros((height, width, 2), np.float32)
    return Motion(flow, flow, np.ones((height, width), np.float32), np.eye(3))


def test_a_clip_whose_ids_are_drawn_anew_survives_nothing() -> None:
    """The same square under one id, and under another one in each frame, at 10 frames a second."""
    figures = []
    for numbers in ([3] * 25, list(range(1, 26))):
        scorer = SelfConsistency()
        for place, number in enumerate(numbers):
            labels = box(10, number)
            motion = visible_step(still(20, 60), 20, 60)
            scorer.add(labels, np.unique(labels).astype(np.int64), motion, place / 10)
        figures.append(scorer.result())
    lasting, fleeting = figures
    assert (lasting["own_survival_1"], lasting["own_switches_minute"]) == (1.0, 0.0)
    assert (fleeting["own_survival_1"], fleeting["own_survival_2"]) == (0.0, 0.0)
    assert fleeting["own_switches_minute"] == pytest.approx(600)
    assert (lasting["stability"], fleeting["stability"]) == (1.0, 0.0)
    assert lasting["background_stability"] == fleeting["background_stability"] == 1.0


def test_with_truth_survival_goes_by_the_true_object() -> None:
    """Two true objects; one changes its id after 15 of 25 frames, 10 a second."""
    scorer = Accuracy()
    truth = box(4, 1) + box(40, 2)
    for place in range(25):
        predicted = box(4, 7) + box(40, 8 if place < 15 else 9)
        scorer.add(truth, predicted, place / 10)
    figures = scorer.result()
    assert (figures["survival_1"], figures["survival_2"]) == (1.0, 0.5)
    assert figures["switches_minute"] == pytest.approx(60 / (2 * 2.4))


def test_without_times_how_long_ids_last_is_not_measured() -> None:
    scorer = Accuracy()
    scorer.add(box(4, 1), box(4, 7))
    assert not {"survival_1", "switches_minute"} & scorer.result().keys()

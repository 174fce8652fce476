"""Stability, id survival and what is found of annotated objects: hand-counted cases, properties
that hold for any map, and that the live page and evaluate say the same of the same clip."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from clips import write_clip
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from percepts import percept_of, tracks_from_ids

from glom_video.evaluate import (
    Accuracy,
    Correspondence,
    FoundObjects,
    PairCounts,
    SelfConsistency,
    Stability,
    Survival,
    count_overlaps,
    count_pairs,
    segments,
    stability,
    visible_step,
)
from glom_video.perceive import PreparedFrame
from glom_video.read import Handover
from glom_video.structures import Motion, Percept
from glom_video_pipelines.evaluate import EvaluateOptions, Methods, run_evaluate
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.figures.tally import summary_line
from glom_video_pipelines.stream.loop import Live, run_loop
from glom_video_pipelines.stream.perceiving import LivePercept
from glom_video_pipelines.stream.recording import StreamRecorder


def row(*ids: int) -> np.ndarray:
    """A label map of one line of pixels."""
    return np.array([ids], np.int32)


def step(before: np.ndarray, now: np.ndarray) -> PairCounts:
    """The overlaps of one step in which nothing moves."""
    return count_pairs(before, now)


# --- stability


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        pytest.param(row(0, 0, 1, 1), row(0, 0, 1, 1), Stability(2, 2, 2, 2), id="nothing happens"),
        pytest.param(row(0, 0, 1, 1), row(0, 0, 2, 2), Stability(0, 2, 2, 2), id="another id"),
        pytest.param(row(0, 0, 1, 1), row(0, 1, 1, 1), Stability(2, 3, 1, 2), id="it grows"),
        pytest.param(row(0, 0, 1, 1), row(0, 0, 0, 0), Stability(0, 2, 2, 4), id="it goes"),
        pytest.param(row(0, 0, 0, 0), row(0, 0, 0, 0), Stability(0, 0, 4, 4), id="no object"),
        pytest.param(row(1, 1, 2, 2), row(1, 2, 2, 2), Stability(3, 4, 0, 0), id="no background"),
    ],
)
def test_stability_by_hand(before: np.ndarray, now: np.ndarray, expected: Stability) -> None:
    assert stability(step(before, now)) == expected


def test_background_is_not_mixed_in_however_much_there_is() -> None:
    small, large = (np.pad(row(1, 1, 2, 2), ((0, 0), (0, more))) for more in (1, 1000))
    changed_small, changed_large = (
        np.pad(row(1, 1, 2, 9), ((0, 0), (0, more))) for more in (1, 1000)
    )
    assert stability(step(small, changed_small)).share == 0.75
    assert stability(step(large, changed_large)).share == 0.75
    assert Stability().share is None
    assert Stability().background_share is None


maps = arrays(np.int32, (4, 6), elements=st.integers(0, 4))


@settings(deadline=None, max_examples=60)
@given(maps, maps, st.permutations([3, 5, 7, 11]))
def test_stability_does_not_ask_what_ids_are_called(
    before: np.ndarray, now: np.ndarray, names: list[int]
) -> None:
    called = np.array([0, *names], np.int32)
    measured = stability(step(before, now))
    assert stability(step(called[before], called[now])) == measured
    assert 0 <= measured.kept <= measured.objects
    assert 0 <= measured.background_kept <= measured.background
    assert stability(step(now, now)).share in (1.0, None)
    # Each pixel is an object or background all along, or it is counted on both sides as changed.
    changed = np.count_nonzero((before > 0) != (now > 0))
    assert measured.objects + measured.background == before.size + changed


# --- whether ids last


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
        pairs: PairCounts | None = None if before is None else step(before, labels)
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


# --- what is found of annotated objects


def found(*frames: tuple[np.ndarray, np.ndarray]) -> dict[str, float]:
    measured = FoundObjects()
    for truth, predicted in frames:
        measured.add(segments(count_overlaps(truth, predicted)))
    return measured.result()


ONE = row(1, 1, 1, 1, 0, 0)


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        pytest.param([(ONE, row(5, 5, 5, 5, 0, 0))], (0.0, 0.0), id="found"),
        pytest.param([(ONE, row(5, 5, 5, 5, 6, 6))], (1.0, 0.0), id="one that touches nothing"),
        pytest.param(
            [(ONE, row(5, 5, 5, 5, 6, 6)), (ONE, row(5, 5, 5, 6, 6, 6))],
            (0.0, 0.0),
            id="it touches once",
        ),
        pytest.param([(ONE, row(5, 5, 6, 6, 0, 0))], (0.0, 1.0), id="two ids at a time"),
        pytest.param(
            [(ONE, row(5, 5, 5, 5, 0, 0)), (ONE, row(6, 6, 6, 6, 0, 0))],
            (0.0, 1.0),
            id="one id after the other",
        ),
        pytest.param([(ONE, row(0, 0, 0, 0, 0, 0))], (0.0, 0.0), id="nothing"),
        pytest.param(
            [(row(1, 1, 2, 2, 0, 0), row(5, 6, 7, 7, 8, 0))], (1.0, None), id="two true objects"
        ),
    ],
)
def test_found_objects_by_hand(
    frames: list[tuple[np.ndarray, np.ndarray]], expected: tuple[float, float | None]
) -> None:
    figures = found(*frames)
    assert (figures["false_objects"], figures.get("only_split")) == expected


# --- one definition


def seeing(percepts: list[Percept]) -> Callable[[PreparedFrame], Percept]:
    """A model that sees a square which jumps now and then and changes its id; what it answered is
    kept in ``percepts``."""

    def see(prepared: PreparedFrame) -> Percept:
        frame, place = prepared.frame, prepared.frame.index
        objects = np.zeros((36, 64), np.int32)
        left = 10 + 6 * (place // 3)
        objects[8:24, left : left + 14] = 1 if place < 7 else 2
        percept = percept_of(
            frame.image,
            tracks_from_ids(objects, [1, 2]),
            tracks_from_ids(objects, [1, 2]),
            place,
        )
        percepts.append(replace(percept, frame=frame, motion=prepared.motion_since_frame))
        return percepts[-1]

    return see


def test_stream_and_evaluate_print_the_same_stability_of_a_clip(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ground = np.random.default_rng(0).integers(0, 256, (9, 16, 3), np.uint8)
    picture = ground.repeat(20, 0).repeat(20, 1)
    clip = write_clip(tmp_path / "clip.mp4", range(12), size=(180, 320), pictures=[picture] * 12)
    percepts: list[Percept] = []
    model = Methods(lambda: seeing(percepts))
    assert run_evaluate(EvaluateOptions((clip,), as_json=True), model) == 0
    evaluated = figures_of(capsys.readouterr().out)

    recorder = StreamRecorder(str(clip), tmp_path / "live" / "clip.mp4", ("davis",))
    (tmp_path / "live").mkdir()
    live = Live(str(clip), Controls(), recorder)
    results = Handover[LivePercept](threading.Event(), capacity=100, drops_oldest=False)
    for percept in percepts:
        results.put(LivePercept(percept, time.monotonic()))
    results.end()
    run_loop(live, results, threading.Event(), None, None, record=True)
    recorder.finish(live.stats())
    streamed = json.loads((tmp_path / "live" / "clip.stats.json").read_text())

    assert run_evaluate(EvaluateOptions((tmp_path / "live",), pictures=clip, as_json=True)) == 0
    recorded = figures_of(capsys.readouterr().out)
    assert 0.2 < evaluated["stability"] < 0.95
    for name in ("stability", "background_stability"):
        assert evaluated[name] == recorded[name]
        assert streamed[name] == streamed["last_minute"][name] == round(evaluated[name], 4)
    assert f"stability {evaluated['stability']:.3f}" in summary_line(streamed)


def figures_of(printed: str) -> dict[str, float]:
    """Means of the one method at the object level, as ``evaluate --json`` prints them."""
    methods = json.loads(printed)["levels"]["object"]["self-consistency"]
    (own,) = methods.values()
    return {name: figure["mean"] for name, figure in own.items()}

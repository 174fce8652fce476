"""Stability and what is found of annotated objects: hand-counted cases, properties
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
from labels import row
from percepts import percept_of, tracks_from_ids

from glom_video.evaluate import (
    FoundObjects,
    Stability,
    count_overlaps,
    count_pairs,
    segments,
    stability,
)
from glom_video.perceive import PreparedFrame
from glom_video.read import Handover
from glom_video.structures import Percept
from glom_video_pipelines.evaluate import EvaluateOptions, Methods, run_evaluate
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.figures.tally import summary_line
from glom_video_pipelines.stream.loop import Live, LoopTurn, run_loop
from glom_video_pipelines.stream.perceiving import LivePercept
from glom_video_pipelines.stream.recording import StreamRecorder

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
    assert stability(count_pairs(before, now)) == expected


def test_background_is_not_mixed_in_however_much_there_is() -> None:
    small, large = (np.pad(row(1, 1, 2, 2), ((0, 0), (0, more))) for more in (1, 1000))
    changed_small, changed_large = (
        np.pad(row(1, 1, 2, 9), ((0, 0), (0, more))) for more in (1, 1000)
    )
    assert stability(count_pairs(small, changed_small)).share == 0.75
    assert stability(count_pairs(large, changed_large)).share == 0.75
    assert Stability().share is None
    assert Stability().background_share is None


maps = arrays(np.int32, (4, 6), elements=st.integers(0, 4))


@settings(deadline=None, max_examples=60)
@given(maps, maps, st.permutations([3, 5, 7, 11]))
def test_stability_does_not_ask_what_ids_are_called(
    before: np.ndarray, now: np.ndarray, names: list[int]
) -> None:
    called = np.array([0, *names], np.int32)
    measured = stability(count_pairs(before, now))
    assert stability(count_pairs(called[before], called[now])) == measured
    assert 0 <= measured.kept <= measured.objects
    assert 0 <= measured.background_kept <= measured.background
    assert stability(count_pairs(now, now)).share in (1.0, None)
    # Each pixel is an object or background all along, or it is counted on both sides as changed.
    changed = np.count_nonzero((before > 0) != (now > 0))
    assert measured.objects + measured.background == before.size + changed


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
    run_loop(LoopTurn(live, None, None, record=True), results, threading.Event())
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

"""The thread of a live run that loads the model and perceives: what becomes of trouble."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from conftest import SMALL, Cli, MakeVideo, loaded
from percepts import noise

from glom_video.glom import Glom
from glom_video.motion import MotionSettings
from glom_video.perceive import ColumnOutput, Perceiver, PreparedFrame, Settings
from glom_video.read import LiveFrame, Policy
from glom_video.structures import Frame, InvalidInput
from glom_video_pipelines.stream import StreamOptions, run_stream
from glom_video_pipelines.stream import perceiving as perceiving_module
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.perceiving import (
    LivePercept,
    LiveSource,
    perceived,
    prepared_frames,
)


def test_errors_of_the_model_are_shown_and_no_thread_stays(
    make_video: MakeVideo, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Perceiver):
        def update_columns(self, prepared: PreparedFrame) -> ColumnOutput:
            if prepared.frame.index == 3:
                raise RuntimeError("out of memory")
            return super().update_columns(prepared)

    monkeypatch.setattr(sys.modules["glom_video.perceive"], "Perceiver", Broken)
    with pytest.raises(RuntimeError, match="out of memory"):
        run_stream(
            str(make_video("clip.mp4", frames=30)),
            StreamOptions(view="none", policy="every", weights=str(tiny_weights), settings=SMALL),
        )
    assert not [
        thread for thread in threading.enumerate() if thread.name.startswith(("grab", "perceive"))
    ]


def test_one_core_is_left_for_what_runs_beside_the_model(
    make_video: MakeVideo, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads of the model that wait for each other on two cores leave none to capture, draw
    and record: 20 frames/s became 28."""
    given: list[int] = []

    class Counting(Perceiver):
        def update_columns(self, prepared: PreparedFrame) -> ColumnOutput:
            given.append(torch.get_num_threads())
            return super().update_columns(prepared)

    monkeypatch.setattr(sys.modules["glom_video.perceive"], "Perceiver", Counting)
    torch.set_num_threads(64)
    try:
        run_stream(
            str(make_video("clip.mp4", frames=3)),
            StreamOptions(view="none", policy="every", weights=str(tiny_weights), settings=SMALL),
        )
        assert set(given) == {max(1, len(os.sched_getaffinity(0)) - 1)}
    finally:
        torch.set_num_threads(1)


def arriving_of(monkeypatch: pytest.MonkeyPatch, frames: Iterator[LiveFrame]) -> None:
    """A camera that gives these frames."""

    def captured(*_: object, **__: object) -> Iterator[LiveFrame]:
        yield from frames

    monkeypatch.setattr(perceiving_module, "read_live", captured)


def test_frames_are_shown_as_they_are_while_the_model_is_loaded(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that are parsed are counted and timed from the first of them."""
    model: Future[Glom] = Future()
    camera = iter(
        LiveFrame(Frame(noise(90, 160), index, index / 25), time.monotonic()) for index in range(6)
    )
    arriving_of(monkeypatch, camera)
    kinds, parsed = [], []
    with perceived(LiveSource("0", "latest", None), model, Controls(), SMALL) as results:
        while not results.is_exhausted:
            taken = results.take(1.0)
            kinds.append(type(taken).__name__)
            if len(kinds) == 2:  # one more is on its way
                model.set_result(Glom.from_pretrained(str(tiny_weights)))
            if isinstance(taken, LivePercept):
                frame = taken.percept.frame
                parsed.append((frame.index, round(frame.pts_seconds * 25)))
    assert kinds[:2] == ["LiveFrame", "LiveFrame"]
    assert 2 <= len(parsed) < 6
    assert parsed == [(index, index) for index in range(len(parsed))]


def test_frames_are_shown_before_torch_is_there() -> None:
    """Loading it takes a second."""
    script = """
import sys, numpy as np
from concurrent.futures import Future
sys.modules["torch"] = None  # whoever imports it fails
from glom_video.read import LiveFrame
from glom_video.structures import Frame
from glom_video_pipelines.stream import perceiving
from glom_video_pipelines.stream.controls import Controls
frame = LiveFrame(Frame(np.zeros((90, 160, 3), np.uint8), 0, 0.0), 0.0)
perceiving.read_live = lambda *given, **named: iter([frame])
perceiving.JOIN_SECONDS = 0.0
source = perceiving.LiveSource("0", "latest", None)
with perceiving.perceived(source, Future(), Controls()) as results:
    print(type(results.take(10.0)).__name__)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["LiveFrame"]


@pytest.mark.parametrize("policy", ["every", "latest"])
def test_a_file_begins_with_its_first_frame_when_the_model_is_there(
    make_video: MakeVideo, tiny_weights: Path, policy: Policy
) -> None:
    model: Future[Glom] = Future()
    source = LiveSource(str(make_video("clip.mp4", frames=5)), policy, None)
    with perceived(source, model, Controls(), SMALL) as results:
        assert results.take(0.2) is None
        model.set_result(Glom.from_pretrained(str(tiny_weights)))
        first = results.take(20.0)
    assert isinstance(first, LivePercept)
    assert first.percept.frame.index == 0


def test_weights_that_are_not_there_end_a_run_whose_camera_gives_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_over = threading.Event()

    def silent() -> Iterator[LiveFrame]:
        is_over.wait(20)
        yield from ()

    arriving_of(monkeypatch, silent())
    monkeypatch.setattr(perceiving_module, "JOIN_SECONDS", 0.1)
    options = StreamOptions(view="none", weights=str(tmp_path / "no.safetensors"))
    began = time.monotonic()
    try:
        with pytest.raises(InvalidInput, match="no weights at"):
            run_stream("0", options)
        assert time.monotonic() - began < 15
    finally:
        is_over.set()


def test_another_size_and_a_reset_begin_the_model_anew(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sizes scale down to the same working picture: only the frames' own size tells."""
    controls = Controls()

    def captured(*_: object, **__: object) -> Iterator[LiveFrame]:
        for index, (height, width) in enumerate(
            [(90, 160)] * 2 + [(900, 1600)] * 2 + [(900, 1600)]
        ):
            if index == 4:
                controls.request_reset()
            yield LiveFrame(
                Frame(np.full((height, width, 3), 90, np.uint8), index, index / 25),
                time.monotonic(),
            )

    monkeypatch.setattr(perceiving_module, "read_live", captured)
    reading = LiveSource("0", "every", None)
    glom = Glom.from_pretrained(str(tiny_weights))
    with perceived(reading, loaded(glom), controls, SMALL) as results:
        resets = []
        while not results.is_exhausted:
            if isinstance(seen := results.take(1.0), LivePercept):
                resets.append(seen.percept.reset)
    assert resets == ["begin", None, "begin", None, "begin"]
    notices = controls.take_notices()
    assert notices == [
        "the picture is now 1600x900: the model began anew",
        "reset: the model began anew",
    ]


def test_a_loop_is_told_once_and_every_jump(tiny_weights: Path) -> None:
    """A clip of a second would fill the list of notices within a minute."""
    controls = Controls()

    def arriving() -> Iterator[LiveFrame]:
        for index, (piece, rounds) in enumerate([(0, 0), (1, 1), (2, 2), (3, 3), (4, 3)]):
            frame = Frame(np.full((90, 160, 3), 90, np.uint8), index, index / 25)
            yield LiveFrame(frame, time.monotonic(), 1.25, piece, rounds)

    perceiver = Perceiver(Glom.from_pretrained(str(tiny_weights)), SMALL)
    prepared = prepared_frames(arriving(), perceiver, controls, "every")
    assert [frame.reset for frame, _ in prepared] == ["begin"] * 5
    assert controls.take_notices() == [
        "the file begins again, and the model begins anew in each round",
        "went to 1.2 s: the model began anew",
    ]


def test_frames_that_waited_are_shown_without_a_tick_unless_none_may_be_lost(
    tiny_weights: Path,
) -> None:
    """Of a picture that slides, so that every frame is a tick if there is time."""

    def arriving(age_seconds: float) -> Iterator[LiveFrame]:
        wide = cv2.resize(noise(9, 40), (640, 144), interpolation=cv2.INTER_CUBIC)
        for index in range(10):
            image = np.ascontiguousarray(wide[:, 3 * index : 3 * index + 192])
            yield LiveFrame(Frame(image, index, index / 30), time.monotonic() - age_seconds)

    def ticks(policy: Policy, age_seconds: float) -> list[bool]:
        settings = Settings(motion=MotionSettings(working_pixels=144 * 192))
        perceiver = Perceiver(Glom.from_pretrained(str(tiny_weights)), settings)
        frames = prepared_frames(arriving(age_seconds), perceiver, Controls(), policy)
        return [prepared.drift is None for prepared, _ in frames]

    assert all(ticks("latest", -1.0)), "however busy the machine is"
    assert all(ticks("every", 1.0))
    assert not any(ticks("latest", 1.0)[5:]), "all but a scene's first"


def test_a_signal_before_the_first_frame_ends_a_stream_at_once(
    glom_video: Cli, make_video: MakeVideo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine loading takes half a minute."""

    released = threading.Event()

    def load(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        released.wait(30)
        raise InvalidInput("stopped", "Load it again.")

    monkeypatch.setattr("glom_video_pipelines.stream.warmed_up", load)
    begun = time.monotonic()
    clip, record = make_video("clip.mp4", frames=3), tmp_path / "live.mp4"
    ran = glom_video("stream", clip, "--view", "none", "--record", record)
    assert time.monotonic() - begun < 20
    assert ran.code == 130
    assert "Traceback" not in ran.err
    released.set()
    for thread in threading.enumerate():
        if thread.name in ("load", "perceive"):
            thread.join(10)


def test_a_file_that_is_not_there_is_told_before_the_model_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glom_video_pipelines.stream.warmed_up", lambda *_: pytest.fail("loaded"))
    with pytest.raises(InvalidInput, match="there is no file"):
        run_stream(str(tmp_path / "gone.mp4"), StreamOptions(view="web"))


def test_options_that_do_not_fit_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--format needs a place"):
        run_stream("0", StreamOptions(view="none", formats=("csv",)))
    with pytest.raises(InvalidInput, match="not a name for a recording"):
        run_stream("0", StreamOptions(view="none", record=tmp_path / "a.avi"))

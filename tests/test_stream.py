"""A live run: what is recorded and kept, and what becomes of trouble."""

import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import Future
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
import torch
from conftest import SMALL, Cli, MakePercept, MakeVideo, decoded, loaded
from percepts import noise

from glom_video.formats import Mp4Writer
from glom_video.formats.video.mp4 import closes_in_place
from glom_video.glom import Glom
from glom_video.perceive import ColumnOutput, Perceiver, PreparedFrame
from glom_video.read import Handover, LiveFrame, Policy
from glom_video.structures import Frame, InvalidInput, Percept
from glom_video_pipelines.stream import StreamOptions, run_stream
from glom_video_pipelines.stream import perceiving as perceiving_module
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.loop import Live, run_loop
from glom_video_pipelines.stream.perceiving import (
    LivePercept,
    LiveSource,
    perceived,
    prepared_frames,
)
from glom_video_pipelines.stream.recording import StreamRecorder
from glom_video_pipelines.stream.trimming import MemoryTrimmer

# --- the loop


@pytest.fixture
def handover() -> Iterator[Handover[LivePercept]]:
    stop = threading.Event()
    yield Handover[LivePercept](stop, capacity=100, drops_oldest=False)
    stop.set()


def run(
    live: Live, results: Handover[LivePercept], percepts: list[Percept], record: bool = True
) -> None:
    for percept in percepts:
        results.put(LivePercept(percept, time.monotonic()))
    results.end()
    run_loop(live, results, threading.Event(), None, None, record=record)
    live.recorder.finish(live.stats())


def test_recording_has_every_frame_at_its_time_and_exports_beside_it(
    moment: MakePercept, handover: Handover[LivePercept], tmp_path: Path
) -> None:
    recorder = StreamRecorder("rtsp://ann:secret@camera/live", tmp_path / "a.mp4", ("csv", "davis"))
    live = Live("rtsp://***@camera/live", Controls(), recorder)
    run(live, handover, [moment(index) for index in (0, 1, 5, 6)])
    assert decoded(tmp_path / "a.mp4") == pytest.approx([0, 0.04, 0.2, 0.24], abs=1e-3)
    assert recorder.finished == [tmp_path / "a.mp4"]
    assert sorted(path.name for path in (tmp_path / "Annotations" / "object" / "a").iterdir()) == [
        f"{i:05d}.png" for i in (0, 1, 5, 6)
    ]
    # Two objects and two parts a frame.
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 1 + 4 * 4
    stats = json.loads((tmp_path / "a.stats.json").read_text())
    assert (stats["frames"], stats["dropped_frames"]) == (4, 3)
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"secret" not in path.read_bytes(), path
    assert not list(tmp_path.rglob("*.partial*"))


def test_a_picture_of_another_size_begins_another_recording(
    moment: MakePercept, handover: Handover[LivePercept], tmp_path: Path
) -> None:
    recorder = StreamRecorder("0", tmp_path / "a.mp4", ("davis",))
    run(
        Live("0", Controls(), recorder),
        handover,
        [moment(0), moment(1), moment(2, size=(120, 240)), moment(3, size=(120, 240))],
    )
    assert recorder.finished == [tmp_path / "a.mp4", tmp_path / "a_2.mp4"]
    assert [len(decoded(path)) for path in recorder.finished] == [2, 2]
    assert (tmp_path / "Annotations" / "part" / "a_2" / "00002.png").exists()


def test_a_recording_that_cannot_be_written_ends_a_run_without_viewers(
    moment: MakePercept, handover: Handover[LivePercept], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    live = Live("0", Controls(), StreamRecorder("0", tmp_path / "file" / "a.mp4", ()))
    run(live, handover, [moment(index) for index in range(4)])
    assert live.error is not None
    assert live.tally.frames == 1


def test_recording_is_begun_and_finished_while_running(
    moment: MakePercept,
    handover: Handover[LivePercept],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    live = Live("0", Controls(), StreamRecorder("0", None, ()))
    live.controls.request_recording(True)
    run(live, handover, [moment(0), moment(1)], record=False)
    (path,) = live.recorder.finished
    assert path.parent == Path()
    assert len(decoded(path)) == 2
    assert any("recording to" in notice for _, notice in live.notices)


def test_snapshot_holds_picture_masks_and_tree(
    moment: MakePercept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    live = Live("0", Controls(), StreamRecorder("0", None, ()))
    assert live.write_snapshot() == "there is no picture yet"
    live.newest = LivePercept(moment(12), time.monotonic())
    assert live.write_snapshot().startswith("snapshot: glom-000012.png")
    mask = cv2.imread("glom-000012-object.png", cv2.IMREAD_UNCHANGED)
    camera = cv2.imread("glom-000012-camera.png")
    assert mask is not None
    assert camera is not None
    assert mask.dtype == np.uint16
    assert set(np.unique(mask)) == {0, 3, 7}
    assert (camera[..., ::-1] == live.newest.percept.frame.image).all()
    assert [item["id"] for item in json.loads(Path("glom-000012.json").read_text())["objects"]] == [
        3,
        7,
    ]


def boxes_of(path: Path) -> list[bytes]:
    """Kinds of an mp4 file's outermost boxes."""
    data, at, kinds = path.read_bytes(), 0, []
    while at < len(data):
        kinds.append(data[at + 4 : at + 8])
        size = int.from_bytes(data[at : at + 4], "big")
        at += size if size > 1 else int.from_bytes(data[at + 8 : at + 16], "big")
    return kinds


@pytest.mark.skipif(
    not closes_in_place(), reason="before FFmpeg 7.1 a live recording stays in fragments"
)
def test_a_long_recording_is_finished_where_it_lies(tmp_path: Path) -> None:
    """Of a kill a playable part is left; closed, it is a plain file that has been on disk all
    along."""
    noise = np.random.default_rng(0).integers(0, 256, (20, 96, 128, 3), np.uint8)
    writer = Mp4Writer(
        tmp_path / "a.mp4",
        96,
        128,
        time_base=Fraction(1, 90_000),
        frame_rate=Fraction(30),
        start_seconds=0.0,
        is_live=True,
    )
    with writer:
        for index in range(200):
            writer.write(noise[index % 20], 5 + index / 30)
        shutil.copy(writer.partial_path, tmp_path / "killed.mp4")
        inode = writer.partial_path.stat().st_ino
    assert 60 <= len(decoded(tmp_path / "killed.mp4")) < 200
    assert b"moof" in boxes_of(tmp_path / "killed.mp4")
    assert decoded(tmp_path / "a.mp4") == pytest.approx(
        [index / 30 for index in range(200)], abs=1e-3
    )
    assert boxes_of(tmp_path / "a.mp4").count(b"moov") == 1
    assert b"moof" not in boxes_of(tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").stat().st_ino == inode
    assert not writer.partial_path.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc has malloc_trim")
def test_freed_memory_is_handed_back_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many small pieces between pieces that stay are nothing that glibc gives back of itself."""
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    trim = MemoryTrimmer()
    pieces = [bytearray(20_000) for _ in range(10_000)]
    kept = pieces[::100]
    del pieces
    before = psutil.Process().memory_info().rss
    assert not trim()
    now += 5.1
    assert trim()
    assert not trim()
    assert len(kept) == 100
    assert psutil.Process().memory_info().rss < before - 50e6


class Referring:
    """Refers to itself."""

    def __init__(self) -> None:
        self.itself = self


def test_old_objects_that_refer_to_themselves_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever does: a stream may last for weeks."""
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    trim = MemoryTrimmer()
    frame = Referring()
    known = weakref.ref(frame)
    gc.collect()  # it is old now
    del frame
    gc.collect(1)
    assert known() is not None
    now += 5.1
    trim()
    assert known() is None


# --- the perceiving thread


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
    prepared = prepared_frames(arriving(), perceiver, controls)
    assert [frame.reset for frame, _ in prepared] == ["begin"] * 5
    assert controls.take_notices() == [
        "the file begins again, and the model begins anew in each round",
        "went to 1.2 s: the model began anew",
    ]


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

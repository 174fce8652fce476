"""A live run: what is counted, recorded and kept, what the keys do, and what becomes of trouble."""

import gc
import json
import os
import shutil
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
import torch
from conftest import SMALL, MakeVideo, decoded
from percepts import noise, percept_of, tracks_of

from glom_video.formats import Mp4Writer
from glom_video.formats.video.mp4 import closes_in_place
from glom_video.glom import Glom
from glom_video.perceive import ColumnOutput, Perceiver, PreparedFrame
from glom_video.read import Handover, LiveFrame
from glom_video.render import DrawSettings
from glom_video.structures import Frame, InvalidInput, Motion, Percept
from glom_video_pipelines.stream import StreamOptions, run_stream
from glom_video_pipelines.stream import perceiving as perceiving_module
from glom_video_pipelines.stream.controls import Controls, changed
from glom_video_pipelines.stream.figures.stability import LiveStability
from glom_video_pipelines.stream.figures.tally import LiveTally, summary_line
from glom_video_pipelines.stream.loop import Live, run_loop
from glom_video_pipelines.stream.objects.tree import tree_of
from glom_video_pipelines.stream.perceiving import LivePercept, LiveSource, perceived
from glom_video_pipelines.stream.recording import StreamRecorder
from glom_video_pipelines.stream.trimming import MemoryTrimmer
from glom_video_pipelines.stream.views.opening import available_view
from glom_video_pipelines.stream.views.window import Window

Make = Callable[..., Percept]


@pytest.fixture
def moment() -> Make:
    """``moment(index, left=20, size=(120, 200))``: noise with object 3, of parts 1 and 2, at
    ``left``, and object 7 without parts."""

    def make(index: int, left: int = 20, size: tuple[int, int] = (120, 200)) -> Percept:
        objects = tracks_of({3: (left, 20, left + 60, 100), 7: (150, 20, 180, 60)}, *size)
        parts = tracks_of(
            {1: (left, 20, left + 60, 60), 2: (left, 60, left + 60, 100)}, *size, {1: 3, 2: 3}
        )
        height, width = size[0] // 2, size[1] // 2
        still = np.zeros((height, width, 2), np.float32)
        motion = Motion(
            flow=still,
            residual=still,
            validity=np.ones((height, width), np.float32),
            camera=np.eye(3),
        )
        return replace(percept_of(noise(*size), objects, parts, index), motion=motion)

    return make


# --- counting


def test_tally_counts_gaps_as_dropped_and_latency_from_capture(moment: Make) -> None:
    tally = LiveTally()
    for index in (4, 5, 9, 10):
        tally.add(LivePercept(moment(index), time.monotonic() - 10.0))
    results = tally.results()
    assert (results["frames"], results["dropped_frames"], results["dropped_share"]) == (
        4,
        3,
        round(3 / 7, 4),
    )
    assert results["latency_p50_ms"] == pytest.approx(10_000, rel=0.2)
    assert tally.recent()["dropped_share"] == round(3 / 7, 4)
    assert "4 frames" in summary_line(results)
    assert "3 dropped (43%)" in summary_line(results)


def test_tree_holds_objects_with_their_own_parts(moment: Make) -> None:
    first, second = tree_of(moment(0))
    assert (first["id"], [part["id"] for part in first["parts"]]) == (3, [1, 2])
    assert (second["id"], second["parts"]) == (7, [])
    assert [first["name"], *(part["name"] for part in first["parts"])] == ["3", "1", "2"]
    assert first["share"] == pytest.approx(60 * 80 / (120 * 200), abs=1e-3)


def test_objects_that_are_seen_as_one_keep_their_parts_in_the_tree(moment: Make) -> None:
    percept = moment(0)
    objects, parts = percept.tracks["object"], percept.tracks["part"]
    told = replace(objects, names=("3+9", "7"))
    passed = replace(parts, parent_ids=np.array([3, 9], np.int32), names=("3.1", "9.1"))
    first, _ = tree_of(replace(percept, tracks={"object": told, "part": passed}))
    assert [first["name"], *(part["name"] for part in first["parts"])] == ["3+9", "3.1", "9.1"]


def test_stability_is_the_share_of_object_pixels_that_keep_their_id(
    moment: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 7.5)  # all of it within one second
    measure = LiveStability()
    measure.add(moment(0))
    assert measure.run.share is None
    measure.add(moment(1))
    assert measure.run.share == 1.0
    before = measure.run
    # Nothing moves by the flow, but object 3 is now 30 to the right: 30 columns lost, 30 new, 30
    # kept, and the 30x40 of object 7.
    # Every other pixel is asked.
    measure.add(moment(2, left=50))
    assert (measure.run.kept - before.kept) / (measure.run.objects - before.objects) == (
        pytest.approx((30 * 80 + 30 * 40) / (90 * 80 + 30 * 40), abs=0.04)
    )
    assert measure.last_minute() == measure.run
    assert measure.seconds()[-1] == pytest.approx(measure.run.share, abs=1e-3)


# --- keys and controls


@pytest.mark.parametrize(
    "options",
    [
        None,
        [],
        "both",
        {"level": "scene"},
        {"opacity": 2},
        {"opacity": "1"},
        {"opacity": True},
        {"with_ids": 1},
        {"x": 1},
    ],
)
def test_invalid_display_options_are_refused(options: object) -> None:
    with pytest.raises(ValueError, match=r"level|opacity|with_ids"):
        changed(DrawSettings(), options)


def test_recording_asked_for_twice_is_no_recording() -> None:
    controls = Controls()
    controls.request_recording()
    controls.request_recording()
    assert controls.take_recording(False) is False
    controls.request_recording(True)
    assert controls.take_recording(True) is True


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is pressed next, one a call."""
    pressed: list[str] = []
    monkeypatch.setattr(cv2, "imshow", lambda title, picture: None)
    monkeypatch.setattr(cv2, "waitKey", lambda wait: ord(pressed.pop(0)) if pressed else -1)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda title, name: 1.0)
    return pressed


def test_keys_of_the_window(keys: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    controls, kept, shown = Controls(), list[str](), list[np.ndarray]()
    monkeypatch.setattr(cv2, "imshow", lambda title, picture: shown.append(picture))

    def keep() -> str:
        kept.append("snapshot")
        return "kept"

    view = Window("test", controls, keep, notice_seconds=0.0)
    first, second = noise(90, 160, 1), noise(90, 160, 2)

    def press(key: str, picture: np.ndarray = first) -> bool:
        keys.append(key)
        return view.show(picture, False)

    assert press("l")
    assert controls.display.level == "object"
    assert press("o")
    assert controls.display.opacity == 0.8
    assert press("i")
    assert not controls.display.with_ids
    assert press("x")
    assert controls.take_reset()
    assert press("r")
    assert controls.take_recording(False)
    assert press("s")
    assert kept == ["snapshot"]
    assert press("h")
    view.show(first, False)
    assert (shown[-1][:20] < first[:20, :, ::-1].astype(int) + 1).mean() > 0.5, (
        "help darkens the picture above"
    )
    assert press("h")
    assert press(" ")
    view.show(second, False)
    assert (shown[-1][60:] == first[60:, :, ::-1]).all(), "held"
    assert press(" ")
    view.show(second, False)
    assert (shown[-1] == second[..., ::-1]).all()
    assert not press("q")


def test_a_window_that_was_closed_ends_the_run(
    keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, "getWindowProperty", lambda title, name: 0.0)
    view = Window("test", Controls(), lambda: "")
    assert view.show(None, False), "nothing was shown yet, so nothing was closed"
    assert not view.show(noise(9, 16), False)


def test_without_a_display_the_page_takes_its_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert available_view(None) == "web"
    assert capsys.readouterr().err == "no window can be opened here: continuing with --view web\n"
    with pytest.raises(InvalidInput, match="no display"):
        available_view("window")


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
    moment: Make, handover: Handover[LivePercept], tmp_path: Path
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
    moment: Make, handover: Handover[LivePercept], tmp_path: Path
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
    moment: Make, handover: Handover[LivePercept], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    live = Live("0", Controls(), StreamRecorder("0", tmp_path / "file" / "a.mp4", ()))
    run(live, handover, [moment(index) for index in range(4)])
    assert live.error is not None
    assert live.tally.frames == 1


def test_recording_is_begun_and_finished_while_running(
    moment: Make, handover: Handover[LivePercept], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    moment: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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

    monkeypatch.setattr(perceiving_module, "Perceiver", Broken)
    with pytest.raises(RuntimeError, match="out of memory"):
        run_stream(
            str(make_video("clip.mp4", frames=30)),
            StreamOptions(view="none", policy="every", weights=str(tiny_weights), settings=SMALL),
        )
    assert not [
        thread for thread in threading.enumerate() if thread.name.startswith(("grab", "perceive"))
    ]


def test_one_core_is_left_for_what_runs_beside_the_model(
    make_video: MakeVideo, tiny_weights: Path
) -> None:
    """Two threads of the model that wait for each other on two cores leave none to capture, draw
    and record: 20 frames/s became 28."""
    torch.set_num_threads(64)
    try:
        run_stream(
            str(make_video("clip.mp4", frames=3)),
            StreamOptions(view="none", policy="every", weights=str(tiny_weights), settings=SMALL),
        )
        assert torch.get_num_threads() == max(1, len(os.sched_getaffinity(0)) - 1)
    finally:
        torch.set_num_threads(1)


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
    with perceived(reading, glom, controls, SMALL) as results:
        resets = []
        while not results.is_exhausted:
            if (seen := results.take(1.0)) is not None:
                resets.append(seen.percept.reset)
    assert resets == ["begin", None, "begin", None, "begin"]
    notices = controls.take_notices()
    assert notices == [
        "the picture is now 1600x900: the model began anew",
        "reset: the model began anew",
    ]


def test_options_that_do_not_fit_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--format needs a place"):
        run_stream("0", StreamOptions(view="none", formats=("csv",)))
    with pytest.raises(InvalidInput, match="not a name for a recording"):
        run_stream("0", StreamOptions(view="none", record=tmp_path / "a.avi"))

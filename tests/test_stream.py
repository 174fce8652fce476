"""A live run: what is recorded and kept, and that its memory does not grow."""

import gc
import json
import re
import shutil
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import pytest
from clips import boxes_of
from conftest import MakePercept, decoded

from glom_video.formats import Mp4Writer
from glom_video.formats.video.mp4 import closes_in_place
from glom_video.read import Handover
from glom_video.structures import InvalidInput, Percept
from glom_video_pipelines.stream import recording
from glom_video_pipelines.stream.controls import Controls
from glom_video_pipelines.stream.figures.tally import LiveTally
from glom_video_pipelines.stream.loop import Live, LoopTurn, run_loop
from glom_video_pipelines.stream.perceiving import (
    LivePercept,
)
from glom_video_pipelines.stream.recording import StreamRecorder
from glom_video_pipelines.stream.trimming import MemoryTrimmer


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
    run_loop(LoopTurn(live, None, None, record=record), results, threading.Event())
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
    figures = [json.loads((tmp_path / f"{name}.stats.json").read_text()) for name in ("a", "a_2")]
    assert [each["frames"] for each in figures] == [2, 4], "of the run, when each was finished"


def refused(path: Path, stats: dict[str, Any]) -> None:
    raise InvalidInput(f"{path} cannot be written", "Check its permissions.")


def test_a_recording_whose_figures_cannot_be_written_is_finished_and_told(
    moment: MakePercept,
    handover: Handover[LivePercept],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recording, "write_stats", refused)
    live = Live("0", Controls(), StreamRecorder("0", tmp_path / "a.mp4", ()))
    with pytest.raises(InvalidInput, match=r"a\.stats\.json cannot be written"):
        run(live, handover, [moment(index) for index in range(4)])
    assert live.error is not None
    assert "a.stats.json cannot be written" in live.error.cause
    assert decoded(tmp_path / "a.mp4") == pytest.approx([0])


def test_a_recording_is_as_long_as_its_video(moment: MakePercept, tmp_path: Path) -> None:
    """It was said to be as long as it was under way, also while a file was paused."""
    recorder = StreamRecorder("0", tmp_path / "a.mp4", ())
    assert recorder.seconds == 0
    for index in (50, 51, 125):
        recorder.write(moment(index), np.zeros((48, 64, 3), np.uint8), {})
    assert recorder.seconds == pytest.approx(75 * 0.04)
    recorder.finish()
    assert recorder.seconds == 0


def test_two_runs_do_not_record_into_one_file(moment: MakePercept, tmp_path: Path) -> None:
    """Both would write to the same unfinished file, and neither could be played."""
    pytest.importorskip("fcntl")
    first, second = (StreamRecorder("0", tmp_path / "a.mp4", ("csv",)) for _ in range(2))
    percept, picture = moment(0), np.zeros((48, 64, 3), np.uint8)
    first.write(percept, picture, {})
    with pytest.raises(InvalidInput, match=r"another run writes to .*a\.mp4"):
        second.check()
    second.write(percept, picture, {})
    first.finish()
    second.finish()
    assert (first.finished, second.finished) == ([tmp_path / "a.mp4"], [tmp_path / "a_2.mp4"])
    assert [len(decoded(tmp_path / name)) for name in ("a.mp4", "a_2.mp4")] == [1, 1]


@pytest.mark.parametrize("left", ["a.partial.mp4", "a.partial.csv"])
def test_what_a_killed_run_has_recorded_is_not_replaced(
    moment: MakePercept, tmp_path: Path, left: str
) -> None:
    """It can be played up to its last second, and no camera shows that again."""
    (tmp_path / left).write_text("recorded")
    recorder = StreamRecorder("0", tmp_path / "a.mp4", ("csv",))
    recorder.check()
    recorder.write(moment(0), np.zeros((48, 64, 3), np.uint8), {})
    recorder.finish()
    assert recorder.finished == [tmp_path / "a_2.mp4"]
    assert (tmp_path / left).read_text() == "recorded"


@pytest.mark.parametrize("name", ["a.stats.json", "Parents/a.json"])
def test_what_lies_beside_an_earlier_recording_is_not_replaced(
    moment: MakePercept, tmp_path: Path, name: str
) -> None:
    """It was, where the video itself was moved or deleted."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    recorder = StreamRecorder("0", tmp_path / "a.mp4", ("davis",))
    with pytest.raises(InvalidInput, match=f"{re.escape(name)} exists already"):
        recorder.check()
    recorder.write(moment(0), np.zeros((48, 64, 3), np.uint8), {})
    recorder.finish({})
    assert recorder.finished == [tmp_path / "a_2.mp4"]
    assert (tmp_path / name).read_text() == "mine"


def test_figures_of_a_killed_run_stay_beside_its_files(moment: MakePercept, tmp_path: Path) -> None:
    for left in ("a.partial.mp4", "a.stats.json"):
        (tmp_path / left).write_text("recorded")
    recorder = StreamRecorder("0", tmp_path / "a.mp4", ())
    recorder.check()
    recorder.write(moment(0), np.zeros((48, 64, 3), np.uint8), {})
    recorder.finish({})
    assert recorder.finished == [tmp_path / "a_2.mp4"]
    assert (tmp_path / "a.stats.json").read_text() == "recorded"


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
    before = Path("glom-000012.json").read_bytes()
    again = live.write_snapshot()
    assert again.startswith("snapshot: glom-000012_2.png, glom-000012_2-camera.png"), "none is lost"
    assert live.write_snapshot().startswith("snapshot: glom-000012_3.png")
    assert Path("glom-000012.json").read_bytes() == before
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
        is_cut_at_start=True,
        is_live=True,
    )
    with writer:
        for index in range(200):
            writer.write(noise[index % 20], 5 + index / 30)
        shutil.copy(writer.partial_path, tmp_path / "killed.mp4")
        inode = writer.partial_path.stat().st_ino
    assert 60 <= len(decoded(tmp_path / "killed.mp4")) < 200
    assert "moof" in boxes_of(tmp_path / "killed.mp4")
    assert decoded(tmp_path / "a.mp4") == pytest.approx(
        [index / 30 for index in range(200)], abs=1e-3
    )
    assert boxes_of(tmp_path / "a.mp4").count("moov") == 1
    assert "moof" not in boxes_of(tmp_path / "a.mp4")
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


def test_figures_of_the_last_minute_are_of_no_earlier_one(
    moment: MakePercept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While no frame came, those of the minute before the outage stayed."""
    now = 50.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    tally = LiveTally()
    for index in (0, 2):
        tally.add(LivePercept(moment(index), now - 0.2))
        now += 30
    one = tally.recent()
    assert (one["latency_p50_ms"], one["dropped_share"]) == (200, 0.3333)
    now += 31
    assert (tally.recent()["latency_p95_ms"], tally.recent()["dropped_share"]) == (None, 0)


def test_the_wait_at_the_end_of_a_file_makes_no_run_slower(
    moment: MakePercept, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 50.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    tally = LiveTally()
    assert tally.results()["fps"] == 0
    for index in range(10):
        now += 0.1
        tally.add(LivePercept(moment(index), now))
    now += 600
    assert tally.results()["fps"] == pytest.approx(10)
    assert tally.results()["seconds"] == pytest.approx(601)

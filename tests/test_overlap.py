"""Stages in threads: the same items in the same order, errors where they belong, and nothing left
behind."""

import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Generator
from pathlib import Path

import numpy as np
import pytest
from conftest import SMALL, MakeVideo, decoded
from waiting import wait_for

from glom_video_pipelines.annotate.jobs import plan
from glom_video_pipelines.annotate.options import AnnotateOptions
from glom_video_pipelines.annotate.outcome import annotate_source
from glom_video_pipelines.annotate.tally import Tally
from glom_video_pipelines.model import load_glom
from glom_video_pipelines.overlap import ahead, each


def counted(
    upto: int, closed: list[str], error: Exception | None = None
) -> Generator[int, None, None]:
    try:
        yield from range(upto)
        if error is not None:
            raise error
    finally:
        closed.append(threading.current_thread().name)


def living(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]


def test_items_come_in_order_from_a_thread_of_their_own() -> None:
    closed: list[str] = []
    made = ahead(
        each(lambda item: (item * item, threading.current_thread().name), counted(50, closed)),
        3,
        "squares",
    )
    assert list(made) == [(item * item, "squares") for item in range(50)]
    assert closed == ["squares"]
    assert not living("squares")


class Large:
    """Something that one wants to be rid of."""


def test_stages_keep_nothing_that_was_taken() -> None:
    """Or every stage would hold one more frame, with all that was made of it."""
    made: list[weakref.ref[Large]] = []
    is_taken, kept = threading.Event(), list[bool]()

    def fresh() -> Large:
        large = Large()
        made.append(weakref.ref(large))
        return large

    def things() -> Generator[Large, None, None]:
        yield fresh()
        is_taken.wait(20)
        kept.append(made[0]() is not None)
        yield fresh()

    through = each(lambda item: item, ahead(each(lambda item: item, things()), 2, "large"))
    next(through)
    is_taken.set()
    assert isinstance(next(through), Large)
    assert kept == [False]
    through.close()


def test_a_stage_runs_ahead_by_its_depth_and_no_further() -> None:
    begun: list[int] = []

    def noted(item: int) -> int:
        begun.append(item)
        return item

    made = ahead(each(noted, counted(100, [])), 2, "eager")
    assert next(made) == 0
    wait_for(lambda: len(begun) >= 4)
    time.sleep(0.05)
    assert begun == [0, 1, 2, 3], "one is taken, two wait, and one has been made that finds no room"
    made.close()


def test_an_error_comes_after_the_items_before_it() -> None:
    closed: list[str] = []
    made = ahead(ahead(counted(5, closed, ValueError("broke off")), 2, "first"), 2, "second")
    seen: list[int] = []
    with pytest.raises(ValueError, match="broke off"):
        seen.extend(made)
    assert seen == [0, 1, 2, 3, 4]
    assert closed == ["first"]
    assert not living("first") + living("second")


def test_closing_the_last_stage_ends_all_of_them() -> None:
    closed: list[str] = []
    made = ahead(ahead(counted(10**9, closed), 2, "first"), 2, "second")
    assert next(made) == 0
    made.close()
    assert closed == ["first"]
    assert not living("first") + living("second")


def test_an_error_in_the_middle_stage_closes_the_source() -> None:
    def failing(item: int) -> int:
        if item == 3:
            raise RuntimeError("no")
        return item

    closed: list[str] = []
    made = ahead(each(failing, ahead(counted(10**9, closed), 2, "first")), 2, "second")
    with pytest.raises(RuntimeError, match="no"):
        list(made)
    assert closed == ["first"]
    assert not living("first") + living("second")


def test_two_stages_work_at_the_same_time() -> None:
    """The first, on an item, waits for the second, on the one before: in turn they never meet."""
    meeting = threading.Barrier(2, timeout=30)

    def first(item: int) -> int:
        if item > 0:
            meeting.wait()
        return item

    def second(item: int) -> int:
        if item < 19:
            meeting.wait()
        return item

    assert list(each(second, ahead(each(first, counted(20, [])), 2, "first"))) == list(range(20))


def test_arrays_pass_through_untouched() -> None:
    arrays = [np.full((2, 2), index) for index in range(3)]
    assert all(
        a is b
        for a, b in zip(
            ahead(each(arrays.__getitem__, counted(3, [])), 2, "arrays"), arrays, strict=True
        )
    )


class Silent:
    """A display for nobody; ``stop_after`` frames it sets the stop event."""

    def __init__(self, stop: threading.Event, stop_after: int | None = None) -> None:
        self._stop, self._stop_after = stop, stop_after

    def begin(self, name: str, frames_expected: int | None) -> None: ...

    def advance(self, tally: Tally) -> None:
        if tally.frames == self._stop_after:
            self._stop.set()

    def heartbeat(self) -> None: ...

    def close(self) -> None: ...


def annotated(
    source: Path,
    weights: Path,
    out: Path,
    stop_after: int | None = None,
    threads: int | None = None,
) -> dict[str, object]:
    options = AnnotateOptions(
        settings=SMALL,
        formats=("mp4", "davis"),
        weights=str(weights),
        threads=threads,
    )
    [job] = plan([str(source)], out, options, overwrite=False)
    stop = threading.Event()
    return annotate_source(
        job, options, load_glom(str(weights), "cpu"), stop, Silent(stop, stop_after), debug=False
    )


def test_stages_side_by_side_change_no_byte(
    make_video: MakeVideo, tiny_weights: Path, tmp_path: Path
) -> None:
    source, written = make_video("clip.mp4", frames=12), []
    for name, threads in (("side by side", 2), ("in turn", 1)):
        line = annotated(source, tiny_weights, tmp_path / name, threads=threads)
        assert line["status"] == "done"
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        written.append({path.relative_to(tmp_path / name): path.read_bytes() for path in files})
    assert sum(path.suffix == ".png" for path in written[0]) == 2 * 12
    assert Path("clip.mp4") in written[0]
    assert written[0] == written[1]
    assert not living("prepare") + living("update columns")


def test_a_stopped_clip_leaves_a_playable_part_and_no_thread(
    make_video: MakeVideo, tiny_weights: Path, tmp_path: Path
) -> None:
    line = annotated(
        make_video("clip.mp4", frames=60), tiny_weights, tmp_path / "out", stop_after=3
    )
    assert line["status"] == "partial"
    assert "interrupted" in str(line["reason"])
    frames = len(decoded(tmp_path / "out" / "clip.partial.mp4"))
    assert frames == line["frames"]
    assert 3 <= frames < 20
    assert not living("prepare") + living("update columns")


def test_a_bug_in_drawing_leaves_no_thread_and_no_open_file(
    make_video: MakeVideo, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise ZeroDivisionError("no brush")

    monkeypatch.setattr("glom_video_pipelines.annotate.clip.render", failing)
    source = make_video("clip.mp4", frames=60)
    line = annotated(source, tiny_weights, tmp_path / "out")
    assert "no brush" in str(line["reason"])
    assert not living("prepare") + living("update columns")
    if (opened := Path("/proc/self/fd")).is_dir():
        assert str(source) not in [
            os.readlink(entry) for entry in opened.iterdir() if entry.is_symlink()
        ]


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs a second core to waste")
def test_no_core_is_spent_on_waiting_threads_of_numpy() -> None:
    """After the command line has begun, products of the size that tracking makes cost their own
    thread's time and no other's."""
    script = """
import sys, time
sys.argv = ["glom-video", "--version"]
from glom_video_pipelines.cli import main
try: main()
except SystemExit: pass
import numpy as np
a = np.ones((40, 9216), np.float32)
def work():
    for _ in range(200): a @ a.T
work()
began = time.process_time(), time.thread_time()
work()
print((time.process_time() - began[0]) / (time.thread_time() - began[1]))
"""
    environment = {
        name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")
    }
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        cwd=Path(__file__).parents[1],
    )
    assert float(ran.stdout.splitlines()[-1]) < 1.2

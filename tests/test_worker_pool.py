"""Workers that crash, hang or cannot begin: every job comes to a line, and the batch goes on. No
model is involved."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest
from waiting import is_alive, wait_for

from glom_video.formats import Outputs
from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate.jobs import Job
from glom_video_pipelines.annotate.outcome import manifest_line
from glom_video_pipelines.annotate.progress import PlainLines
from glom_video_pipelines.annotate.reports import Begun, Closing, Snapshot
from glom_video_pipelines.annotate.tally import Tally
from glom_video_pipelines.annotate.worker import ProcessWorker, Tell, Work
from glom_video_pipelines.annotate.worker_pool import WorkerPool


def job(name: str, folder: Path) -> Job:
    return Job(folder / f"{name}.in", Outputs(folder, name, ("mp4",)), "key", "config", "weights")


def misbehaving() -> Work:
    return _work


def _work(job: Job, tell: Tell, stop: threading.Event) -> dict[str, Any]:
    """Does what the job's name says."""
    tell(Begun(100))
    kind = job.name.rstrip("0123456789")
    if kind == "crash":
        tell(Snapshot(7, 0, 1.0, 1.0, 0, 0))
        os.kill(os.getpid(), signal.SIGSEGV)
    elif kind == "crash_once" and not (marker := job.outputs.folder / f"{job.name}.seen").exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    elif kind == "sleep":
        time.sleep(1000)
    elif kind == "spin":  # the interpreter's lock is never given back
        re.match(r"(a+)+$", "a" * 64 + "b")
    elif kind == "slow_to_close":
        for frame in range(16):
            tell(Snapshot(frame, 0, 1.0, 1.0, 0, 0))
            time.sleep(0.25)
        tell(Closing())
        time.sleep(2.5)
    elif kind == "together":
        (job.outputs.folder / job.name).touch()
        wait_for(lambda: len(list(job.outputs.folder.glob("together*"))) >= 3)
    elif kind == "until_stopped":
        (job.outputs.folder / "begun").touch()
        stop.wait(30)
        return manifest_line(job, "partial", "interrupted", "again", (), Tally(frames=1).results())
    return manifest_line(job, "done", "", "", (), Tally(frames=3).results())


def without_weights() -> Work:
    raise InvalidInput("there are no weights", "Give some.")


def without_library() -> Work:
    raise ImportError("libnothing.so.1: cannot open shared object file")


def dead_on_arrival() -> Work:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def lines(
    names: list[str],
    folder: Path,
    *,
    make_work: Callable[[], Work] = misbehaving,
    workers: int = 1,
    patience: float = 60.0,
) -> dict[str, Any]:
    jobs = [job(name, folder) for name in names]
    with WorkerPool(
        lambda: ProcessWorker(make_work),
        workers,
        PlainLines(len(jobs)),
        hang_seconds=patience,
        debug=False,
    ) as pool:
        return {line["name"]: line for line in pool.lines(jobs, threading.Event())}


def test_a_crash_costs_one_file_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "crash2.partial.mp4").touch()
    found = lines(["good1", "crash1", "good2", "crash2", "good3"], tmp_path)
    assert {name: line["status"] for name, line in found.items()} == {
        "good1": "done",
        "crash1": "failed",
        "good2": "done",
        "crash2": "partial",
        "good3": "done",
    }
    assert (
        "cost 2 workers: the worker process was ended by SIGSEGV after 7 frames"
        in found["crash1"]["reason"]
    )
    assert found["crash1"]["remedy"]
    assert found["crash1"]["fps"] < 1000, "its seconds are those since it was begun"
    assert found["crash2"]["outputs"] == [str(tmp_path / "crash2.partial.mp4")]
    assert found["crash1"]["is_begun"], "it may have finished some outputs, which are its own"


def test_a_worker_that_is_killed_once_loses_nothing(tmp_path: Path) -> None:
    assert [
        lines(["crash_once1", "good1"], tmp_path)[name]["status"]
        for name in ("crash_once1", "good1")
    ] == ["done", "done"]


@pytest.mark.parametrize("kind", ["sleep", "spin"])
def test_a_hang_is_ended(tmp_path: Path, kind: str) -> None:
    begun = time.monotonic()
    found = lines([f"{kind}1", "good1"], tmp_path, patience=1.0)
    assert time.monotonic() - begun < 60
    assert 1.0 < found[f"{kind}1"]["seconds"] < 60
    assert {name: line["status"] for name, line in found.items()} == {
        f"{kind}1": "failed",
        "good1": "done",
    }
    assert re.search(r"hung for \d+ s after 0 frames and was ended", found[f"{kind}1"]["reason"])


def test_finishing_a_clip_may_take_as_long_as_the_clip(tmp_path: Path) -> None:
    assert lines(["slow_to_close1"], tmp_path, patience=1.5)["slow_to_close1"]["status"] == "done"


def test_several_workers_share_the_jobs(tmp_path: Path) -> None:
    names = [f"together{i}" for i in range(3)]
    assert {line["status"] for line in lines(names, tmp_path, workers=3).values()} == {"done"}


def _set_once_there(event: threading.Event, path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    event.set()


def test_stop_ends_the_job_at_hand_and_begins_no_other(tmp_path: Path) -> None:
    stop = threading.Event()
    with WorkerPool(
        lambda: ProcessWorker(misbehaving), 1, PlainLines(2), hang_seconds=20, debug=False
    ) as pool:
        threading.Thread(target=_set_once_there, args=(stop, tmp_path / "begun")).start()
        found = list(pool.lines([job("until_stopped1", tmp_path), job("good1", tmp_path)], stop))
    assert [(line["name"], line["status"]) for line in found] == [("until_stopped1", "partial")]


@pytest.mark.parametrize(
    ("make_work", "cause"),
    [
        (without_weights, "there are no weights"),
        (without_library, "a library is missing: libnothing"),
        (dead_on_arrival, "no worker stays alive"),
    ],
)
def test_workers_that_can_do_nothing_end_the_batch_with_one_line(
    tmp_path: Path, make_work: Callable[[], Work], cause: str
) -> None:
    with pytest.raises(InvalidInput, match=cause):
        lines(["good1"], tmp_path, make_work=make_work)


ORPHANED = """
import sys, threading
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import test_worker_pool as t
worker = t.ProcessWorker(t.misbehaving)
worker.give(t.job("sleep1", Path(sys.argv[1])))
print(worker._process.pid, flush=True)
threading.Event().wait()
"""


def test_a_worker_ends_with_its_batch(tmp_path: Path) -> None:
    command = [sys.executable, "-c", ORPHANED, str(tmp_path), str(Path(__file__).parent)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    ) as batch:
        assert batch.stdout is not None
        worker = int(batch.stdout.readline())
        time.sleep(1.0)
        batch.send_signal(signal.SIGKILL)
    wait_for(lambda: not is_alive(worker), 10)


def test_a_worker_whose_server_ends_meanwhile_is_lost_and_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends the server that workers are forked from while it loads the libraries."""
    start = ForkServerProcess.start
    ended: list[ForkServerProcess] = []

    def start_too_late(process: ForkServerProcess) -> None:
        if not ended:
            ended.append(process)
            raise EOFError
        start(process)

    monkeypatch.setattr(ForkServerProcess, "start", start_too_late)
    assert lines(["good1"], tmp_path)["good1"]["status"] == "done"
    assert ended


def test_an_interrupt_while_the_libraries_load_prints_no_trace() -> None:
    """Ctrl-C goes to the server that workers are forked from, too."""
    script = (
        "import os, signal, time\n"
        "from glom_video_pipelines.isolation import warm_up\n"
        "warm_up()\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)  # of this process it is not\n"
        "time.sleep(0.5)\n"
        "os.killpg(0, signal.SIGINT)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
        timeout=120,
    )
    assert (ran.stdout, ran.stderr) == ("", "")

"""Ray: the same results from several workers, on this machine and on a cluster of two nodes; a
worker that is killed loses nothing."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from conftest import Cli, MakeVideo, Options, manifest
from processes import started

from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate import ray_workers
from glom_video_pipelines.annotate.jobs import Job
from glom_video_pipelines.annotate.ray_workers import RayWorker, WorkerResources, cluster
from glom_video_pipelines.annotate.reports import Ready
from glom_video_pipelines.annotate.silence import this_machine
from glom_video_pipelines.annotate.worker import Tell

pytest.importorskip("ray")

QUIET = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}
SECRET = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
"""What the machines of a cluster and its users know each other by."""


def annotating(*arguments: object, **environment: str) -> subprocess.Popen[str]:
    """In a process of its own: Ray leaves threads, files and warnings behind."""
    return started("annotate", *arguments, "--threads", 1, environment={**QUIET, **environment})


def finished(process: subprocess.Popen[str]) -> str:
    out, err = process.communicate(timeout=280)
    assert process.returncode == 0, err
    return out


@pytest.fixture
def clips(make_video: MakeVideo, tmp_path: Path) -> Path:
    for index in range(3):
        make_video(
            f"clip{index}.mp4", frames=6 + index, folder=tmp_path / "clips", with_sound=index == 1
        )
    return tmp_path / "clips"


def test_two_workers_of_which_one_is_killed_write_what_one_process_writes(
    make_video: MakeVideo, small_model: Options, glom_video: Cli, tmp_path: Path
) -> None:
    for index in range(3):
        make_video(
            f"clip{index}.mp4", frames=80 + index, folder=tmp_path / "clips", with_sound=index == 1
        )
    given = (tmp_path / "clips", *small_model, "--format", "mp4", "--format", "csv")
    batch = annotating(*given, "-o", tmp_path / "two", "--workers", 2, "--json")
    os.kill(_worker_that_writes(batch, tmp_path / "two"), signal.SIGKILL)
    result = json.loads(finished(batch))
    assert [
        (source["name"], source["status"], source["frames"]) for source in result["sources"]
    ] == [("clip0", "done", 80), ("clip1", "done", 81), ("clip2", "done", 82)]
    alone = glom_video("annotate", *given, "--threads", 1, "-o", tmp_path / "one")
    assert alone.code == 0, alone.err
    for name in [f"clip{index}.{suffix}" for index in range(3) for suffix in ("mp4", "csv")]:
        assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "one" / name).read_bytes(), (
            name
        )
    assert not list((tmp_path / "two").glob("*.partial*"))


def _worker_that_writes(batch: subprocess.Popen[str], out: Path) -> int:
    """Process id of a worker that is in the middle of a clip."""
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and batch.poll() is None:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                opened = {os.readlink(each) for each in (process / "fd").iterdir()}
            except OSError:
                continue
            if any(path.startswith(f"{out}/") and ".partial" in path for path in opened):
                return int(process.name)
        time.sleep(0.02)
    batch.kill()
    pytest.fail(f"no worker began: {batch.communicate()}")


@pytest.fixture
def two_nodes(tmp_path: Path) -> Iterator[str]:
    """Address of a cluster of two nodes of one core, on the loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ray = [
        str(Path(sys.executable).with_name("ray")),
        "start",
        "--block",
        "--num-cpus",
        "1",
        "--object-store-memory",
        "80000000",
    ]
    nodes: list[subprocess.Popen[bytes]] = []
    for arguments in (
        ["--head", "--port", str(port), "--include-dashboard", "false"],
        ["--address", f"127.0.0.1:{port}"],
    ):
        log = (tmp_path / f"node{len(nodes)}.log").open("w")
        command = [*ray, *arguments]
        nodes.append(
            subprocess.Popen(
                command, stdout=log, stderr=log, env={**QUIET, **SECRET}, start_new_session=True
            )
        )
        log.close()
        _wait_for("Ray runtime started", tmp_path / f"node{len(nodes) - 1}.log")
    try:
        yield f"127.0.0.1:{port}"
    finally:
        for node in nodes:
            for process in [
                *psutil.Process(node.pid).children(recursive=True),
                psutil.Process(node.pid),
            ]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            node.wait(timeout=30)


def _wait_for(word: str, log: Path) -> None:
    for _ in range(600):
        if word in log.read_text():
            return
        time.sleep(0.1)
    pytest.fail(f"the cluster did not start: {log.read_text()}")


def test_a_cluster_of_two_nodes(
    clips: Path, small_model: Options, tmp_path: Path, two_nodes: str
) -> None:
    arguments = (
        clips,
        "-o",
        tmp_path / "out",
        *small_model,
        "--format",
        "csv",
        "--ray-address",
        two_nodes,
        "--workers",
        2,
    )
    finished(annotating(*arguments, **SECRET))
    assert {line["status"] for line in manifest(tmp_path / "out").values()} == {"done"}


class RayHere:
    """As much of Ray as a worker asks for; its actors are objects of this process."""

    def remote(self, kind: type) -> Any:
        def placed(*given: Any) -> Any:
            actor = kind(*given)
            return SimpleNamespace(poll=SimpleNamespace(remote=actor.poll))

        return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=placed))

    def wait(self, answers: list[Any], timeout: float) -> tuple[list[Any], list[Any]]:
        return answers, []

    def get(self, answer: Any) -> Any:
        return answer


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_of_a_worker_on_this_machine_it_is_known_what_its_process_does(
    is_elsewhere: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise one that a busy machine gives no processor would count as hanging."""
    if this_machine() is None:
        pytest.skip("this system does not tell what a process does")
    if is_elsewhere:  # the actor's thread
        monkeypatch.setattr(ray_workers, "this_machine", lambda: threading.current_thread().name)
    worker = RayWorker(RayHere(), lambda: _no_work, WorkerResources(1, 1, 0.0))
    assert worker.process is None
    reports = [report for _ in range(5) for report in worker.reports()]
    assert [type(report) for report in reports] == [Ready]
    assert worker.process == (None if is_elsewhere else os.getpid())


def _no_work(job: Job, tell: Tell, stop: threading.Event) -> dict[str, Any]:
    raise AssertionError


def test_an_address_that_nobody_answers_at() -> None:
    with (
        pytest.raises(InvalidInput, match=r"no Ray cluster answers at 127\.0\.0\.1:1"),
        cluster("127.0.0.1:1"),
    ):
        pass

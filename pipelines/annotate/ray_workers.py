"""Workers as Ray actors: on the cores of this machine, or on a cluster. Needs the extra ``ray``."""

import contextlib
import os
import queue
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate.jobs import Job
from glom_video_pipelines.annotate.reports import Finished, Lost, Ready, Refused, Report
from glom_video_pipelines.annotate.silence import this_machine
from glom_video_pipelines.annotate.worker import Work

POLL_SECONDS = 0.3
"""Seconds that an actor waits for news before it answers that there is none."""


@dataclass(frozen=True, slots=True)
class WorkerResources:
    """What one worker may use."""

    workers: int
    cores: int
    gpus: float


@contextlib.contextmanager
def cluster(address: str | None) -> Iterator[Any]:
    """Ray, connected to the cluster at ``address`` (``auto``: the one on this machine) or started
    here on all cores (None or ``local``); disconnected at the end.

    Raises:
        InvalidInput: Ray is not installed, or the cluster cannot be reached.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray's own coming default, of which it would warn otherwise.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError as error:
        raise InvalidInput(
            "--workers and --ray-address need Ray, which is not installed",
            "Install it: pip install 'glom-video[ray]'.",
        ) from error
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    _check_answers(address)
    here: dict[str, Any] = {
        "address": "local",
        "num_cpus": os.cpu_count(),
        "include_dashboard": False,
    }
    place = here if address in (None, "local") else {"address": address}
    try:
        ray.init(**place, **quiet)
    except Exception as error:  # Ray has no error of its own for an address that nobody answers at
        raise _unreachable(address, str(error).splitlines()[0]) from error
    # stdout carries data, and Ray speaks there of workers that died
    with contextlib.redirect_stdout(sys.stderr):
        try:
            yield ray
        finally:
            ray.shutdown()


def _check_answers(address: str | None) -> None:
    """Check the address at once: Ray itself would try again for minutes.

    Raises:
        InvalidInput: nothing listens at host:port.
    """
    host, _, port = (address or "").rpartition(":")
    if not host or not port.isdigit() or "/" in host:
        return
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        raise _unreachable(address, error.strerror or str(error)) from error


def _unreachable(address: str | None, reason: str) -> InvalidInput:
    return InvalidInput(
        f"no Ray cluster answers at {address or 'this machine'}: {reason}",
        (
            "Start it with ray start --head, and give this command the same RAY_AUTH_TOKEN; or "
            "leave --ray-address out."
        ),
    )


def resources_per_worker(
    ray: Any, workers: int | None, threads: int | None, device: str
) -> WorkerResources:
    """The share of the cluster's cores and GPUs for each worker, and their number; by default one
    worker per machine. A worker must fit on one machine, so it gets at most the cores of the
    smallest one."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    cores = sum(node.get("CPU", 0) for node in nodes)
    smallest = min(node.get("CPU", 1) for node in nodes)
    workers = workers or len(nodes)
    gpus = 0.0 if device == "cpu" else min(1.0, sum(node.get("GPU", 0) for node in nodes) / workers)
    return WorkerResources(workers, threads or max(1, int(min(cores // workers, smallest))), gpus)


class RayWorker:
    """An actor, placed where there is room."""

    process: int | None = None

    def __init__(self, ray: Any, make_work: Callable[[], Work], resources: WorkerResources) -> None:
        self._ray = ray
        actor = ray.remote(RayActor).options(
            num_cpus=resources.cores,
            num_gpus=resources.gpus,
            max_concurrency=4,
            max_restarts=0,
            max_task_retries=0,
            scheduling_strategy="SPREAD",
        )
        self._actor = actor.remote(make_work, os.getcwd())
        self._news = self._actor.poll.remote()

    def give(self, job: Job) -> None:
        self._actor.give.remote(job)

    def reports(self) -> list[Report]:
        ready, _ = self._ray.wait([self._news], timeout=0)
        if not ready:
            return []
        try:
            found: list[Report] = self._ray.get(self._news)
        except self._ray.exceptions.RayError as error:
            return [Lost(f"the Ray worker is gone ({type(error).__name__})")]
        self._news = self._actor.poll.remote()
        for report in found:
            if isinstance(report, Ready) and report.machine == this_machine() is not None:
                self.process = report.process
        return found

    def stop(self) -> None:
        self._actor.stop.remote()

    def kill(self) -> None:
        self._ray.kill(self._actor)


class RayActor:
    """The worker's side. Work runs in a separate thread, so that the actor can answer meanwhile."""

    def __init__(self, make_work: Callable[[], Work], folder: str) -> None:
        self._reports: queue.SimpleQueue[Report] = queue.SimpleQueue()
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._stop = threading.Event()
        threading.Thread(target=self._run, args=(make_work, folder), daemon=True).start()

    def _run(self, make_work: Callable[[], Work], folder: str) -> None:
        try:
            if not os.path.isdir(folder):
                raise InvalidInput(
                    f"the machine {socket.gethostname()} has no folder {folder}",
                    "Keep videos, weights and outputs on a file system that all machines share.",
                )
            os.chdir(folder)
            work = make_work()
            self._reports.put(Ready(this_machine(), os.getpid()))
            while True:
                self._reports.put(Finished(work(self._jobs.get(), self._reports.put, self._stop)))
        except InvalidInput as error:
            self._reports.put(Refused(error.cause, error.remedy, traceback.format_exc()))
        except Exception as error:  # told to the batch, which would otherwise wait for this thread
            cause = f"a worker on {socket.gethostname()} failed: {type(error).__name__}: {error}"
            self._reports.put(
                Refused(
                    cause, "Install the same glom-video on every machine.", traceback.format_exc()
                )
            )

    def give(self, job: Job) -> None:
        self._jobs.put(job)

    def stop(self) -> None:
        self._stop.set()

    def poll(self) -> list[Report]:
        """Reports, as soon as there are any."""
        found: list[Report] = []
        try:
            found.append(self._reports.get(timeout=POLL_SECONDS))
            while True:
                found.append(self._reports.get_nowait())
        except queue.Empty:
            return found

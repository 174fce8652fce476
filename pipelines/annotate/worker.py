"""A worker: the model and one clip after the other in a separate process, so that a decoder that
crashes or hangs takes only that process down.

``serve`` runs in the worker; ``ProcessWorker`` is the batch's handle of it. The same ``Work`` runs
in a local process or in a Ray actor.
"""

import contextlib
import os
import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol

from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate.jobs import Job
from glom_video_pipelines.annotate.options import AnnotateOptions
from glom_video_pipelines.annotate.reports import (
    Begun,
    Closing,
    Finished,
    Heartbeat,
    Lost,
    Ready,
    Refused,
    Report,
    Snapshot,
)
from glom_video_pipelines.annotate.tally import Tally
from glom_video_pipelines.isolation import process_context, without_the_script

REPORT_INTERVAL_SECONDS = 0.2
"""Between two reports of progress."""

Tell = Callable[[Report], None]


class Work(Protocol):
    """The work on a job. Made once per worker, so that the model is loaded once."""

    def __call__(self, job: Job, tell: Tell, stop: threading.Event) -> dict[str, Any]: ...


@dataclass(frozen=True)
class MakeAnnotateWork:
    """Makes the Work of ``annotate``; can be pickled, so that a worker process can make its own."""

    options: AnnotateOptions
    debug: bool = False

    def __call__(self) -> Work:
        from glom_video_pipelines.allocator import keep_freed_memory
        from glom_video_pipelines.annotate.outcome import annotate_source
        from glom_video_pipelines.model import load_glom
        from glom_video_pipelines.picture_warnings import ignore_picture_warnings
        from glom_video_pipelines.threads import share_cores

        keep_freed_memory()
        ignore_picture_warnings()
        share_cores(self.options.threads)
        glom = load_glom(self.options.weights, self.options.device)

        def work(job: Job, tell: Tell, stop: threading.Event) -> dict[str, Any]:
            return annotate_source(
                job, self.options, glom, stop, ReportingDisplay(tell), self.debug
            )

        return work


class ReportingDisplay:
    """A display that sends what it shows to the batch as reports, at most every
    REPORT_INTERVAL_SECONDS."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._snapshot_due = self._pulse_due = 0.0  # told by two threads, each at its own pace

    def begin(self, name: str, frames_expected: int | None) -> None:
        self._tell(Begun(frames_expected))

    def advance(self, tally: Tally) -> None:
        if time.monotonic() >= self._snapshot_due:
            self._snapshot_due = time.monotonic() + REPORT_INTERVAL_SECONDS
            self._tell(Snapshot.of(tally))

    def heartbeat(self) -> None:
        if time.monotonic() >= self._pulse_due:
            self._pulse_due = time.monotonic() + REPORT_INTERVAL_SECONDS
            self._tell(Heartbeat())

    def close(self) -> None:
        self._tell(Closing())


class WorkerHandle(Protocol):
    """A worker as the batch sees it, wherever it runs. A worker has one job at a time."""

    @property
    def process(self) -> int | None:
        """Number of its process, if that is known to run on this machine; known at the latest when
        it is ready."""
        ...

    def give(self, job: Job) -> None: ...

    def reports(self) -> list[Report]:
        """Reports since the last call; does not wait. The last report of a lost worker is Lost."""
        ...

    def stop(self) -> None:
        """Ask it to end the clip at hand after its next frame."""
        ...

    def kill(self) -> None: ...


class ProcessWorker:
    """In a process on this machine, which ends with its batch, however that ends."""

    def __init__(self, make_work: Callable[[], Work]) -> None:
        context = process_context()
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, make_work), daemon=True)
        # Ctrl-C ends the server that it is forked from while that loads; the pipe, which then has
        # no other end, tells of a lost worker.
        with without_the_script(), contextlib.suppress(EOFError, OSError):
            self._process.start()
        theirs.close()

    @property
    def process(self) -> int | None:
        return self._process.pid

    def give(self, job: Job) -> None:
        self._send(job)

    def reports(self) -> list[Report]:
        found: list[Report] = []
        try:
            while self._connection.poll():
                found.append(self._connection.recv())
        except (EOFError, OSError):
            if self.process is not None:
                self._process.join(timeout=5)
            found.append(Lost(_how_it_ended(self._process.exitcode)))
        return found

    def stop(self) -> None:
        self._send(None)

    def _send(self, message: Job | None) -> None:
        with contextlib.suppress(OSError):  # it is gone, as ``reports`` will tell
            self._connection.send(message)

    def kill(self) -> None:
        if self.process is not None:
            self._process.kill()
            self._process.join(timeout=5)
        self._connection.close()


def _how_it_ended(exit_code: int | None) -> str:
    if exit_code is None:
        return "the worker process could not be started"
    if exit_code < 0:
        return f"the worker process was ended by {signal.Signals(-exit_code).name}"
    return f"the worker process ended with exit code {exit_code}"


def serve(connection: Connection, make_work: Callable[[], Work]) -> None:
    """The worker's side: jobs come in, reports go out; None means stop. Returns if no clip can be
    annotated at all."""
    # Ctrl-C reaches the whole group: it is for the batch to say what becomes of it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    lock, stop, jobs = threading.Lock(), threading.Event(), queue.SimpleQueue[Job]()

    def tell(report: Report) -> None:
        with lock:
            connection.send(report)

    threading.Thread(target=_listen, args=(connection, jobs, stop), daemon=True).start()
    try:
        work = make_work()
        tell(Ready())
        while True:
            tell(Finished(work(jobs.get(), tell, stop)))
    except InvalidInput as error:
        tell(Refused(error.cause, error.remedy, traceback.format_exc()))
    except ImportError as error:
        remedy = (
            "Install it; OpenCV needs libGL (Debian and Ubuntu: apt-get install libgl1). "
            "glom-video doctor says what is there."
        )
        tell(Refused(f"a library is missing: {error}", remedy, traceback.format_exc()))
    except OSError:  # the batch is gone
        os._exit(1)


def _listen(connection: Connection, jobs: "queue.SimpleQueue[Job]", stop: threading.Event) -> None:
    while True:
        try:
            message = connection.recv()
        except (EOFError, OSError):  # the batch is gone, and nobody would take the result
            os._exit(1)
        if message is None:
            stop.set()
        else:
            jobs.put(message)

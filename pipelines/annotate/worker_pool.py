"""Distributes jobs over workers and watches them: a crash is tried once more, a hang is ended, and
every job gets a line."""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from glom_video.read import redacted
from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate.jobs import Job
from glom_video_pipelines.annotate.manifest import IS_BEGUN, Status
from glom_video_pipelines.annotate.outcome import manifest_line
from glom_video_pipelines.annotate.progress import BatchDisplay
from glom_video_pipelines.annotate.reports import (
    Begun,
    Closing,
    Finished,
    Lost,
    Ready,
    Refused,
    Report,
    Snapshot,
)
from glom_video_pipelines.annotate.silence import Silence
from glom_video_pipelines.annotate.tally import Tally
from glom_video_pipelines.annotate.worker import WorkerHandle

HANG_SECONDS = 60.0
"""A worker whose ``Silence`` lasts longer hangs. While it finishes a clip's files, it has as long
as the clip took, if that is longer."""

ATTEMPTS = 2
"""Workers that one clip may cost before it is given up. The first loss may have other reasons than
the clip."""

STARTS = 3
"""Workers in a row that may be lost before one is ready."""

_PAUSE_SECONDS = 0.02
"""Between two looks at the workers."""


@dataclass
class _WorkerSlot:
    """One worker and what it is doing."""

    worker: WorkerHandle
    silence: Silence
    is_ready: bool = False
    job: Job | None = None
    began: float = 0.0
    """When it got the job, by ``time.perf_counter()``."""
    last_sign: float = 0.0
    """When it last reported."""
    is_closing: bool = False
    frames: int = 0
    """Of the job that are done, by its last report."""

    @classmethod
    def of(cls, worker: WorkerHandle) -> "_WorkerSlot":
        return cls(worker, Silence(worker.process))

    def take(self, job: Job) -> None:
        self.job, self.is_closing, self.frames = job, False, 0
        self.began = self.last_sign = time.perf_counter()
        self.silence.end()
        self.worker.give(job)

    def heard(self, report: Report) -> None:
        self.last_sign = time.perf_counter()
        self.silence.end()
        if isinstance(report, Ready):
            self.silence = Silence(self.worker.process)
        elif isinstance(report, Snapshot):
            self.frames = report.frames
        elif isinstance(report, Closing):
            self.is_closing = True

    def hangs(self, hang_seconds: float) -> bool:
        """Whether it has a job and has been silent for too long, as HANG_SECONDS says."""
        self.silence.poll()
        worked = self.last_sign - self.began if self.is_closing else 0.0
        return self.job is not None and self.silence.seconds > max(hang_seconds, worked)


class WorkerPool:
    """``count`` workers, started when needed and ended with the context."""

    def __init__(
        self,
        make_worker: Callable[[], WorkerHandle],
        count: int,
        shown: BatchDisplay,
        *,
        hang_seconds: float,
        debug: bool,
    ) -> None:
        self._make_worker, self._count, self._shown = make_worker, count, shown
        self._hang_seconds, self._debug = hang_seconds, debug
        self._slots: list[_WorkerSlot] = []
        self._attempts: dict[str, int] = {}
        self._lost_in_a_row = 0

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(self, *_: object) -> None:
        for slot in self._slots:
            slot.worker.kill()

    def lines(
        self,
        jobs: Sequence[Job],
        stop: threading.Event,
        on_begin: Callable[[Job], None] = lambda job: None,
    ) -> Iterator[dict[str, Any]]:
        """The manifest's line of each job, as soon as it is done. Once ``stop`` is set, no further
        job begins and running ones are ended.

        Args:
            on_begin: called with each job before a worker gets it.

        Raises:
            InvalidInput: no worker can do any job.
        """
        waiting, told = deque(jobs), False
        while waiting or any(slot.job for slot in self._slots):
            if stop.is_set() and not told:
                told = True
                waiting.clear()
                for slot in self._slots:
                    slot.worker.stop()
            self._start_workers(len(waiting))
            for slot in list(self._slots):
                yield from self._attend(slot, waiting, on_begin)
            time.sleep(_PAUSE_SECONDS)

    def _start_workers(self, waiting: int) -> None:
        """As many as there are jobs, those that are ``waiting`` and those in work, up to the count
        of the pool."""
        wanted = waiting + sum(slot.job is not None for slot in self._slots)
        while len(self._slots) < min(self._count, wanted):
            self._slots.append(_WorkerSlot.of(self._make_worker()))

    def _attend(
        self, slot: _WorkerSlot, waiting: deque[Job], on_begin: Callable[[Job], None]
    ) -> Iterator[dict[str, Any]]:
        for report in slot.worker.reports():
            slot.heard(report)
            yield from self._answer(slot, report, waiting)
        if slot.hangs(self._hang_seconds):
            slot.worker.kill()
            self._slots.remove(slot)
            assert slot.job is not None, "only a worker with a job can hang"
            how = f"hung for {slot.silence.seconds:.0f} s after {slot.frames} frames and was ended"
            yield _line_of_lost(
                slot,
                how,
                "It is damaged or of a kind that the decoder cannot bear; convert it first.",
            )
        elif slot.is_ready and slot.job is None and waiting:
            on_begin(waiting[0])
            slot.take(waiting.popleft())

    def _answer(
        self, slot: _WorkerSlot, report: Report, waiting: deque[Job]
    ) -> Iterator[dict[str, Any]]:
        match report:
            case Ready():
                slot.is_ready, self._lost_in_a_row = True, 0
            case Begun(frames_expected) if slot.job is not None:
                self._shown.begin(slot.job.name, frames_expected)
            case Snapshot() if slot.job is not None:
                self._shown.advance(slot.job.name, report)
            case Finished(line):
                slot.job = None
                yield dict(line)
            case Refused(cause, remedy, trace):
                if self._debug:
                    print(trace, file=sys.stderr)
                raise InvalidInput(cause, remedy)
            case Lost(how):
                slot.worker.kill()
                self._slots.remove(slot)
                yield from self._after_loss(slot, how, waiting)

    def _after_loss(
        self, slot: _WorkerSlot, how: str, waiting: deque[Job]
    ) -> Iterator[dict[str, Any]]:
        if slot.job is None:
            self._lost_in_a_row += 1
            if self._lost_in_a_row >= STARTS:
                raise InvalidInput(
                    f"no worker stays alive: {how}",
                    "glom-video doctor says what this machine lacks.",
                )
            return
        attempts = self._attempts[slot.job.name] = self._attempts.get(slot.job.name, 0) + 1
        if attempts < ATTEMPTS:
            waiting.appendleft(slot.job)
        else:
            yield _line_of_lost(
                slot,
                f"cost {attempts} workers: {how} after {slot.frames} frames",
                "It brings the decoder down; convert it first.",
            )


def _line_of_lost(slot: _WorkerSlot, how: str, remedy: str) -> dict[str, Any]:
    """The line of a job whose worker can no longer write it, and may have finished some outputs."""
    job = slot.job
    assert job is not None, "only a worker with a job is lost with it"
    outputs = job.outputs.partial_paths
    status: Status = "partial" if any(path.exists() for path in outputs) else "failed"
    reason, tally = f"{redacted(job.source)} {how}", Tally(started=slot.began, frames=slot.frames)
    line = manifest_line(job, status, reason, remedy, outputs, tally.results())
    return {**line, IS_BEGUN: True}

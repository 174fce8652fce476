"""Progress of a batch on stderr: bars, or plain lines every five seconds if it is no terminal."""

import sys
import time
from collections.abc import Iterable
from typing import Protocol, Self

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from glom_video.formats.clock_time import clock_time
from glom_video.structures import one_line
from glom_video_pipelines.annotate.reports import Snapshot
from glom_video_pipelines.annotate.results import count
from glom_video_pipelines.annotate.tally import Tally

PLAIN_INTERVAL_SECONDS = 5.0
"""Between two lines where stderr is no terminal."""


class Display(Protocol):
    """Receives the progress of a clip."""

    def begin(self, name: str, frames_expected: int | None) -> None: ...

    def advance(self, tally: Tally) -> None: ...

    def heartbeat(self) -> None:
        """A picture was decoded."""
        ...

    def close(self) -> None:
        """All frames are through."""
        ...


class BatchDisplay(Protocol):
    """Shows the running clips by name."""

    def begin(self, name: str, frames_expected: int | None) -> None: ...

    def advance(self, name: str, now: Snapshot) -> None: ...

    def finish(self, name: str, line: str) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def display(sources: int) -> BatchDisplay:
    """The display that suits stderr."""
    return Bars(sources) if sys.stderr.isatty() else PlainLines(sources)


def _figures(now: Snapshot) -> str:
    seen = f"{count(now.objects, 'object')}  {count(now.parts, 'part')}"
    corrupt = f"  {now.corrupt_frames} corrupt" if now.corrupt_frames else ""
    speed = f"{now.frames / now.seconds:.1f} fps  {now.times_real_time:.2f}x real time"
    return f"{speed}  {seen}{corrupt}"


class PlainLines:
    """For logs and pipes: each clip has a line every few seconds."""

    def __init__(self, sources: int) -> None:
        self._sources, self._finished = sources, 0
        self._numbers: dict[str, int] = {}
        """Of the clips at hand, in the order in which they began."""
        self._expected: dict[str, int] = {}
        self._due: dict[str, float] = {}

    def begin(self, name: str, frames_expected: int | None) -> None:
        self._numbers.setdefault(name, self._finished + len(self._numbers) + 1)
        self._expected[name] = frames_expected or 0
        self._due[name] = time.monotonic() + PLAIN_INTERVAL_SECONDS

    def advance(self, name: str, now: Snapshot) -> None:
        if time.monotonic() < self._due.get(name, 0.0):
            return
        self._due[name] = time.monotonic() + PLAIN_INTERVAL_SECONDS
        progress, expected = f"frame {now.frames}", self._expected.get(name, 0)
        if expected > now.frames > 0:
            left = (expected - now.frames) * now.seconds / now.frames
            share = f"{now.frames / expected:.0%}"
            progress = f"frame {now.frames}/{expected} ({share}, {clock_time(left)} left)"
        print(
            f"[{self._numbers[name]}/{self._sources}] {one_line(name)}: {progress}  "
            f"{_figures(now)}",
            file=sys.stderr,
            flush=True,
        )

    def finish(self, name: str, line: str) -> None:
        self._numbers.pop(name, None)
        self._finished += 1
        print(line, file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


class _ProgressWithFigures(Progress):
    """Bars with the figures on a separate line: beside the bars they do not fit into 80 columns."""

    figures = ""

    def get_renderables(self) -> Iterable[RenderableType]:
        yield self.make_tasks_table(self.tasks)
        yield Text(self.figures, style="dim")


class Bars:
    """For terminals: a bar for each running file and one for all files."""

    def __init__(self, sources: int) -> None:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
        )
        # stdout carries data: rich must not take it over.
        self._progress = _ProgressWithFigures(
            *columns,
            console=Console(stderr=True),
            refresh_per_second=4,
            redirect_stdout=False,
            transient=True,
        )
        self._all = self._progress.add_task("all files", total=sources, visible=sources > 1)
        self._files: dict[str, TaskID] = {}
        self._now: dict[str, Snapshot] = {}

    def begin(self, name: str, frames_expected: int | None) -> None:
        self._forget(name)
        self._files[name] = self._progress.add_task(one_line(name), total=frames_expected)

    def advance(self, name: str, now: Snapshot) -> None:
        self._now[name] = now
        self._progress.figures = self._all_figures()
        if name in self._files:
            self._progress.update(self._files[name], completed=now.frames)

    def _all_figures(self) -> str:
        if len(self._now) == 1:
            return _figures(next(iter(self._now.values())))
        fps = sum(now.frames / now.seconds for now in self._now.values())
        return f"{count(len(self._now), 'file')} at hand  {fps:.1f} fps" if self._now else ""

    def _forget(self, name: str) -> None:
        self._now.pop(name, None)
        if name in self._files:
            self._progress.remove_task(self._files.pop(name))

    def finish(self, name: str, line: str) -> None:
        self._forget(name)
        self._progress.console.print(line, highlight=False, markup=False, soft_wrap=True)
        self._progress.figures = self._all_figures()
        self._progress.advance(self._all)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

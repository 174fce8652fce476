"""Display of a training run on stderr: a live table, or a plain line every five seconds where that
is no terminal."""

import sys
import time
from typing import TYPE_CHECKING, Protocol, Self

from glom_video_pipelines.training.running_means import RunningMeans, StepFigures

if TYPE_CHECKING:
    from rich.console import RenderableType

PLAIN_INTERVAL_SECONDS = 5.0
"""Between two lines where stderr is no terminal."""


class Display(Protocol):
    """Where a training run reports its steps, and lines for people."""

    def advance(self, figures: StepFigures) -> None: ...

    def say(self, line: str) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def display(steps: int, phases: int, *, is_first: bool = True) -> Display:
    """The display that fits what stderr is; none where another process of the group shows it."""
    if not is_first:
        return NullTrainingDisplay()
    return LiveTable(steps, phases) if sys.stderr.isatty() else PlainLines(steps, phases)


class NullTrainingDisplay:
    """A display that shows nothing: of all processes of a group but the first."""

    def advance(self, figures: StepFigures) -> None:
        return

    def say(self, line: str) -> None:
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


class PlainLines:
    """For logs and pipes."""

    def __init__(
        self, steps: int, phases: int, interval_seconds: float = PLAIN_INTERVAL_SECONDS
    ) -> None:
        self._means, self._interval_seconds = RunningMeans(steps, phases), interval_seconds
        self._due = time.monotonic() + interval_seconds

    def advance(self, figures: StepFigures) -> None:
        self._means.take(figures)
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + self._interval_seconds
            self.say("  ".join(f"{name} {text}" for name, text in self._means.entries().items()))

    def say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


class LiveTable:
    """For people: a bar over a table that is redrawn in place; what is said scrolls above it."""

    def __init__(self, steps: int, phases: int) -> None:
        from rich.console import Console
        from rich.live import Live

        self._means = RunningMeans(steps, phases)
        # stdout carries data: rich must not take it over.
        self._live = Live(
            get_renderable=self._table,
            console=Console(stderr=True),
            refresh_per_second=4,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def _table(self) -> "RenderableType":
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        if self._means.last is None:
            return Text("drawing the first clips")
        table = Table.grid(padding=(0, 2))
        entries = self._means.entries()
        table.add_row(*(Text(name, style="dim") for name in entries))
        table.add_row(*entries.values())
        return Group(
            ProgressBar(total=self._means.steps, completed=self._means.last.step, width=60), table
        )

    def advance(self, figures: StepFigures) -> None:
        self._means.take(figures)

    def say(self, line: str) -> None:
        self._live.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

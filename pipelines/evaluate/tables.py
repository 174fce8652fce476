"""The tables that people read in a terminal or a file."""

from collections.abc import Mapping, Sequence
from itertools import chain
from textwrap import wrap
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from glom_video.evaluate import METRICS, ClipScore, Estimate
from glom_video_pipelines.evaluate.controls import is_control
from glom_video_pipelines.evaluate.headline import Headline
from glom_video_pipelines.evaluate.summaries import (
    FAMILIES,
    MARK,
    Family,
    Summaries,
    interval,
    marked,
    number,
    of_family,
    remarks,
    shown_metrics,
)

PLAIN_WIDTH = 320
"""Columns of a table that goes to a file: nothing is cut off."""
NAME_WIDTH = 30
"""Longer names of methods and clips are broken into lines."""


class Column(NamedTuple):
    """One column of a printed table."""

    heading: str
    cells: Sequence[str]

    @property
    def width(self) -> int:
        """Of its longest cell, or of the longest word of its heading, which is never cut."""
        words = [word for line in self.heading.splitlines() for word in line.split()]
        lines = [line for cell in self.cells for line in cell.splitlines()]
        return max(map(len, [*words, *lines]), default=0)

    @property
    def title(self) -> str:
        """Its heading in lines of its width."""
        lines = [wrap(line, self.width) or [""] for line in self.heading.splitlines()]
        return "\n".join(chain.from_iterable(lines))


def stdout_console(**options: Any) -> Console:
    """Of stdout; where that is no terminal, wide enough that no table is cut off. ``options`` as of
    ``Console``."""
    console = Console(**options)
    return console if console.is_terminal else Console(width=PLAIN_WIDTH, **options)


def print_tables(
    scores: Sequence[ClipScore], summed: Summaries, command: str, first: Headline | None
) -> None:
    """Tables on stdout: per level accuracy where there is truth, then self-consistency; per clip
    J-best and J-fg where the truth is one object; at the end, where it is seen, what to read
    first."""
    console = stdout_console()
    for level, methods in summed.items():
        for family in FAMILIES:
            _print_family(console, level, family, methods)
    if alone := [each for each in scores if each.level == "object" and "J_best" in each.figures]:
        console.print("object level, clip by clip", style="bold")
        _print_clips(console, alone)
    for sentence in () if first is None else (first.found, first.ids, first.worst):
        if sentence is not None:
            console.print(sentence, highlight=False)
    console.print(
        f"Means over clips with 95 % bootstrap intervals. Made by: {command}",
        style="dim",
        highlight=False,
        soft_wrap=True,
    )


def _print_family(
    console: Console, level: str, family: Family, methods: Mapping[str, Mapping[str, Estimate]]
) -> None:
    """The table of a family of metrics at a level, with remarks, if any method has its figures."""
    figures = {
        marked(method, family): own
        for method, estimates in methods.items()
        if (own := of_family(family, estimates))
    }
    if not figures:
        return
    console.print(f"{level} level: {FAMILIES[family]}", style="bold")
    _print_table(console, figures)
    for line in remarks(family, methods):
        whole = not console.is_terminal  # a file's reader searches in lines
        console.print(line, style="dim", highlight=False, soft_wrap=whole)


def _print_table(console: Console, methods: Mapping[str, Mapping[str, Estimate]]) -> None:
    columns = [
        Column(METRICS[name].heading, [_cell(own.get(name)) for own in methods.values()])
        for name in shown_metrics(methods)
    ]
    styles = ["dim" if is_control(method.removesuffix(MARK)) else "" for method in methods]
    print_in_pieces(console, Column("method", list(methods)), columns, styles)


def print_in_pieces(
    console: Console, names: Column, columns: Sequence[Column], styles: Sequence[str]
) -> None:
    """A table, or as many below each other as it takes to cut no heading and no figure; every one
    begins with the names of the rows."""
    room = console.width - min(names.width, NAME_WIDTH) - len("┃┃ ")
    for piece in _pieces(columns, room):
        table = Table(padding=(0, 1, 0, 0))
        table.add_column(names.heading, max_width=NAME_WIDTH, overflow="fold")
        for column in piece:
            table.add_column(column.title, justify="right", no_wrap=True)
        rows = zip(names.cells, *(column.cells for column in piece), strict=True)
        for row, style in zip(rows, styles, strict=True):
            table.add_row(*row, style=style)
        console.print(table)


def _pieces(columns: Sequence[Column], room: int) -> list[list[Column]]:
    """Columns in runs that fit, each with its border and a space."""
    pieces: list[list[Column]] = []
    left = 0
    for column in columns:
        needed = column.width + len("┃ ")
        if not pieces or needed > left:
            pieces.append([])
            left = room
        pieces[-1].append(column)
        left -= needed
    return pieces


def _cell(figure: Estimate | None) -> str:
    """The mean, and under it its interval."""
    if figure is None:
        return "-"
    bounds = interval(figure)
    return number(figure.mean) + (f"\n{bounds}" if bounds else "")


def _print_clips(console: Console, scores: Sequence[ClipScore]) -> None:
    """J-best and J-fg per clip, of methods and peers; the controls stand in the summary only."""
    figures = {
        (score.clip, score.method): score.figures
        for score in scores
        if not is_control(score.method)
    }
    clips = list(dict.fromkeys(clip for clip, _ in figures))
    columns = [
        Column(
            f"{method}\n{METRICS[name].heading}",
            [
                number(of[name]) if name in (of := figures.get((clip, method), {})) else "-"
                for clip in clips
            ],
        )
        for method in dict.fromkeys(method for _, method in figures)
        for name in ("J_best", "J_fg")
    ]
    print_in_pieces(console, Column("clip", clips), columns, [""] * len(clips))

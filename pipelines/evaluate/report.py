"""Scores -> the report: one JSON object, and the tables that people read."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Literal

from rich.console import Console
from rich.table import Table

from glom_video.evaluate import METRICS, ClipScore, Estimate, summarise
from glom_video.structures import LEVEL_NAMES, InvalidInput
from pipelines.evaluate.score import is_control

FORMAT_VERSION = 1
Family = Literal["accuracy", "self-consistency"]
FAMILIES: Mapping[Family, str] = {"accuracy": "accuracy against truth", "self-consistency": "self-consistency, which is not accuracy"}
PLAIN_WIDTH = 220
"""Columns of a table that goes to a file: nothing is cut off."""

Summaries = Mapping[str, Mapping[str, Mapping[str, Estimate]]]
"""By level, method and metric."""


def summaries(scores: Sequence[ClipScore]) -> Summaries:
    """Estimates over clips per level and method, methods in the order in which they first appear."""
    methods = dict.fromkeys(score.method for score in scores)
    by_level = {level: [score for score in scores if score.level == level] for level in reversed(LEVEL_NAMES)}
    return {
        level: {method: summarise(own) for method in methods if (own := [score for score in of_level if score.method == method])}
        for level, of_level in by_level.items()
        if of_level
    }


def report(scores: Sequence[ClipScore], failed: Mapping[str, InvalidInput], command: str) -> dict[str, Any]:
    """The whole report as JSON values: estimates per level, family, method and metric; then the scores of every clip."""
    levels = {
        level: {
            family: {method: {name: asdict(figure) for name, figure in _of(family, figures).items()} for method, figures in methods.items()}
            for family in FAMILIES
        }
        for level, methods in summaries(scores).items()
    }
    return {
        "format_version": FORMAT_VERSION,
        "command": command,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "levels": levels,
        "clips": [asdict(score) for score in scores],
        "failed": [{"clip": clip, "cause": error.cause, "remedy": error.remedy} for clip, error in failed.items()],
    }


def print_tables(scores: Sequence[ClipScore], command: str) -> None:
    """Tables on stdout: per level accuracy where there is truth, then self-consistency; per clip J-best and J-fg where the truth is one object."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=PLAIN_WIDTH)
    for level, methods in summaries(scores).items():
        for family, title in FAMILIES.items():
            figures = {method: _of(family, estimates) for method, estimates in methods.items() if _of(family, estimates)}
            if figures:
                console.print(f"{level} level: {title}", style="bold")
                console.print(_table(figures))
                for line in _partly_defined(figures):
                    console.print(line, style="dim", highlight=False)
    if any("J_best" in score.figures for score in scores):
        console.print("object level, clip by clip", style="bold")
        console.print(_clip_table(scores))
    console.print(f"Means over clips with 95 % bootstrap intervals. Made by: {command}", style="dim", highlight=False, soft_wrap=True)


def _of(family: Family, figures: Mapping[str, Estimate]) -> dict[str, Estimate]:
    return {name: figure for name, figure in figures.items() if METRICS[name].family == family}


def _table(methods: Mapping[str, Mapping[str, Estimate]]) -> Table:
    shown = [name for name, metric in METRICS.items() if metric.is_shown and any(name in figures for figures in methods.values())]
    table = Table(padding=(0, 1, 0, 0))
    table.add_column("method")
    for name in shown:
        table.add_column(METRICS[name].heading, justify="right")
    for method, figures in methods.items():
        row = [_cell(figures.get(name)) for name in shown]
        table.add_row(method, *row, style="dim" if is_control(method) else "")
    return table


def _cell(figure: Estimate | None) -> str:
    """The mean, and under it its interval."""
    if figure is None:
        return "-"
    mean = _number(figure.mean)
    return mean if figure.lower is None or figure.upper is None else f"{mean}\n{_number(figure.lower)}-{_number(figure.upper)}"


def _number(value: float) -> str:
    """Three digits at most: .352, 1.00, 12.3, 140."""
    value = round(value, 3) + 0.0  # no minus before a zero
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.9995 else f"{value:.3f}".replace("0.", ".", 1)


def _partly_defined(methods: Mapping[str, Mapping[str, Estimate]]) -> list[str]:
    """A line on each count of clips that some metrics fall short of, taken from the first method."""
    figures = next(iter(methods.values()))
    every = max(figure.clips for figure in figures.values())
    short: dict[int, list[str]] = {}
    for name, figure in figures.items():
        if figure.clips < every and METRICS[name].is_shown:
            short.setdefault(figure.clips, []).append(METRICS[name].heading)
    return [f"{', '.join(headings)}: {clips} of {every} clips, the others do not define it" for clips, headings in short.items()]


def _clip_table(scores: Sequence[ClipScore]) -> Table:
    """J-best and J-fg per clip, of methods and peers; the controls stand in the summary only."""
    figures = {(score.clip, score.method): score.figures for score in scores if "J_best" in score.figures and not is_control(score.method)}
    methods = list(dict.fromkeys(method for _, method in figures))
    table = Table(padding=(0, 1, 0, 0))
    table.add_column("clip")
    for method in methods:
        table.add_column(f"{method}\nJ-best", justify="right")
        table.add_column("\nJ-fg", justify="right")
    for clip in dict.fromkeys(clip for clip, _ in figures):
        own = [figures.get((clip, method), {}) for method in methods]
        table.add_row(clip, *(_number(of[name]) if name in of else "-" for of in own for name in ("J_best", "J_fg")))
    return table

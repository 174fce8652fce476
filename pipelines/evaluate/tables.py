"""The tables that people read in a terminal or a file."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from glom_video.evaluate import METRICS, ClipScore, Estimate
from glom_video_pipelines.evaluate.controls import is_control, is_still
from glom_video_pipelines.evaluate.summaries import FAMILIES, Summaries, number, of_family, remarks

PLAIN_WIDTH = 320
"""Columns of a table that goes to a file: nothing is cut off."""
MARK = " *"
"""Behind methods whose stability means nothing."""


def print_tables(scores: Sequence[ClipScore], summed: Summaries, command: str) -> None:
    """Tables on stdout: per level accuracy where there is truth, then self-consistency; per clip
    J-best and J-fg where the truth is one object."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=PLAIN_WIDTH)
    for level, methods in summed.items():
        for family, title in FAMILIES.items():
            figures = {
                method: of_family(family, estimates)
                for method, estimates in methods.items()
                if of_family(family, estimates)
            }
            if figures:
                if family == "self-consistency":
                    figures = {
                        method + MARK * is_still(method): own for method, own in figures.items()
                    }
                console.print(f"{level} level: {title}", style="bold")
                console.print(_table(figures))
                for line in remarks(family, methods):
                    console.print(line, style="dim", highlight=False)
    if any("J_best" in score.figures for score in scores):
        console.print("object level, clip by clip", style="bold")
        console.print(_clip_table(scores))
    console.print(
        f"Means over clips with 95 % bootstrap intervals. Made by: {command}",
        style="dim",
        highlight=False,
        soft_wrap=True,
    )


def _table(methods: Mapping[str, Mapping[str, Estimate]]) -> Table:
    shown = [
        name
        for name, metric in METRICS.items()
        if metric.is_shown and any(name in figures for figures in methods.values())
    ]
    table = Table(padding=(0, 1, 0, 0))
    table.add_column("method")
    for name in shown:
        table.add_column(METRICS[name].heading, justify="right")
    for method, figures in methods.items():
        row = [_cell(figures.get(name)) for name in shown]
        table.add_row(method, *row, style="dim" if is_control(method.removesuffix(MARK)) else "")
    return table


def _cell(figure: Estimate | None) -> str:
    """The mean, and under it its interval."""
    if figure is None:
        return "-"
    mean = number(figure.mean)
    return (
        mean
        if figure.lower is None or figure.upper is None
        else f"{mean}\n{number(figure.lower)}-{number(figure.upper)}"
    )


def _clip_table(scores: Sequence[ClipScore]) -> Table:
    """J-best and J-fg per clip, of methods and peers; the controls stand in the summary only."""
    figures = {
        (score.clip, score.method): score.figures
        for score in scores
        if "J_best" in score.figures and not is_control(score.method)
    }
    methods = list(dict.fromkeys(method for _, method in figures))
    table = Table(padding=(0, 1, 0, 0))
    table.add_column("clip")
    for method in methods:
        table.add_column(f"{method}\nJ-best", justify="right")
        table.add_column("\nJ-fg", justify="right")
    for clip in dict.fromkeys(clip for clip, _ in figures):
        own = [figures.get((clip, method), {}) for method in methods]
        table.add_row(
            clip,
            *(number(of[name]) if name in of else "-" for of in own for name in ("J_best", "J_fg")),
        )
    return table

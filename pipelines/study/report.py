"""What stands above every table of a study: what made it, when, and on what."""

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from glom_video.glom import Glom
from glom_video_pipelines.bench.report import machine
from glom_video_pipelines.evaluate.tables import stdout_console
from glom_video_pipelines.threads import available_cores


def origin(glom: Glom) -> dict[str, Any]:
    """Command, date and machine."""
    return {"command": shlex.join(["glom-video", *sys.argv[1:]])} | machine(glom, available_cores())


def print_origin(out: Console, result: dict[str, Any]) -> None:
    """Command, date, machine and type of products, above the tables."""
    out.print(
        (
            f"{result['command']}\n{result['date']}, {result['machine']}, {result['device']}, "
            f"products in {result['products']}"
        ),
        markup=False,
    )


def console() -> Console:
    """Of stdout, for tables and lines of any length."""
    return stdout_console(highlight=False, soft_wrap=True)


def print_result(
    result: dict[str, Any], print_tables: Callable[[dict[str, Any]], None], *, as_json: bool
) -> None:
    """On stdout: one JSON object, in which values are objects too, or tables."""
    if as_json:
        print(json.dumps(result, default=asdict))
    else:
        print_tables(result)


def print_table(
    out: Console, title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], names: int = 1
) -> None:
    """So many columns say what a row is, the others are figures."""
    table = Table(title=title, title_justify="left")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place < names else "right")
    for row in rows:
        table.add_row(*row)
    out.print(table)

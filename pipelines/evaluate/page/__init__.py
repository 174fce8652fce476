"""The report as one HTML file that opens anywhere, offline: tables, plots, and the frames behind
them."""

import json
import math
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from glom_video.evaluate import METRICS, Estimate
from glom_video.structures import LEVEL_NAMES
from glom_video_pipelines.evaluate.headline import Headline
from glom_video_pipelines.evaluate.page.plots import plots
from glom_video_pipelines.evaluate.page.top import definitions, top
from glom_video_pipelines.evaluate.peers import is_other
from glom_video_pipelines.evaluate.summaries import (
    FAMILIES,
    Family,
    Summaries,
    interval,
    marked,
    number,
    of_family,
    remarks,
    shown_metrics,
)

Report = Mapping[str, Any]
MOST_COLUMNS = 11
"""Of a table, beside the method: what 1280 pixels hold."""


def html_page(
    report: Report,
    summed: Summaries,
    clip_reports: Sequence[Mapping[str, Any]],
    headline: Headline | None,
) -> str:
    """The page of a report, its summaries, what is reported of its clips and what it says first."""
    from plotly.offline import get_plotlyjs

    shown = [
        {name: own[name] for name in ("clip", "method", "frames", "kept")} | _drawn(own)
        for own in clip_reports
    ]
    parts = [
        _head_html(_joined_files("colours.css", "page.css", "narrow.css")),
        "<header><h1>How stable are the islands, and are they right?</h1>"
        f"{_failed(report)}</header><main>",
        "" if headline is None else top(headline),
        *(_tables(level, methods) for level, methods in summed.items()),
        _clips_html() if shown else "",
        definitions(_measured(summed)),
        "</main><footer>Means over clips with 95 % bootstrap intervals. ",
        "Every figure is in metrics.json and metrics.parquet beside this page. Made "
        f"{escape(report['made'])} by <code>{escape(report['command'])}</code></footer>",
    ]
    if shown:
        data = json.dumps(shown, separators=(",", ":")).replace("</", "<\\/")
        parts += [
            f"<script type='application/json' id='reports'>{data}</script>",
            f"<script>{get_plotlyjs()}</script>",
            f"<script>{_joined_files('colours.js', 'page.js')}</script>",
        ]
    return "".join(parts) + "</body></html>\n"


def _joined_files(*names: str) -> str:
    """The texts of files that lie beside this one, one after the other."""
    here = files("glom_video_pipelines.evaluate.page")
    return "".join(here.joinpath(name).read_text(encoding="utf-8") for name in names)


def _head_html(style: str) -> str:
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><meta name='viewport' "
        "content='width=device-width'><link rel='icon' href='data:,'><title>glom-video "
        f"evaluate</title><style>{style}</style></head><body>"
    )


def _measured(summed: Summaries) -> list[str]:
    """The metrics of a report, in the order of tables."""
    measured = {
        name for methods in summed.values() for figures in methods.values() for name in figures
    }
    return [name for name in METRICS if name in measured]


def _drawn(report: Mapping[str, Any]) -> dict[str, Any]:
    levels = [level for level in reversed(LEVEL_NAMES) if level in report["levels"]]
    return {
        "plots": plots(report),
        "moments": [
            {"level": level, "moments": report["levels"][level]["moments"]} for level in levels
        ],
    }


def _clips_html() -> str:
    return (
        "<h2>Clip by clip</h2><div id='report'><div id='plots'></div><aside id='viewer'><select "
        "id='clip' aria-label='Clip and method'></select>"
        "<div id='picture'></div><p class='note' id='caption' aria-live='polite'></p>"
        "<button id='previous'>&larr; earlier</button> <button id='next'>later &rarr;</button>"
        "<ul id='tree'></ul><p class='note'>Click a place on a plot over time, or use the "
        "left and right arrow keys.</p></aside></div>"
    )


def _failed(report: Report) -> str:
    lines = [
        f"<li>{escape(failure['method'])}, {escape(failure['clip'])}: {escape(failure['cause'])}. "
        f"{escape(failure['remedy'])}</li>"
        for failure in report["failed"]
    ]
    return f"<p>Not scored to the end:</p><ul>{''.join(lines)}</ul>" if lines else ""


def _tables(level: str, methods: Mapping[str, Mapping[str, Estimate]]) -> str:
    """The tables of one level: accuracy and self-consistency, never in one."""
    made = []
    for family, title in FAMILIES.items():
        figures = {
            method: own
            for method, estimates in methods.items()
            if (own := of_family(family, estimates))
        }
        if figures:
            notes = "".join(
                f"<p class='note'>{escape(line)}</p>" for line in remarks(family, methods)
            )
            made.append(
                f"<section><details class='table' open><summary>{level.capitalize()} level: {title}"
                f"</summary>{notes}<div class='scroll'>{_table(figures, family)}</div></details>"
                "</section>"
            )
    return "".join(made)


def _table(methods: Mapping[str, Mapping[str, Estimate]], family: Family) -> str:
    """As many tables below each other as a usual screen needs to show all columns."""
    names = shown_metrics(methods)
    pieces = math.ceil(len(names) / MOST_COLUMNS)
    columns = math.ceil(len(names) / pieces)
    starts = range(0, len(names), columns)
    return "".join(_piece(methods, family, names[start : start + columns]) for start in starts)


def _piece(
    methods: Mapping[str, Mapping[str, Estimate]], family: Family, names: Sequence[str]
) -> str:
    head = "".join(
        f"<th title='{escape(METRICS[name].meaning)}'>{escape(METRICS[name].heading)}</th>"
        for name in names
    )
    rows = "".join(_row(method, family, figures, names) for method, figures in methods.items())
    return f"<table><thead><tr><th>method</th>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(method: str, family: Family, figures: Mapping[str, Any], names: Sequence[str]) -> str:
    kind = "other" if is_other(method) else "own"
    cells = "".join(_cell(METRICS[name].heading, figures.get(name)) for name in names)
    return f"<tr class='{kind}'><td>{escape(marked(method, family))}</td>{cells}</tr>"


def _cell(heading: str, figure: Estimate | None) -> str:
    """With its heading, which narrow screens show beside it."""
    label = f"data-heading='{escape(heading)}'"
    if figure is None:
        return f"<td {label}>-</td>"
    bounds = interval(figure)
    small = f"<small>{bounds}</small>" if bounds else ""
    return f"<td {label}><span>{number(figure.mean)}{small}</span></td>"

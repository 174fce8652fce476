"""Plots with a row per id and bars where it is seen: spans of ids, and the parse tree over time."""

from collections.abc import Mapping
from typing import Any

from glom_video_pipelines.evaluate.page.axes import Figure, timed

ROW_PIXELS = 13
"""Height of a row."""


def id_spans(level: str, own: Mapping[str, Any]) -> Figure:
    """Rows are ids, those that were seen longest."""
    rows = [f"{level} {line['id']}" for line in own["longest_ids"]]
    data = [
        _bars(row, line["spans"], line["colour"], f"{row}<br>seen in {line['frames']} frames")
        for row, line in zip(rows, own["longest_ids"], strict=True)
    ]
    return {"data": data, "layout": _gantt(rows)}


def tree(own: Mapping[str, Any]) -> Figure:
    """Rows are parts, those of one object beside each other."""
    lines = sorted(
        own["longest_ids"], key=lambda line: (_main_state(line["spans"]), line["spans"][0][0])
    )
    rows = [f"part {line['id']}" for line in lines]
    data = []
    for row, line in zip(rows, lines, strict=True):
        for state in dict.fromkeys(span[2] for span in line["spans"]):
            where = f"in object {state}" if state else "in no object"
            spans = [span for span in line["spans"] if span[2] == state]
            data.append(_bars(row, spans, own["parent_colours"][state], f"{row} {where}"))
    return {"data": data, "layout": _gantt(rows)}


def _main_state(spans: list[list[int]]) -> int:
    frames: dict[int, int] = {}
    for first, last, state in spans:
        frames[state] = frames.get(state, 0) + last - first + 1
    return max(frames, key=lambda state: frames[state])


def _bars(row: str, spans: list[list[int]], colour: str, hover: str) -> Figure:
    return {
        "type": "bar",
        "orientation": "h",
        "y": [row] * len(spans),
        "base": [first - 0.5 for first, _, _ in spans],
        "x": [last - first + 1 for first, last, _ in spans],
        "marker": {"color": colour},
        "hovertemplate": hover + "<br>frames %{customdata[0]} to %{customdata[1]}<extra></extra>",
        "customdata": [span[:2] for span in spans],
        "showlegend": False,
    }


def _gantt(rows: list[str]) -> Figure:
    axis = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": rows[::-1],
        "tickfont": {"size": 10},
        "automargin": True,
    }
    return {
        **timed(70 + ROW_PIXELS * max(4, len(rows)), axis, barmode="overlay", bargap=0.25),
        "hovermode": "closest",
    }

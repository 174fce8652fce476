"""What is reported of a clip -> its plots, as figures that plotly.js draws."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, NamedTuple

from glom_video.evaluate import METRICS
from glom_video_pipelines.evaluate.page.axes import AXIS, Figure, layout, timed
from glom_video_pipelines.evaluate.page.rows import id_spans, tree

CURVES = {
    "stability": ("stability", "solid"),
    "background_stability": ("background's stability", "dashdot"),
    "flicker": ("flicker", "dot"),
    "coverage": ("coverage", "dash"),
}


class Plot(NamedTuple):
    """One plot of a clip."""

    title: str
    caption: str
    is_timeline: bool
    """Whether the horizontal axis is the frame, which can be clicked."""
    figure: Figure


def plots(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The fields of each Plot: over time first, then of the whole clip."""
    levels = {
        level: report["levels"][level] for level in ("object", "part") if level in report["levels"]
    }
    drawn = chain(
        _curves(levels),
        _events_by_level(levels),
        _id_spans_by_level(levels),
        _parse_tree(levels, report["nesting"]),
        _drifts(levels),
        _shares(levels, report["nesting"]),
    )
    return [plot._asdict() for plot in drawn]


def _curves(levels: Mapping[str, Any]) -> Iterator[Plot]:
    caption = (
        f"Self-consistency: {METRICS['stability'].meaning}. Dots are the worst moments. Click "
        "the legend for more curves."
    )
    yield Plot("Stability over time", caption, True, _stability(levels))
    if any(value is not None for own in levels.values() for value in own["means"]["mbo"]):
        caption = "Mean best overlap of the true segments in each frame that has truth."
        yield Plot("Accuracy over time", caption, True, _accuracy(levels))


def _events_by_level(levels: Mapping[str, Any]) -> Iterator[Plot]:
    caption = "Births, ids that go out of sight, and ids that pass to another island."
    for level, own in levels.items():
        note = caption if any(map(any, own["events"].values())) else f"{caption} None here."
        yield Plot(f"Id events, {level}s", note, True, _events(own))


def _id_spans_by_level(levels: Mapping[str, Any]) -> Iterator[Plot]:
    for level, own in levels.items():
        caption = _left_out(own, f"{level} ids")
        yield Plot(f"Island lifelines, {level}s", caption, True, id_spans(level, own))


def _parse_tree(levels: Mapping[str, Any], nesting: Mapping[str, Any] | None) -> Iterator[Plot]:
    if "part" in levels and nesting is not None:
        caption = (
            f"{_left_out(levels['part'], 'parts')} The colour is that of the object that the part "
            "lies in."
        )
        yield Plot("Parse tree over time", caption, True, tree(levels["part"]))


def _drifts(levels: Mapping[str, Any]) -> Iterator[Plot]:
    if any(own["drift"] for own in levels.values()):
        caption = (
            "How far an island's vector has turned after k frames. Dashed: how far different "
            "islands are apart; drift must stay well below."
        )
        yield Plot("Drift", caption, False, _drift(levels))


def _shares(levels: Mapping[str, Any], nesting: Mapping[str, Any] | None) -> Iterator[Plot]:
    """Which part lay in which object, and which id held which true segment."""
    if nesting is not None:
        caption = (
            "Share of each part's pixels that lay in each object: a proper tree has one full cell "
            "in each row."
        )
        heat = _heat(nesting, "part", "object", "no object")
        yield Plot("Parts and their objects", caption, False, heat)
    for level, own in levels.items():
        if own["confusion"] is not None:
            caption = (
                f"Share of each true {level}'s pixels, over the whole clip, that each predicted "
                "id held."
            )
            heat = _heat(own["confusion"], f"true {level}", "id", "background")
            yield Plot(f"True and predicted {level}s", caption, False, heat)


def _stability(levels: Mapping[str, Any]) -> Figure:
    data = [
        {
            "x": own["places"],
            "y": own["means"][name],
            "name": f"{title}, {level}",
            "mode": "lines",
            "line": {
                "color": f"var(--{level})",
                "dash": dash,
                "width": 2 if name == "stability" else 1.2,
            },
            "visible": True if name == "stability" else "legendonly",
        }
        for level, own in levels.items()
        for name, (title, dash) in CURVES.items()
        if any(value is not None for value in own["means"][name])
    ]
    data += [
        {
            "x": [moment["place"] for moment in own["moments"]],
            "y": [moment["stability"] for moment in own["moments"]],
            "name": f"worst moments, {level}",
            "mode": "markers",
            "marker": {
                "color": f"var(--{level})",
                "size": 9,
                "line": {"color": "var(--panel)", "width": 1.5},
            },
        }
        for level, own in levels.items()
        if own["moments"]
    ]
    return {"data": data, "layout": timed(300, {})}


def _accuracy(levels: Mapping[str, Any]) -> Figure:
    data = [
        {
            "x": own["places"],
            "y": own["means"]["mbo"],
            "name": level,
            "mode": "lines+markers",
            "marker": {"size": 3},
            "connectgaps": True,
            "line": {"color": f"var(--{level})"},
        }
        for level, own in levels.items()
    ]
    return {"data": data, "layout": timed(240, {"range": [0, 1.02]})}


def _events(own: Mapping[str, Any]) -> Figure:
    data = [
        {
            "x": own["places"],
            "y": counts,
            "name": name,
            "type": "bar",
            "marker": {"color": f"var(--{name})"},
        }
        for name, counts in own["events"].items()
        if any(counts)
    ]
    drawn = timed(220, {"title": {"text": "ids"}, "rangemode": "tozero"}, barmode="stack", bargap=0)
    if not data:  # axes of their own would begin before the clip
        drawn["xaxis"]["range"] = [own["places"][0], own["places"][-1]]
        drawn["yaxis"]["range"] = [0, 1]
    return {"data": data, "layout": drawn}


def _drift(levels: Mapping[str, Any]) -> Figure:
    data = []
    for level, own in levels.items():
        lags = [lag for lag, _ in own["drift"]]
        line = {"color": f"var(--{level})"}
        data.append(
            {
                "x": lags,
                "y": [drift for _, drift in own["drift"]],
                "name": f"drift, {level}",
                "mode": "lines+markers",
                "line": line,
            }
        )
        if own["between"] is not None and lags:
            apart = [1 - own["between"]] * len(lags)
            data.append(
                {
                    "x": lags,
                    "y": apart,
                    "name": f"different {level}s",
                    "mode": "lines",
                    "line": {**line, "dash": "dash"},
                }
            )
    return {
        "data": data,
        "layout": layout(
            260,
            xaxis={
                **AXIS,
                "title": {"text": "k, frames"},
                "type": "log",
                "tickvals": [1, 2, 5, 10, 20, 50],
            },
            yaxis={**AXIS, "title": {"text": "1 - cosine"}, "rangemode": "tozero"},
            hovermode="x",
        ),
    }


def _heat(matrix: Mapping[str, Any], row: str, column: str, nothing: str) -> Figure:
    axis = {"type": "category", "tickfont": {"size": 10}, "automargin": True}
    return {
        "data": [
            {
                "type": "heatmap",
                "z": matrix["shares"],
                "x": [f"{column} {number}" if number else nothing for number in matrix["columns"]],
                "y": [f"{row} {number}" for number in matrix["rows"]],
                "zmin": 0,
                "zmax": 1,
                "colorscale": [
                    [0, "var(--panel)"],
                    [0.05, "var(--heat-low)"],
                    [1, "var(--heat-high)"],
                ],
                "xgap": 1,
                "ygap": 1,
                "hovertemplate": "%{y}: %{z:.0%} in %{x}<extra></extra>",
                "colorbar": {"thickness": 10, "tickformat": ".0%"},
            }
        ],
        "layout": layout(
            90 + 18 * max(4, len(matrix["rows"])),
            xaxis=axis,
            yaxis={**axis, "autorange": "reversed"},
            hovermode="closest",
        ),
    }


def _left_out(own: Mapping[str, Any], what: str) -> str:
    shown, seen = len(own["longest_ids"]), own["ids_seen"]
    if shown < seen:
        return f"{shown} of {seen} {what}: those that were seen longest."
    return f"All {seen} {what}." if seen != 1 else f"There was only one of the {what}."

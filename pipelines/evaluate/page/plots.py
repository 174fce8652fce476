"""A clip's story -> its plots, as figures that plotly.js draws."""

from collections.abc import Iterator, Mapping
from typing import Any

from glom_video.evaluate import METRICS
from glom_video_pipelines.evaluate.page.axes import AXIS, Figure, layout, timed
from glom_video_pipelines.evaluate.page.rows import lifelines, tree

LEVEL_COLOURS = {"object": "#1f5fa8", "part": "#c8641c"}
EVENT_COLOURS = {
    "births": "#3a9d5d",
    "gone": "#9aa3ad",
    "switches": "#d62f2f",
    "merges": "#8d4bbb",
    "splits": "#e0a020",
}
CURVES = {
    "stability": ("stability", "solid"),
    "background_stability": ("background's stability", "dashdot"),
    "flicker": ("flicker", "dot"),
    "coverage": ("coverage", "dash"),
}


def plots(story: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Title, caption and figure of each plot; ``is_timeline`` where the horizontal axis is the
    frame, which can be clicked."""
    return [
        {"title": title, "caption": caption, "is_timeline": is_timeline, "figure": figure}
        for title, caption, is_timeline, figure in _plots(story)
    ]


def _plots(story: Mapping[str, Any]) -> Iterator[tuple[str, str, bool, Figure]]:
    levels = {
        level: story["levels"][level] for level in ("object", "part") if level in story["levels"]
    }
    yield (
        "Stability over time",
        (
            f"Self-consistency: {METRICS['stability'].meaning}. Dots are the worst moments. Click "
            "the legend for more curves."
        ),
        True,
        _stability(levels),
    )
    if any(value is not None for own in levels.values() for value in own["means"]["mbo"]):
        yield (
            "Accuracy over time",
            "Mean best overlap of the true segments in each frame that has truth.",
            True,
            _accuracy(levels),
        )
    for level, own in levels.items():
        yield (
            f"Id events, {level}s",
            "Births, ids that go out of sight, and ids that pass to another island.",
            True,
            _events(own),
        )
    for level, own in levels.items():
        yield (
            f"Island lifelines, {level}s",
            _left_out(own, f"{level} ids"),
            True,
            lifelines(level, own),
        )
    if "part" in levels and story["nesting"] is not None:
        yield (
            "Parse tree over time",
            _left_out(levels["part"], "parts")
            + " The colour is that of the object that the part lies in.",
            True,
            tree(levels["part"]),
        )
    if any(own["drift"] for own in levels.values()):
        caption = (
            "How far an island's vector has turned after k frames. Dashed: how far different "
            "islands are apart; drift must stay well below."
        )
        yield "Drift", caption, False, _drift(levels)
    if story["nesting"] is not None:
        caption = (
            "Share of each part's pixels that lay in each object: a proper tree has one dark cell "
            "in each row."
        )
        yield (
            "Parts and their objects",
            caption,
            False,
            _heat(story["nesting"], "part", "object", "no object"),
        )
    for level, own in levels.items():
        if own["confusion"] is not None:
            caption = (
                f"Share of each true {level}'s pixels, over the whole clip, that each predicted "
                "id held."
            )
            yield (
                f"True and predicted {level}s",
                caption,
                False,
                _heat(own["confusion"], f"true {level}", "id", "background"),
            )


def _stability(levels: Mapping[str, Any]) -> Figure:
    data = [
        {
            "x": own["places"],
            "y": own["means"][name],
            "name": f"{title}, {level}",
            "mode": "lines",
            "line": {
                "color": LEVEL_COLOURS[level],
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
                "color": LEVEL_COLOURS[level],
                "size": 9,
                "line": {"color": "#ffffff", "width": 1.5},
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
            "line": {"color": LEVEL_COLOURS[level]},
        }
        for level, own in levels.items()
    ]
    return {"data": data, "layout": timed(240, {"range": [0, 1.02]})}


def _events(own: Mapping[str, Any]) -> Figure:
    data = [
        {
            "x": own["places"],
            "y": own["events"][name],
            "name": name,
            "type": "bar",
            "marker": {"color": colour},
        }
        for name, colour in EVENT_COLOURS.items()
        if any(own["events"][name])
    ]
    return {
        "data": data,
        "layout": timed(
            220, {"title": {"text": "ids"}, "rangemode": "tozero"}, barmode="stack", bargap=0
        ),
    }


def _drift(levels: Mapping[str, Any]) -> Figure:
    data = []
    for level, own in levels.items():
        lags = [lag for lag, _ in own["drift"]]
        line = {"color": LEVEL_COLOURS[level]}
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
                "colorscale": [[0, "#ffffff"], [0.05, "#e3edf7"], [1, "#0b3d78"]],
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
    shown, seen = len(own["lifelines"]), own["ids_seen"]
    return (
        f"All {seen} {what}."
        if shown >= seen
        else f"{shown} of {seen} {what}: those that were seen longest."
    )

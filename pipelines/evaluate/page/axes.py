"""Sizes, margins, axes and fonts that the plots of the page share."""

from typing import Any

Figure = dict[str, Any]


AXIS = {"gridcolor": "#e6e8eb", "zeroline": False}


def layout(height: int, **more: Any) -> Figure:
    """What all plots share; ``height`` in pixels."""
    return {
        "height": height,
        "margin": {"l": 62, "r": 34, "t": 8, "b": 40},
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": "#23272e"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "#ffffff",
        "hoverdistance": -1,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "modebar": {
            "bgcolor": "rgba(0,0,0,0)",
            "color": "#b4bbc4",
            "activecolor": "#1f5fa8",
            "orientation": "v",
        },
        **more,
    }


def timed(height: int, y_axis: Figure, **more: Any) -> Figure:
    """Layout of a plot over frames."""
    return layout(
        height,
        xaxis={**AXIS, "title": {"text": "frame"}},
        yaxis={**AXIS, **y_axis},
        hovermode="x",
        **more,
    )

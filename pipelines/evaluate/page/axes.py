"""Sizes, margins, axes and fonts that the plots of the page share. Colours are names, such as
``var(--ink)``, that stand in colours.css."""

from typing import Any

Figure = dict[str, Any]
AXIS = {"gridcolor": "var(--grid)", "zeroline": False}


def layout(height: int, **more: Any) -> Figure:
    """What all plots share; ``height`` in pixels."""
    return {
        "height": height,
        "margin": {"l": 62, "r": 34, "t": 8, "b": 40},
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": "var(--ink)"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "var(--panel)",
        "hoverdistance": -1,
        "uirevision": "kept",  # what is zoomed in on or left out stays so in other colours
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "modebar": {
            "bgcolor": "rgba(0,0,0,0)",
            "color": "var(--soft)",
            "activecolor": "var(--accent)",
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

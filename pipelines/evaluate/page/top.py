"""The top of the report: three sentences, five figures with what they mean, and where to look."""

from html import escape

from glom_video.evaluate import METRICS, Estimate
from glom_video_pipelines.evaluate.headline import Headline, direction
from glom_video_pipelines.evaluate.summaries import interval, number

DOCS = "docs/evaluate.md"


def top(headline: Headline) -> str:
    """HTML of a headline, ``section`` and all."""
    cards = "".join(_card(name, figure, headline) for name, figure in headline.figures.items())
    worst = f"<p>{_worst_step(headline)}</p>" if headline.worst is not None else ""
    return (
        f"<section id='top'><p class='note'>{escape(headline.method)}, {headline.level} level</p>"
        f"<p>{escape(headline.found)}</p><p>{escape(headline.ids)}</p>{worst}"
        f"<dl class='cards'>{cards}</dl></section>"
    )


def _worst_step(headline: Headline) -> str:
    """The sentence on the step with the most changes of ids, as a link to it."""
    assert headline.worst is not None, "there is a step to name"
    moment = headline.moment
    if moment is None:
        return escape(headline.worst)
    return (
        f"<a id='look' href='#report' data-clip='{escape(moment.clip)}' "
        f"data-method='{escape(moment.method)}' data-level='{moment.level}' "
        f"data-place='{moment.place}'>{escape(headline.worst)}</a>"
    )


def _card(name: str, figure: Estimate, headline: Headline) -> str:
    """One figure: its value, its interval, which way is better; its definition on hover, and as a
    link to where it stands below."""
    metric = METRICS[name]
    notes = [direction(name)]
    if (bounds := interval(figure)) is not None:
        notes.insert(0, bounds)
    background = headline.background_stability
    if name == "stability" and background is not None:
        notes.insert(0, f"background's {number(background.mean)}")
    return (
        f"<div class='{metric.better or 'neither'}' title='{escape(metric.meaning)}'>"
        f"<dt><a href='#{anchor(name)}'>{escape(metric.heading)}</a></dt>"
        f"<dd>{number(figure.mean)}<small>{'<br>'.join(notes)}</small></dd></div>"
    )


def definitions(names: list[str]) -> str:
    """What the metrics of a report mean."""
    rows = "".join(
        f"<dt id='{anchor(name)}'>{escape(METRICS[name].heading)}</dt>"
        f"<dd>{escape(METRICS[name].meaning)}. <em>{METRICS[name].family}; {direction(name)}</em>"
        "</dd>"
        for name in names
    )
    return (
        "<details id='definitions'><summary>What the figures mean</summary>"
        f"<dl>{rows}</dl><p class='note'>The same words stand in {DOCS}, with where each metric "
        "comes from.</p></details>"
    )


def anchor(name: str) -> str:
    """The id of a definition in the page."""
    return f"metric-{name.replace('&', '-and-')}"

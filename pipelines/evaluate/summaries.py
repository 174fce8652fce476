"""Scores of clips -> what is reported of them: estimates by level, method and metric, as values and
as JSON; and how a figure is written."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Literal

from glom_video.evaluate import METRICS, ClipScore, Estimate, summarise
from glom_video.structures import LEVEL_NAMES, InvalidInput
from glom_video_pipelines.evaluate.controls import is_still

FORMAT_VERSION = 2
Family = Literal["accuracy", "self-consistency"]
FAMILIES: Mapping[Family, str] = {
    "accuracy": "accuracy against truth",
    "self-consistency": "self-consistency, which is not accuracy",
}

MARK = " *"
"""Behind methods whose stability means nothing."""

Summaries = Mapping[str, Mapping[str, Mapping[str, Estimate]]]
"""By level, method and metric."""


def summaries(scores: Sequence[ClipScore]) -> Summaries:
    """Estimates over clips per level and method, methods in the order in which they first
    appear."""
    methods = dict.fromkeys(score.method for score in scores)
    by_level = {
        level: [score for score in scores if score.level == level]
        for level in reversed(LEVEL_NAMES)
    }
    return {
        level: {
            method: summarise(own)
            for method in methods
            if (own := [score for score in of_level if score.method == method])
        }
        for level, of_level in by_level.items()
        if of_level
    }


def marked(method: str, family: Family) -> str:
    """The method as tables name it, with a star where its stability means nothing."""
    return f"{method}{MARK}" if family == "self-consistency" and is_still(method) else method


def of_family(family: Family, figures: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """The figures of one family: the two never share a column."""
    return {name: figure for name, figure in figures.items() if METRICS[name].family == family}


def shown_metrics(methods: Mapping[str, Mapping[str, Estimate]]) -> list[str]:
    """The metrics that a table of these methods shows, in order."""
    return [
        name
        for name, metric in METRICS.items()
        if metric.is_shown and any(name in figures for figures in methods.values())
    ]


def report(
    scores: Sequence[ClipScore],
    summed: Summaries,
    failed: Mapping[tuple[str, str], InvalidInput],
    command: str,
) -> dict[str, Any]:
    """The whole report as JSON values: estimates per level, family, method and metric; the scores
    of every clip; and what was not scored to its end, by method and clip, with its error."""
    levels = {
        level: {
            family: {
                method: {
                    name: asdict(figure) for name, figure in of_family(family, figures).items()
                }
                for method, figures in methods.items()
            }
            for family in FAMILIES
        }
        for level, methods in summed.items()
    }
    return {
        "format_version": FORMAT_VERSION,
        "command": command,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "levels": levels,
        "clips": [asdict(score) for score in scores],
        "failed": [
            {"method": method, "clip": clip, "cause": error.cause, "remedy": error.remedy}
            for (method, clip), error in failed.items()
        ],
    }


def number(value: float) -> str:
    """Three digits at most: .352, 1.00, 12.3, 140."""
    value = round(value, 3) + 0.0  # no minus before a zero
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.9995 else f"{value:.3f}".replace("0.", ".", 1)


def counted(share: Estimate) -> str:
    """Of a share of clips, how many: ``3 of 4``."""
    return f"{round(share.mean * share.clips)} of {share.clips}"


def interval(figure: Estimate) -> str | None:
    """The bounds of a confidence interval; None where there is none."""
    if figure.lower is None or figure.upper is None:
        return None
    between = " to " if figure.lower < 0 else "-"
    return f"{number(figure.lower)}{between}{number(figure.upper)}"


def remarks(family: Family, methods: Mapping[str, Mapping[str, Estimate]]) -> list[str]:
    """What has to stand beside the table of one family: what some clips do not define, and whose
    stability means nothing."""
    figures = {method: of_family(family, own) for method, own in methods.items()}
    lines = _partly_defined(next((own for own in figures.values() if own), {}))
    still = [f"{method} ({_beside(own)})" for method, own in methods.items() if is_still(method)]
    split = [
        f"{method} in {counted(own['only_split'])}"
        for method, own in figures.items()
        if "only_split" in own
    ]
    if split:
        lines.append(f"The only object of a clip has two ids or more: {'; '.join(split)}.")
    if family == "self-consistency" and still:
        lines.append(
            "Maps that never change are stable by construction, which is no merit: "
            f"{'; '.join(still)}."
        )
    return lines


def _partly_defined(figures: Mapping[str, Estimate]) -> list[str]:
    """A line on each count of clips that some metrics fall short of, taken from one method."""
    every = max((figure.clips for figure in figures.values()), default=0)
    short: dict[int, list[str]] = {}
    for name, figure in figures.items():
        if figure.clips < every and METRICS[name].is_shown:
            short.setdefault(figure.clips, []).append(METRICS[name].heading)
    return [
        f"{', '.join(headings)}: {clips} of {every} clips, the others do not define it"
        for clips, headings in short.items()
    ]


def _beside(figures: Mapping[str, Estimate]) -> str:
    """The accuracy that belongs beside a stability, or coverage where there is no truth."""
    accuracy = next(
        (name for name in ("fg_ari_video", "J_best", "mbo_video") if name in figures), None
    )
    if accuracy is not None:
        return f"{METRICS[accuracy].heading} {number(figures[accuracy].mean)}"
    return (
        f"no truth at this level; coverage {number(figures['coverage'].mean)}, islands a frame "
        f"{number(figures['islands'].mean)}"
    )

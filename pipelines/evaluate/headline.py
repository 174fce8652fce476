"""The beginning of a report: three sentences from its figures, and the five figures behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from glom_video.evaluate import METRICS, SURVIVAL_SECONDS, ClipScore, Estimate
from glom_video.formats.clock_time import clock_time
from glom_video_pipelines.evaluate.peers import is_other
from glom_video_pipelines.evaluate.summaries import Summaries, counted, number

Figures = Mapping[str, Estimate]
FIGURES = 5
LASTING = 0.95
"""Share of first ids still there from which on ids are said to last."""
MANY_SPLIT = 0.5
"""Share of clips with one object from which on its being split is said."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Where to look: a step of one clip."""

    clip: str
    method: str
    level: str
    place: int


@dataclass(frozen=True, slots=True)
class Headline:
    """What a report says first of one method."""

    method: str
    level: str
    found: str
    ids: str
    worst: str | None
    """None where no step could be seen."""
    moment: Moment | None
    """What ``worst`` tells of, where the report shows it."""
    figures: Figures
    """FIGURES of them at the most."""
    background_stability: Estimate | None
    """What stands beside stability and is never mixed into it."""


def headline(
    scores: Sequence[ClipScore], summed: Summaries, reports: Sequence[Mapping[str, Any]]
) -> Headline | None:
    """Of the first method that is no control and no peer, at the object level where it has one;
    None where nothing was scored."""
    for level, methods in summed.items():
        for method, figures in methods.items():
            if is_other(method):
                continue
            own = [score for score in scores if (score.method, score.level) == (method, level)]
            worst, moment = _worst(method, level, reports)
            return Headline(
                method=method,
                level=level,
                found=_found(level, figures, own),
                ids=_ids(level, figures),
                worst=worst,
                moment=moment,
                figures=_chosen(figures),
                background_stability=figures.get("background_stability"),
            )
    return None


def _found(level: str, figures: Figures, scores: Sequence[ClipScore]) -> str:
    """How well things are found, with truth; how much there is, without."""
    things = f"{level.capitalize()}s"
    if "mbo_image" not in figures:
        return (
            f"Without truth nobody knows whether {things.lower()} are right: "
            f"{number(figures['islands'].mean)} a frame cover "
            f"{percent(figures['coverage'].mean)} of the picture."
        )
    overlap = figures["mbo_image"].mean
    word = graded(overlap, (0.7, "found well"), (0.45, "found in part"), (0, "hardly found"))
    sentence = (
        f"{things} are {word}: in a frame the best mask of a true {level} overlaps it by "
        f"{number(overlap)} (IoU)"
    )
    if "false_objects" in figures:
        sentence += f", and {number(figures['false_objects'].mean)} {level}s a frame touch none"
    measured = [score for score in scores if "mbo_image" in score.figures]
    if len(measured) > 1:
        worst = min(measured, key=lambda score: score.figures["mbo_image"])
        sentence += f"; worst in {worst.clip} ({number(worst.figures['mbo_image'])})"
    return sentence + "."


def _ids(level: str, figures: Figures) -> str:
    """Whether ids last, by the truth where there is some."""
    survival, switches = kept_longest(figures), _switches(figures)
    if switches is None:
        return "Whether ids last is not known: no frames with times follow each other."
    often = "no id changes"
    if figures[switches].mean:
        often = f"ids change {number(figures[switches].mean)} times a minute of {level} time"
    if survival is None:
        return f"Ids could be followed for less than a second: {often}{_where(level, figures)}."
    share = figures[survival].mean
    return (
        f"{_lasting(level, share, figures)}: {percent(share)} of the {level}s in view still have "
        f"their first id after {survival.rpartition('_')[2]} s, and {often}"
        f"{_where(level, figures)}."
    )


def _lasting(level: str, share: float, figures: Figures) -> str:
    """In words, with what ids are lost by."""
    word = graded(
        share, (LASTING, "Ids last"), (0.75, "Ids are lost at times"), (0, "Ids are often lost")
    )
    back, split = figures.get("reidentified"), figures.get("only_split")
    if back is not None and back.mean < share:
        return f"{word}, above all at occlusions"
    if split is not None and split.mean >= MANY_SPLIT:
        return f"{word}, {'but' if share >= LASTING else 'and'} {level}s are split"
    return word


def _where(level: str, figures: Figures) -> str:
    """What the truth tells of the places where ids are lost."""
    back, split = figures.get("reidentified"), figures.get("only_split")
    told = ""
    if split is not None:
        told += f"; the only {level} of a clip has two ids or more in {counted(split)} clips"
    if back is not None:
        told += f"; after {percent(back.mean)} of the full occlusions the old id is back"
    return told


def _worst(
    method: str, level: str, reports: Sequence[Mapping[str, Any]]
) -> tuple[str | None, Moment | None]:
    """The step of all clips in which most pixels change their id."""
    told = [
        (moment, report)
        for report in reports
        if report["method"] == method and level in report["levels"]
        for moment in report["levels"][level]["moments"]
    ]
    if not told:
        return None, None
    moment, report = max(told, key=lambda pair: pair[0]["badness"])
    name = moment["name"]
    at = f"frame {int(name) if name.isdecimal() else name}"
    if moment["seconds"] is not None:
        at = f"{clock_time(moment['seconds'] // 1)} ({at})"
    sentence = (
        f"Look first at {report['clip']}, {at}: {percent(1 - moment['stability'])} of what is "
        f"{'an' if level[0] in 'aeiou' else 'a'} {level} does not keep its id there."
    )
    return sentence, Moment(report["clip"], method, level, moment["place"])


def kept_longest(figures: Figures) -> str | None:
    """The id survival to speak of: after 5 s, or the longest that was measured; by the truth where
    there is some."""
    for prefix in ("", "own_"):
        for seconds in (5, *reversed(SURVIVAL_SECONDS)):
            if (name := f"{prefix}survival_{seconds}") in figures:
                return name
    return None


def _switches(figures: Figures) -> str | None:
    """By the truth where there is some."""
    return next(
        (name for name in ("switches_minute", "own_switches_minute") if name in figures), None
    )


def _chosen(figures: Figures) -> dict[str, Estimate]:
    """The five to read first, those that need truth before the others."""
    wanted = (
        next((name for name in ("J_best", "J&F", "mbo_video") if name in figures), None),
        "stability",
        kept_longest(figures),
        _switches(figures),
        "false_objects",
        "AssA",
        "F_best",
        "life",
        "drift_1",
        "births",
        "deaths",
    )
    present = [name for name in wanted if name is not None and name in figures]
    return {name: figures[name] for name in present[:FIGURES]}


def graded(value: float, *grades: tuple[float, str]) -> str:
    """The word of the first grade that the value reaches; the last one takes all."""
    return next((word for least, word in grades if value >= least), grades[-1][1])


def percent(share: float) -> str:
    """``3 %``; with a digit where it would seem to be none or all, ``.400 %``, ``99.6 %``."""
    is_plain = share in (0, 1) or 0.01 <= share < 0.995
    return f"{100 * share:.0f} %" if is_plain else f"{number(100 * share)} %"


def direction(name: str) -> str:
    """Which way is better, for people."""
    better = METRICS[name].better
    return "neither way is better" if better is None else f"{better} is better"

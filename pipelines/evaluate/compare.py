"""``--compare A.json B.json``: what got better and worse from one report to another, as a gate
against regressions."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from rich.table import Table

from glom_video.evaluate import METRICS, estimate
from glom_video.structures import InvalidInput
from glom_video_pipelines.evaluate.peers import is_other
from glom_video_pipelines.evaluate.summaries import FORMAT_VERSION, number
from glom_video_pipelines.evaluate.tables import stdout_console

REMEDY = "Name two metrics.json files, as glom-video evaluate -o writes them."
"""For a file that is no report."""
Verdict = Literal["worse", "better", "same", "changed", "gone"]
STYLES: Mapping[Verdict, str] = {"worse": "red", "gone": "red", "better": "green"}
"""Of the rows of a table; others have none."""
Figures = Mapping[tuple[str, str], Mapping[str, float]]
"""Of one method: by level and clip, then by metric."""


@dataclass(frozen=True, slots=True)
class Change:
    """One metric at one level, over the clips that both reports have."""

    method: str
    level: str
    metric: str
    before: float
    after: float | None
    """None where it is not measured any more."""
    interval: tuple[float, float] | None
    """95 % bootstrap interval of the difference over clips, pair by pair."""
    verdict: Verdict


def run_compare(before: Path, after: Path, *, tolerance: float, as_json: bool) -> int:
    """Compare two reports, print what changed, and return 1 if any metric fell by more than the
    tolerance, else 0.

    Controls and peers are left out: they change with the clips only. A metric without a better
    direction is shown and never fails. Raises InvalidInput for files that are no reports or have
    nothing in common.
    """
    try:
        changes = compare(load_report(before), load_report(after), tolerance)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            f"{before} or {after} is no whole report: {type(error).__name__} {error}", REMEDY
        ) from error
    if not changes:
        raise InvalidInput(
            f"{before} and {after} share no method and clip",
            "Compare two reports over the same clips.",
        )
    fell = _fallen(changes)
    if as_json:
        rows = [asdict(change) for change in changes]
        print(json.dumps({"tolerance": tolerance, "fell": len(fell), "changes": rows}))
    else:
        _show(changes, tolerance)
    return int(bool(fell))


def compare(before: Mapping[str, Any], after: Mapping[str, Any], tolerance: float) -> list[Change]:
    """Changes of every metric, over common clips. Two reports of one method each are compared
    whatever the methods are called."""
    old, new = _by_method(before), _by_method(after)
    pairs = {method: method for method in old if method in new}
    if not pairs and len(old) == len(new) == 1:
        pairs = {next(iter(old)): next(iter(new))}
    return [
        change
        for one, other in pairs.items()
        for change in _changes(one, old[one], new[other], tolerance)
    ]


def _changes(method: str, old: Figures, new: Figures, tolerance: float) -> Iterator[Change]:
    scored = {clip for _, clip in new}
    for level in dict.fromkeys(level for level, _ in old):
        both = [
            (own, new.get(key, {}))
            for key, own in old.items()
            if key[0] == level and key[1] in scored
        ]
        for metric in METRICS:
            defined = [(one, other) for one, other in both if metric in one]
            pairs = [(one[metric], other[metric]) for one, other in defined if metric in other]
            if pairs:
                yield _change(method, level, metric, pairs, tolerance)
            elif defined:
                before = estimate([one[metric] for one, _ in defined]).mean
                yield Change(method, level, metric, before, None, None, "gone")


def _change(
    method: str, level: str, metric: str, pairs: list[tuple[float, float]], tolerance: float
) -> Change:
    before = estimate([one for one, _ in pairs]).mean
    after = estimate([other for _, other in pairs]).mean
    change = estimate([other - one for one, other in pairs])
    lower, upper = change.lower, change.upper
    interval = None if lower is None or upper is None else (lower, upper)
    verdict = _verdict(metric, before, after, tolerance)
    return Change(method, level, metric, before, after, interval, verdict)


def _verdict(metric: str, before: float, after: float, tolerance: float) -> Verdict:
    """The tolerance is absolute for figures up to 1 and relative for larger ones, such as lives and
    counts."""
    better = METRICS[metric].better
    if abs(after - before) <= tolerance * max(1.0, abs(before)):
        return "same"
    if better is None:
        return "changed"
    return "better" if (after > before) == (better == "higher") else "worse"


def _by_method(report: Mapping[str, Any]) -> dict[str, Figures]:
    methods: dict[str, dict[tuple[str, str], Mapping[str, float]]] = {}
    for score in report["clips"]:
        if not is_other(score["method"]):
            own = methods.setdefault(score["method"], {})
            own[score["level"], score["clip"]] = score["figures"]
    return {**methods}


def load_report(path: Path) -> Mapping[str, Any]:
    """What metrics.json holds. Raises InvalidInput for anything else."""
    try:
        report = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}", REMEDY) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} is no JSON file", REMEDY) from error
    if not isinstance(report, dict) or "clips" not in report or "format_version" not in report:
        raise InvalidInput(f"{path} is no report", REMEDY)
    if report["format_version"] > FORMAT_VERSION:
        raise InvalidInput(
            f"{path} was written by a newer version (format {report['format_version']})",
            "Update glom-video.",
        )
    return report


def _show(changes: list[Change], tolerance: float) -> None:
    console, fell = stdout_console(), len(_fallen(changes))
    moved = [change for change in changes if change.verdict != "same"]
    if moved:
        table = Table("method", "level", "metric", padding=(0, 1, 0, 0))
        for heading in ("before", "after", "change"):
            table.add_column(heading, justify="right")
        table.add_column("95 % of the change", justify="right")
        table.add_column("verdict")
        for change in moved:
            table.add_row(*_row(change), style=STYLES.get(change.verdict, ""))
        console.print(table)
    print(
        f"{len(changes)} figures compared, {fell} fell by more than {tolerance:g}, "
        f"{len(changes) - len(moved)} stayed within it"
    )


def _fallen(changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if change.verdict in ("worse", "gone")]


def _row(change: Change) -> list[str]:
    own = [change.method, change.level, METRICS[change.metric].heading, number(change.before)]
    if change.after is None:
        return [*own, "-", "-", "-", change.verdict]
    difference = change.after - change.before
    interval = (
        f"{number(change.interval[0])} to {number(change.interval[1])}" if change.interval else "-"
    )
    return [
        *own,
        number(change.after),
        f"{'+' if difference > 0 else ''}{number(difference)}",
        interval,
        change.verdict,
    ]

"""The table of an ablation: means and spreads over seeds, and in words where the spread hides an
effect."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from glom_video_pipelines.study.report import console, print_origin, print_table

TITLES = {
    "fg_ari_video object": "FG-ARI object",
    "fg_ari_video part": "FG-ARI part",
    "AssA object": "AssA object",
    "AssA part": "AssA part",
}

Rows = Mapping[str, list[dict[str, Any]]]
"""Runs by variant."""


def print_ablation(result: dict[str, Any], names: Sequence[str]) -> None:
    """``names``: variants in the order of the table, the base first."""
    by_name = {name: [run for run in result["runs"] if run["variant"] == name] for name in names}
    rows: Rows = {name: runs for name, runs in by_name.items() if runs}
    out = console()
    print_origin(out, result)
    headings = ["variant", "seeds", "steps", "seconds", *TITLES.values(), "ms a frame"]
    print_table(
        out,
        f"each trained at one small budget, {result['clips']}",
        headings,
        [_row(name, runs, result) for name, runs in rows.items()],
    )
    out.print(
        "Video FG-ARI and AssA: mean over seeds and, where there are several, (highest - lowest). "
        "Seconds: of training, waiting left out."
    )
    out.print(
        "ms a frame: encoding, update and both levels between the columns at 384x216, median, all "
        "variants in turn, weights as drawn."
    )
    base = names[0]
    if base in rows:
        out.print(
            f"Beside {base}. A difference is hidden where it is no larger than the larger of the "
            f"two spreads (one seed: that of {base}):"
        )
        for name, runs in rows.items():
            if name != base:
                out.print(f"  {name}: {verdict(rows[base], runs)}")


def _row(name: str, runs: Sequence[dict[str, Any]], result: dict[str, Any]) -> list[str]:
    trained = [name, str(len(runs)), str(runs[0]["steps"])]
    failures = [run["failure"] for run in runs if run["failure"]]
    if failures:
        return [*trained, "", failures[0], *[""] * (len(TITLES) - 1), ""]
    figures = [_with_spread(values_of(runs, figure)) for figure in TITLES]
    seconds = f"{fmean(run['seconds'] for run in runs):.0f}"
    return [*trained, seconds, *figures, f"{result['ms_per_frame'][name]:.1f}"]


def values_of(runs: Sequence[dict[str, Any]], figure: str) -> list[float]:
    """A figure of each run that has it."""
    return [run["figures"][figure] for run in runs if figure in run["figures"]]


def spread(values: Sequence[float]) -> float:
    """Highest minus lowest."""
    return max(values) - min(values) if values else 0.0


def _with_spread(values: Sequence[float]) -> str:
    if not values:
        return "-"
    return f"{fmean(values):.3f}" + (f" ({spread(values):.3f})" if len(values) > 1 else "")


def verdict(base: Sequence[dict[str, Any]], runs: Sequence[dict[str, Any]]) -> str:
    """In words: which figures the change raises or lowers by more than the spread, and which
    differences the spread hides."""
    said: dict[str, list[str]] = {"higher": [], "lower": [], "hidden by the spread": []}
    for figure, title in TITLES.items():
        own, usual = values_of(runs, figure), values_of(base, figure)
        if not own or not usual:
            continue
        difference = fmean(own) - fmean(usual)
        word = "higher" if difference > 0 else "lower"
        if abs(difference) <= max(spread(own), spread(usual)):
            word = "hidden by the spread"
        said[word].append(f"{title} {difference:+.3f}")
    return (
        "; ".join(f"{word}: {', '.join(figures)}" for word, figures in said.items() if figures)
        or "nothing to compare"
    )

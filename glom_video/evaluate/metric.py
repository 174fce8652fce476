"""A metric: its name, its better direction and its meaning. The only place where a definition is
written; tables, the report and docs/evaluate.md take it from here."""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from glom_video.evaluate.survival import SURVIVAL_SECONDS

Family = Literal["accuracy", "self-consistency"]
Better = Literal["higher", "lower"] | None
"""Better direction; None if neither is better by itself."""


class Metric(NamedTuple):
    """One row of METRICS."""

    heading: str
    family: Family
    better: Better
    meaning: str
    """In one sentence, with its unit or range where it is no share."""
    is_shown: bool = True
    """In printed tables; the report holds every metric."""


def survival_metrics(family: Family, prefix: str, whose: str) -> Iterator[tuple[str, Metric]]:
    """By name: whether ids last, once by the truth and once without."""
    for seconds in SURVIVAL_SECONDS:
        meaning = (
            f"share of the objects that still have their first id {seconds} s after it was given, "
            f"of those still in view; {whose}"
        )
        yield (
            f"{prefix}survival_{seconds}",
            Metric(f"id kept {seconds} s", family, "higher", meaning, seconds != 2),
        )
    meaning = f"times that an object gets another id, a minute of object time; {whose}"
    yield f"{prefix}switches_minute", Metric("id switches /min", family, "lower", meaning)

"""Times of repeated runs."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

Key = TypeVar("Key")
WARM_UP_ROUNDS = 2
"""That are not counted."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall-clock seconds of each run of one task."""

    seconds: list[float] = field(default_factory=list)

    @property
    def mean_ms(self) -> float:
        return 1000 * statistics.fmean(self.seconds) if self.seconds else 0.0

    @property
    def p50_ms(self) -> float:
        return 1000 * statistics.median(self.seconds) if self.seconds else 0.0

    @property
    def p95_ms(self) -> float:
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(round(0.95 * len(ordered)), len(ordered) - 1)] if ordered else 0.0

    def to_dict(self) -> dict[str, Any]:
        return {
            "mean_ms": round(self.mean_ms, 3),
            "p50_ms": round(self.p50_ms, 3),
            "p95_ms": round(self.p95_ms, 3),
            "runs": len(self.seconds),
        }


def timed_in_turn(tasks: Mapping[Key, Callable[[], object]], repeats: int) -> dict[Key, Timing]:
    """Tasks to compare, run in turn ``repeats`` times after WARM_UP_ROUNDS that do not count, so
    that other load on the machine falls on all of them alike."""
    timings = {name: Timing() for name in tasks}
    for round_ in range(-WARM_UP_ROUNDS, repeats):
        for name, task in tasks.items():
            spent = seconds_of(task)
            if round_ >= 0:
                timings[name].seconds.append(spent)
    return timings


def seconds_of(task: Callable[[], object]) -> float:
    """Wall-clock seconds that a task takes."""
    began = time.perf_counter()
    task()
    return time.perf_counter() - began

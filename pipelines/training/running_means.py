"""Running means of a training run's speed and losses, for its display."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from glom_video.formats.clock_time import clock_time

SMOOTHING = 0.95
"""Share of a mean that is kept with each step."""


@dataclass(frozen=True, slots=True)
class StepFigures:
    """What one step reports."""

    step: int
    """Done, of the whole run."""
    phase: int
    """Number from 1 up."""
    clips: int
    seconds: float
    waited: float
    """Seconds of those that were spent without work, for clips."""
    rate: float
    """Of learning."""
    losses: Mapping[str, float]
    work: float
    """Of this step, in any unit."""
    work_left: float
    """To the end of the run, in that unit."""


@dataclass(slots=True)
class RunningMeans:
    """Running means over about twenty steps, right from the first one."""

    steps: int
    phases: int
    last: StepFigures | None = None
    _sums: dict[str, float] = field(default_factory=dict)
    _weight: float = 0.0

    def take(self, figures: StepFigures) -> None:
        new = {
            "seconds": figures.seconds,
            "waited": figures.waited,
            "clips": figures.clips,
            "work": figures.work,
            **figures.losses,
        }
        self._sums = {
            name: SMOOTHING * self._sums.get(name, 0.0) + (1 - SMOOTHING) * value
            for name, value in new.items()
        }
        self._weight = SMOOTHING * self._weight + 1 - SMOOTHING
        self.last = figures

    def mean(self, name: str) -> float:
        return self._sums[name] / self._weight

    def seconds_left(self) -> float:
        """By the work that is left, since a step of a later phase may cost ten times as much."""
        assert self.last is not None, "nothing is known before the first step"
        return self.last.work_left * self.mean("seconds") / max(self.mean("work"), 1e-9)

    def entries(self) -> dict[str, str]:
        """What is shown, by name."""
        assert self.last is not None, "nothing is known before the first step"
        seconds = max(self.mean("seconds"), 1e-9)
        return {
            "step": f"{self.last.step}/{self.steps} ({self.last.step / self.steps:.0%})",
            "phase": f"{self.last.phase}/{self.phases}",
            "clips/s": f"{self.mean('clips') / seconds:.1f}",
            "left": clock_time(self.seconds_left()),
            **{name: f"{self.mean(name):.3f}" for name in self.last.losses},
            "rate": f"{self.last.rate:.1e}",
            "waiting": f"{self.mean('waited') / seconds:.0%}",
        }

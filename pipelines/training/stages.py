"""The phases of a run that are still to be done, and how much work they are."""

from collections.abc import Iterator

from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.config import TrainConfig


def stages(config: TrainConfig, step: int) -> Iterator[tuple[int, Phase, int]]:
    """Phases that are still to be done from a step on: (number, phase, step within it)."""
    first = 0
    for number, phase in enumerate(config.phases):
        if step < first + phase.steps:
            yield number, phase, max(0, step - first)
        first += phase.steps


def work(phase: Phase) -> float:
    """Of a step, in pixels. Frames that go before are in half of the steps and have no backward
    pass, and so take about a quarter."""
    return float(phase.batch * (phase.frames + phase.lead / 4) * phase.height * phase.width)


def work_after(config: TrainConfig, number: int) -> float:
    """Of the phases after one of them, in pixels."""
    return sum(phase.steps * work(phase) for phase in config.phases[number + 1 :])

"""The steps of a run, with what may follow each: a line of the log, a checkpoint, a validation."""

import math
import threading
import time
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from glom_video.glom.encoder import grid_of
from glom_video.learn import (
    Batch,
    CollapseMonitor,
    FindGradients,
    Footage,
    GradientRecorder,
    Losses,
    SelfDistillation,
    augmented,
    find_gradients,
    level_statistics,
    training_step,
)
from glom_video.structures import InvalidInput
from glom_video_pipelines.training.checkpoint import TrainingRun
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.clips.pool import ClipPool, clips_ahead
from glom_video_pipelines.training.clips.renderers import Renderers
from glom_video_pipelines.training.config import TrainConfig, rate_at
from glom_video_pipelines.training.display import Display
from glom_video_pipelines.training.footage import FootagePool, Video
from glom_video_pipelines.training.journal import Journal, logged
from glom_video_pipelines.training.precision import autocast_type
from glom_video_pipelines.training.process_group import ProcessGroup
from glom_video_pipelines.training.running_means import StepFigures
from glom_video_pipelines.training.stages import stages, work, work_after
from glom_video_pipelines.training.validation import Validation, validation_line

WEIGHTS = "glom.safetensors"
"""In the run folder: the result."""
SEEDS_PER_PHASE = 1_000_000
"""Between the first seeds of two phases."""
SEED_STRIDE = 1_000_003
"""Between the random streams of two seeds of a config."""
RANK_STRIDE = 1_000_000_007
"""Between the random streams of the processes of a group."""
OBSERVED_CLIPS = 4
"""Of a batch, by which islands are observed."""
LOSSES = ("part", "object", "ground", "pose", "unlabelled")
"""In the order of the log."""


class TrainingFailed(InvalidInput, FloatingPointError):  # noqa: N818 - it says what it is
    """A run that has failed for good. Its last checkpoint is kept."""


@dataclass(slots=True)
class Training:
    """A run and everything that it is joined to."""

    config: TrainConfig
    out: Path
    run: TrainingRun
    group: ProcessGroup
    stop: threading.Event
    executor: Renderers
    log: Journal | None
    display: Display
    validation: Validation
    monitor: CollapseMonitor
    videos: tuple[Video, ...]
    saved: float = 0.0
    """When the last checkpoint was written, by the monotonic clock."""
    footage: FootagePool | None = None
    """Of the phase at hand."""
    recorder: GradientRecorder | None = None
    """On a GPU. Not where a step goes another way each time: rectangles are hidden in clips of the
    user."""

    def run_to_end(self) -> Path:
        """From where the run stands to its end."""
        self.saved = time.monotonic()
        if self.group.device.type == "cuda" and not self.videos:
            self.recorder = GradientRecorder(self.group.device)
        for number, phase, first_step in stages(self.config, self.run.step):
            self.footage = self._footage(phase)
            with self._pool(number, phase, first_step) as pool:
                for step in range(first_step, phase.steps):
                    self._step(pool, number, phase, phase.steps - step - 1)
        weights = self.out / WEIGHTS
        if self.group.is_first:
            if self.validation.is_due_at_the_end(self.run.seconds):
                self._validate()
            self._save()
            self.run.average.save_pretrained(str(weights))
        return weights

    def _pool(self, number: int, phase: Phase, first_step: int) -> ClipPool:
        return ClipPool(
            phase,
            first_seed=self.config.seed + number * SEEDS_PER_PHASE,
            first_step=first_step,
            folders=self.config.photos,
            executor=self.executor,
            ahead=clips_ahead(self.config.workers),
            shard=self.group.shard,
            device=self.group.device,
        )

    def _footage(self, phase: Phase) -> FootagePool | None:
        if not self.videos:
            return None
        return FootagePool(phase, self.videos, self.executor, self.group.shard, self.group.device)

    def _step(self, pool: ClipPool, number: int, phase: Phase, steps_left: int) -> None:
        """One step of training and all that may follow it."""
        run, began = self.run, time.monotonic()
        generator = self._generator()
        batch, footage = self._next_clips(pool, steps_left)
        waited = time.monotonic() - began
        batch = augmented(batch, generator)
        rate = rate_at(run.step, self.config)
        losses = self._learn(batch, footage, generator, rate, batch.frames - phase.frames)
        run.step += 1
        values, stop = self._agree(losses)
        seconds = time.monotonic() - began
        run.seconds += seconds
        row: dict[str, Any] = {
            "step": run.step,
            "seconds": round(run.seconds, 1),
            "waited": round(waited, 2),
            **{name: round(value, 4) for name, value in values.items()},
            "rate": rate,
        }
        self._report(row, batch)
        left = steps_left * work(phase) + work_after(self.config, number)
        self.display.advance(
            StepFigures(
                step=run.step,
                phase=number + 1,
                clips=phase.batch,
                seconds=seconds,
                waited=waited,
                rate=rate,
                losses=values,
                work=work(phase),
                work_left=left,
            )
        )
        self._after_step(stop)

    def _generator(self) -> torch.Generator:
        """Random numbers of the step that is next, in this process."""
        seed = self.config.seed * SEED_STRIDE + self.run.step + self.group.rank * RANK_STRIDE
        return torch.Generator(self.group.device).manual_seed(seed)

    def _learn(
        self,
        batch: Batch,
        footage: Footage | None,
        generator: torch.Generator,
        rate: float,
        lead: int,
    ) -> Losses:
        """Update weights and their average with a batch; ``lead``: frames without a gradient."""
        run = self.run
        for parameters in run.optimiser.param_groups:
            # Checkpoints of earlier versions have no shares.
            parameters["lr"] = rate * parameters.get("share", 1.0)
        dtype = autocast_type(run.precision or "fp32")
        losses = training_step(
            run.glom,
            run.optimiser,
            batch,
            generator,
            autocast=dtype,
            share_gradients=self.group.average_gradients,
            find=self._find(dtype, footage, lead),
        )
        run.update_average(self.config.average_decay)
        return losses

    def _find(self, dtype: torch.dtype | None, footage: Footage | None, lead: int) -> FindGradients:
        """How gradients are found: with what is learnt from footage besides, after so many frames
        without one, as a recording, or plainly."""
        if footage is not None:
            distillation = SelfDistillation(self.run.average, footage)
            return partial(
                find_gradients,
                lead=lead,
                further=lambda generator: distillation.loss(self.run.glom, generator, dtype),
            )
        if lead:
            return partial(find_gradients, lead=lead)
        return self.recorder or find_gradients

    def _next_clips(self, pool: ClipPool, steps_left: int) -> tuple[Batch, Footage | None]:
        """Rendered ones, and pieces of the user's where there are some."""
        step = self.run.step
        try:
            batch = pool.next_batch()
            if self.footage is None:
                return batch, None
            return batch, self.footage.batch(step, step + steps_left + 1)
        except BrokenExecutor as error:
            if self.stop.is_set():  # whoever stopped this process stopped its workers too
                self._interrupt()
            raise InvalidInput(
                "a process that draws or reads clips ended unexpectedly",
                "See to memory, or lower workers in the config; then --resume.",
            ) from error

    def _agree(self, losses: Losses) -> tuple[dict[str, float], bool]:
        values = torch.stack([getattr(losses, name).detach().float() for name in LOSSES])
        means, stop = self.group.agree(values, self.stop.is_set())
        return dict(zip(LOSSES, means, strict=True)), stop

    def _report(self, row: dict[str, Any], batch: Batch) -> None:
        """Log a step, with monitors if they are due.

        Raises:
            TrainingFailed: the loss is not finite, or islands have collapsed.
        """
        is_finite = math.isfinite(sum(row[name] for name in LOSSES))
        cause = None if is_finite else f"the loss is no longer finite at step {self.run.step}"
        if is_finite and self.group.is_first and self.run.step % self.config.monitor_steps == 0:
            row["levels"], cause = self._observed(batch)
        if self.log is not None:
            self.log.step(row)
        if cause is not None:
            remedy = (
                "Lower learning_rate or lengthen warm_up_steps; the last checkpoint is kept in "
                f"{self.out}."
            )
            raise TrainingFailed(cause, remedy)

    def _observed(self, batch: Batch) -> tuple[dict[str, Any], str | None]:
        """Health of each level by its number, and what is wrong with it."""
        glom = self.run.glom
        statistics = level_statistics(glom, batch.first(OBSERVED_CLIPS))
        rows, columns = grid_of(*batch.images.shape[-2:])
        levels = {str(level): logged(each) for level, each in enumerate(statistics)}
        if self.run.step <= self.config.warm_up_steps:
            return levels, None
        cause = self.monitor.update(statistics, rows * columns, glom.config.named_levels)
        return levels, cause and f"the islands have collapsed by step {self.run.step}: {cause}"

    def _after_step(self, stop: bool) -> None:
        """Checkpoint and validation where they are due; the end of a run that was interrupted."""
        if stop:
            self._interrupt()
        if not self.group.is_first:
            return
        if time.monotonic() - self.saved >= self.config.checkpoint_seconds:
            self._save()
            self.saved = time.monotonic()
        if self.validation.is_due(self.run.seconds):
            self._validate()

    def _save(self) -> None:
        try:
            self.run.save(self.out / "checkpoint.pt")
        except InvalidInput as error:
            remedy = f"Make room there; then go on with: glom-video train --resume {self.out}"
            raise TrainingFailed(error.cause, remedy) from error

    def _validate(self) -> None:
        """The averaged weights on held-out clips."""
        run = self.run
        figures = self.validation.measure(
            run.average, run.seconds, self.out / f"validation-{run.step:06d}.png"
        )
        if self.log is not None:
            self.log.validation(
                {"step": run.step, "seconds": round(run.seconds, 1), "validation": figures}
            )
        self.display.say(f"step {run.step}, {validation_line(figures)}")

    def _interrupt(self) -> None:
        if self.group.is_first:
            self._save()
        self.display.say(
            f"interrupted after step {self.run.step}; go on with: glom-video train --resume "
            f"{self.out}"
        )
        raise KeyboardInterrupt

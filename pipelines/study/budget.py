"""What each run of an ablation is given: the base config with one thing changed, and as many steps
as are fair."""

import json
import tomllib
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from glom_video.glom import Glom, GlomConfig
from glom_video.glom.encoder import grid_of
from glom_video.learn import Batch, training_step
from glom_video_pipelines.bench.timing import timed_in_turn
from glom_video_pipelines.study.variants import HEADS, Variant
from glom_video_pipelines.training.config import TrainConfig
from glom_video_pipelines.training.precision import autocast_type

TIMED_STEPS = 7
"""By which a variant is timed."""


def variant_config(base: str, variant: Variant, seed: int, times_steps: float) -> str:
    """TOML of a run. ``base``: TOML of the base config. ``times_steps``: factor on the steps of
    every phase of a variant of equal time."""
    settings = tomllib.loads(base)
    phases, model = settings.pop("phase"), settings.pop("model", {}) | dict(variant.changes)
    if variant.equal_time:
        phases = [phase | {"steps": round(phase["steps"] * times_steps)} for phase in phases]
    tables = [_table(settings | {"seed": seed}), "[model]", _table(model)]
    return "\n".join(tables + [line for phase in phases for line in ("[[phase]]", _table(phase))])


def _table(values: dict[str, Any]) -> str:
    """Strings, numbers, booleans and lists of them are written in TOML as in JSON."""
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


def times_as_many_steps(config: TrainConfig, device: torch.device) -> float:
    """How many steps the control of heads does in the time of one step of the base; both are timed
    in turn, on random numbers."""
    models = {"base": config.model, "heads": replace(config.model, **HEADS)}
    timings = timed_in_turn(
        {name: partial(_one_step, _Step(model, config, device)) for name, model in models.items()},
        TIMED_STEPS,
    )
    return timings["base"].p50_ms / timings["heads"].p50_ms


class _Step:
    """A model about to be trained, and a batch of the last phase's size."""

    def __init__(self, model: GlomConfig, config: TrainConfig, device: torch.device) -> None:
        self.glom = Glom(model).to(device)
        self.optimiser = torch.optim.AdamW(self.glom.parameters(), lr=0.0, fused=True)
        self.batch = _random_batch(config).to(device)
        self.autocast = autocast_type(config.precision)


def _one_step(step: _Step) -> None:
    training_step(
        step.glom,
        step.optimiser,
        step.batch,
        torch.Generator(step.batch.images.device).manual_seed(0),
        step.autocast,
    )


def _random_batch(config: TrainConfig) -> Batch:
    phase = config.phases[-1]
    rows, columns = grid_of(phase.height, phase.width)
    clips = (phase.batch, phase.frames)
    coarse = torch.randint(4, (*clips, rows, columns))
    sides = (phase.height, phase.width)
    return Batch(
        images=torch.rand(*clips, 3, *sides),
        motion=torch.randn(*clips, 7, *sides),
        elapsed=torch.ones(clips),
        interval=torch.ones(clips),
        parts=coarse,
        objects=coarse,
    )

"""What a frame costs each variant of the model: the same whatever it has learnt."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from glom_video.glom import Glom, GlomConfig
from glom_video.motion import working_size
from glom_video.structures import GlomState
from glom_video_pipelines.bench.timing import timed_in_turn

REPEATS = 15
"""Of a step, of which the median counts."""


@torch.inference_mode()
def frame_times(
    changes: Mapping[str, Mapping[str, Any]], base: GlomConfig, device: torch.device
) -> dict[str, float]:
    """Milliseconds of encoding and one update by variant, at the usual working size; timed in
    turn."""
    height, width = working_size(9, 16)
    image = torch.rand(1, 3, height, width, device=device)
    motion = torch.randn(1, 7, height, width, device=device)
    configs = {name: replace(base, **change) for name, change in changes.items()}
    # Variants of one config are one model.
    models = {config: Glom(config).to(device).for_inference() for config in configs.values()}
    tasks = {
        config: partial(_one_frame, glom, image, motion, glom.step(image, motion))
        for config, glom in models.items()
    }
    timings = timed_in_turn(tasks, REPEATS)
    return {name: round(timings[config].p50_ms, 2) for name, config in configs.items()}


def _one_frame(glom: Glom, image: Tensor, motion: Tensor, state: GlomState) -> float:
    after, _ = glom.advance(glom.encode(image, motion), motion, state)
    return float(after.levels[0, 0, 0, 0])

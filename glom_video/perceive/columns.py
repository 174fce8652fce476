"""Second step: update the columns of one clip, or of several that share a model."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from glom_video.glom import Glom, GlomSettings
from glom_video.glom.outputs import StepOutput
from glom_video.islands import LevelReading, Reading
from glom_video.motion import PLANES, motion_array
from glom_video.perceive.prepared import EncodedFrame, PreparedFrame
from glom_video.structures import ColumnStates, GlomState


@dataclass(frozen=True, slots=True)
class ColumnOutput:
    """Result of the second step for one frame."""

    prepared: PreparedFrame
    """Without the encoder's features, which are megabytes and no longer needed."""
    reading: Reading | None
    """None for a frame that is no tick."""
    iterations: int
    spent_seconds: float
    encoding_seconds: float = 0.0
    """Seconds spent ahead in ``Columns.encode``."""
    columns: ColumnStates | None = None
    """All levels of all columns; None for a frame that is no tick."""


class Columns:
    """The columns of one clip: a model and the clip's state."""

    def __init__(self, glom: Glom, settings: GlomSettings) -> None:
        self.glom, self.iters = glom, settings.iters
        self.read_out = glom.read_out()
        self.state: GlomState | None = None

    def encode(self, prepared: PreparedFrame) -> PreparedFrame:
        """The part of the second step that needs no state."""
        if prepared.warm_start:
            played = tuple(self.encode(each) for each in prepared.warm_start)
            return replace(prepared, warm_start=played)
        if prepared.drift is not None:
            return prepared
        return replace(prepared, encoded=_encoded(self.glom, [prepared]))

    def update(self, prepared: PreparedFrame) -> ColumnOutput:
        """Update with one frame; with a scene's first, including its warm start."""
        return update_together([self], [prepared])[0]

    def forget(self) -> None:
        """Begin a new state with the next frame."""
        self.state = None

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """The state, for ``take_over``."""
        if self.state is None:
            return {}, {}
        numbers = {"grid": self.state.grid, "frames_seen": self.state.frames_seen}
        return {"levels": self.state.levels.cpu().numpy()}, numbers

    def take_over(self, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, Any]) -> None:
        """Inverse of ``to_arrays``."""
        if "levels" in arrays:
            levels = torch.from_numpy(arrays["levels"]).to(self.glom.ground.device)
            height, width = numbers["grid"]
            self.state = GlomState(levels, (height, width), numbers["frames_seen"])


@torch.inference_mode()
def update_together(
    clips: Sequence[Columns], prepared: Sequence[PreparedFrame]
) -> list[ColumnOutput]:
    """The second step of several clips that share a model; each gets the same as alone, up to
    rounding. Clips of one grid that all begin, or all continue, form a batch."""
    batches: dict[tuple[tuple[int, ...], bool], list[int]] = {}
    outputs: dict[int, ColumnOutput] = {}
    for place, (columns, frame) in enumerate(zip(clips, prepared, strict=True)):
        if frame.drift is not None:
            outputs[place] = ColumnOutput(frame, None, 0, 0.0)
            continue
        if frame.warm_start:
            outputs[place] = _warm_started(columns, frame)
            continue
        begins = frame.motion.is_cut or columns.state is None
        batches.setdefault((frame.working.shape, begins), []).append(place)
    for (_, begins), places in batches.items():
        batch = _updated([clips[at] for at in places], [prepared[at] for at in places], begins)
        outputs |= dict(zip(places, batch, strict=True))
    return [outputs[place] for place in range(len(prepared))]


def _warm_started(columns: Columns, prepared: PreparedFrame) -> ColumnOutput:
    """The columns at a scene's first frame, after the scene was played backwards."""
    began = time.perf_counter()
    *_, output = [
        _updated([columns], [played], played.motion.is_cut)[0] for played in prepared.warm_start
    ]
    spent = time.perf_counter() - began
    ahead = sum(map(_encoding_seconds, prepared.warm_start))
    prepared = replace(prepared, warm_start=())
    return replace(output, prepared=prepared, spent_seconds=spent, encoding_seconds=ahead)


def _updated(
    clips: Sequence[Columns], prepared: Sequence[PreparedFrame], begins: bool
) -> list[ColumnOutput]:
    """One step of the model for frames of one size; updates the clips' states."""
    began = time.perf_counter()
    glom, encoded = clips[0].glom, prepared[0].encoded
    if encoded is None or len(prepared) > 1:
        encoded = _encoded(glom, prepared)
    elapsed = torch.tensor([float(each.elapsed_frames) for each in prepared])
    states = [each.state for each in clips if each.state is not None and not begins]
    before = GlomState(_joined(states), states[0].grid, 1) if states else None
    output = glom.infer(
        encoded.patches,
        encoded.planes,
        before,
        iters=clips[0].iters,
        elapsed=elapsed.to(encoded.planes.device),
    )
    state, on_host = output.state, output.on_host()
    spent = (time.perf_counter() - began) / len(prepared)
    iterations = clips[0].iters or glom.config.iters
    outputs = []
    for place, (columns, frame) in enumerate(zip(clips, prepared, strict=True)):
        if not frame.frame.is_corrupt:  # a damaged picture is answered but not remembered
            seen = states[place].frames_seen + 1 if states else 1
            columns.state = GlomState(state.levels[place : place + 1], state.grid, seen)
        reading, held = _read(columns, frame, on_host, place)
        kept, ahead = replace(frame, encoded=None), _encoding_seconds(frame)
        outputs.append(ColumnOutput(kept, reading, iterations, spent, ahead, held))
    return outputs


def _read(
    columns: Columns, frame: PreparedFrame, output: StepOutput, place: int
) -> tuple[Reading, ColumnStates]:
    """Reading and columns of the clip at ``place`` in a batch on the host."""
    glom, grid = columns.glom, output.state.grid
    vectors, agreement = output.state.levels[place], output.agreement[place]
    levels = {
        name: LevelReading(vectors[level], agreement[level])
        for name, level in glom.config.named_levels.items()
    }
    reading = Reading(
        grid=grid,
        picture=frame.working,
        levels=levels,
        patches=vectors[0],
        groundness=columns.read_out.groundness,
        pose=columns.read_out.pose,
        products=glom.cell.products,
    )
    held = ColumnStates(
        grid,
        glom.config.level_names,
        vectors.numpy(),
        output.contributions[place].numpy(),
    )
    return reading, held


def _encoding_seconds(prepared: PreparedFrame) -> float:
    return 0.0 if prepared.encoded is None else prepared.encoded.spent_seconds


def _encoded(glom: Glom, prepared: Sequence[PreparedFrame]) -> EncodedFrame:
    """Frames of one size as one batch."""
    began = time.perf_counter()
    image, planes = as_tensors(prepared, glom.ground.device)
    return EncodedFrame(planes, glom.encode(image, planes), time.perf_counter() - began)


def as_tensors(
    prepared: Sequence[PreparedFrame], device: torch.device
) -> tuple[Float[torch.Tensor, "b 3 H W"], Float[torch.Tensor, "b 7 H W"]]:
    """Pictures in [0, 1] and motion planes of frames of one size, by one copy to the device."""
    count, (height, width, _) = len(prepared), prepared[0].working.shape
    # Sides are multiples of 24, so the number of colours is one of 4: what comes after may be of
    # floats.
    colours = count * height * width * 3
    packed = np.empty(colours + count * PLANES * height * width * 4, np.uint8)
    pictures = packed[:colours].reshape(count, height, width, 3)
    np.stack([each.working for each in prepared], out=pictures)
    planes = packed[colours:].view(np.float32).reshape(count, PLANES, height, width)
    for each, its_planes in zip(prepared, planes, strict=True):
        motion_array(each.motion, each.trail, its_planes)
    sent = torch.from_numpy(packed).to(device)
    images = sent[:colours].view(count, height, width, 3).permute(0, 3, 1, 2).float() / 255
    return images, sent[colours:].view(torch.float32).view(count, PLANES, height, width)


def _joined(states: Sequence[GlomState]) -> torch.Tensor:
    levels = [state.levels for state in states]
    return levels[0] if len(levels) == 1 else torch.cat(levels)

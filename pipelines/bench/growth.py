"""How the time per frame grows with columns, frames, objects and streams."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import cycle, islice, pairwise
from statistics import median
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from glom_video.glom import Glom
from glom_video.glom.encoder import STRIDE
from glom_video.islands import IslandSettings, LevelReading
from glom_video.motion import MotionSettings
from glom_video.perceive import (
    ColumnOutput,
    Perceiver,
    Settings,
    perceive_together,
    update_together,
)
from glom_video.render import render
from glom_video.structures import Frame, GlomState, InvalidInput
from glom_video.track import TrackSettings
from glom_video_pipelines.bench.timing import seconds_of, timed_in_turn

WARM_UP_ROUNDS, ROUNDS = 3, 4
"""Frames of every stream that are not timed, and that are, for each repeat."""
EVERY_FRAME = MotionSettings(tick_seconds=0.0)
"""Every frame updates the columns, however little moves in it."""
WINDOW = 50
"""Frames whose median stands for a place in a long clip."""


@dataclass(frozen=True, slots=True)
class Growth:
    """Times over one quantity."""

    over: str
    what: str
    """What was timed."""
    points: dict[int, float]
    """Milliseconds by quantity."""

    @property
    def ratio(self) -> float:
        """The last over the first."""
        times = list(self.points.values())
        return times[-1] / times[0]

    def to_dict(self) -> dict[str, Any]:
        return {
            "over": self.over,
            "what": self.what,
            "ms": {str(n): round(ms, 3) for n, ms in self.points.items()},
            "ratio": round(self.ratio, 3),
        }


def square_inputs(
    columns: int, device: torch.device
) -> tuple[Float[Tensor, "1 3 H W"], Float[Tensor, "1 7 H W"]]:
    """A picture and its motion for a square grid of about so many columns (sides are multiples of
    four)."""
    side = max(1, round(columns**0.5 / 4)) * 4 * STRIDE
    motion = torch.randn(1, 7, side, side, device=device)
    motion[:, 4] = 1
    return torch.rand(1, 3, side, side, device=device), motion


def _one_step(glom: Glom, image: Tensor, motion: Tensor, state: GlomState) -> float:
    """To its end, also on a device that computes behind the caller's back."""
    elapsed = torch.ones(1, device=image.device)
    output = glom.infer(glom.encode(image, motion), motion, state, elapsed=elapsed)
    return output.state.levels[0, 0, 0, 0].item()


def _perceived_and_drawn(perceiver: Perceiver, frame: Frame) -> object:
    return render(perceiver(frame))


@torch.inference_mode()
def over_columns(glom: Glom, columns: Sequence[int], repeats: int) -> Growth:
    """One step of the model, encoder included, measured in turn."""
    tasks: dict[int, Callable[[], object]] = {}
    for count in columns:
        image, motion = square_inputs(count, glom.ground.device)
        state = glom.step(image, motion)
        tasks[count] = partial(_one_step, glom, image, motion, state)
    timings = timed_in_turn(tasks, repeats * 5)
    return Growth(
        "columns", "encode-columns + glom", {count: timings[count].p50_ms for count in columns}
    )


def over_frames(glom: Glom, frames: Sequence[Frame], last: int) -> Growth:
    """Time of a frame from decoded to drawn, near frame 100 and near the last frame of a clip that
    is played back and forth."""
    first = min(100, last // 2)
    perceiver, seconds = Perceiver(glom), list[float]()
    to_and_fro = cycle([*frames, *frames[-2:0:-1]])
    for index, frame in enumerate(islice(to_and_fro, last)):
        shown = replace(frame, index=index, pts_seconds=index / 30)
        seconds.append(seconds_of(partial(_perceived_and_drawn, perceiver, shown)))
    medians = {
        place: 1000 * median(seconds[max(0, place - WINDOW) : place]) for place in (first, last)
    }
    return Growth("frames", "motion to draw", medians)


def over_objects(
    glom: Glom, frames: Sequence[Frame], objects: Sequence[int], repeats: int
) -> Growth:
    """Time of a frame from decoded to drawn, for states that hold this many islands by
    construction."""
    tasks = {count: _FramesOfObjects(glom, frames, count) for count in objects}
    for count, next_frame in tasks.items():
        if (found := next_frame()) != count:
            raise RuntimeError(
                f"a state that holds {count} objects by construction was read as {found}"
            )
    timings = timed_in_turn(tasks, repeats * 5)
    return Growth("objects", "motion to draw", {count: timings[count].p50_ms for count in objects})


class _FramesOfObjects:
    """Frames of a clip over and over, each parsed as if it held ``count`` objects."""

    def __init__(self, glom: Glom, frames: Sequence[Frame], count: int) -> None:
        islands = IslandSettings(min_area=0.0, max_objects=count)
        track = TrackSettings(min_score=0.0)
        self._perceiver = Perceiver(
            glom, Settings(motion=EVERY_FRAME, islands=islands, track=track)
        )
        self._frames, self._count = enumerate(cycle(frames)), count

    def __call__(self) -> int:
        """Take the next frame from motion to its picture; returns how many objects were seen."""
        index, frame = next(self._frames)
        prepared = self._perceiver.prepare(replace(frame, index=index, pts_seconds=index / 30))
        output = self._perceiver.update_columns(prepared)
        percept = self._perceiver.parse_and_track(_with_islands(output, self._count))
        render(percept)
        return len(percept.tracks["object"].ids)


def _with_islands(output: ColumnOutput, count: int) -> ColumnOutput:
    """The same output as if the model had found this many rectangles on a background, at both
    levels."""
    reading = output.reading
    assert reading is not None, "a clip's first frame is a tick"
    h, w = reading.grid
    across = int(np.ceil((count * w / h) ** 0.5))
    down = -(-count // across)
    labels = np.zeros((h, w), np.int64)
    for place in range(count):
        row, column = divmod(place, across)
        labels[
            row * h // down + 1 : (row + 1) * h // down,
            column * w // across + 1 : (column + 1) * w // across,
        ] = place + 1
    width = reading.levels["object"].vectors.shape[1]
    if count >= width:
        raise InvalidInput(
            f"{count} objects cannot all differ in vectors of {width} numbers",
            f"Ask for fewer than {width} --objects.",
        )
    directions = torch.linalg.qr(
        torch.randn(width, width, generator=torch.Generator().manual_seed(0))
    )[0]
    vectors = directions[torch.from_numpy(labels.ravel())]
    levels = {
        name: LevelReading(vectors, level.agreement) for name, level in reading.levels.items()
    }
    return replace(
        output,
        reading=replace(reading, levels=levels, groundness=lambda x: x @ directions[0]),
    )


@torch.inference_mode()
def over_streams(
    glom: Glom, frames: Sequence[Frame], streams: Sequence[int], repeats: int
) -> Growth:
    """The model's step for so many streams as one batch, copies to the device and back included."""
    tasks: dict[int, Callable[[], object]] = {}
    for count in streams:
        perceivers = [Perceiver(glom, Settings(motion=EVERY_FRAME)) for _ in range(count)]
        columns = [perceiver.columns for perceiver in perceivers]
        prepared = [[perceiver.prepare(frame) for perceiver in perceivers] for frame in frames[:2]]
        update_together(columns, prepared[0])
        tasks[count] = partial(update_together, columns, prepared[1])
    timings = timed_in_turn(tasks, repeats)
    return Growth(
        "streams",
        "encode-columns + glom, whole batch",
        {count: timings[count].p50_ms for count in streams},
    )


def over_streams_to_tracks(
    glom: Glom, frames: Sequence[Frame], streams: Sequence[int], repeats: int
) -> Growth:
    """A frame of each of so many streams, from decoded to tracks, as ``perceive_together`` goes
    through them."""
    return Growth(
        "streams",
        "motion to track, whole batch",
        {count: _together_ms(glom, frames, count, repeats) for count in streams},
    )


def _together_ms(glom: Glom, frames: Sequence[Frame], count: int, repeats: int) -> float:
    percepts = perceive_together(
        [islice(frames, WARM_UP_ROUNDS + ROUNDS * repeats + 1) for _ in range(count)], glom
    )
    ends = [time.perf_counter() for place, _ in percepts if place == count - 1]
    return 1000 * median([after - before for before, after in pairwise(ends[WARM_UP_ROUNDS:])])

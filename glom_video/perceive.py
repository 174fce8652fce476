"""The composition: frames in, percepts out. The only room that knows all stages from motion to track."""

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from glom_video.glom import Glom
from glom_video.islands import IslandRules, parse
from glom_video.motion import estimate_motion, grey, motion_array, no_motion, working_image
from glom_video.structures import Frame, GlomState, Motion, Percept
from glom_video.track import Tracker

DEFAULT_RULES = IslandRules()


class Perceiver:
    """Everything that one clip's understanding needs to remember: last grey picture and time, GlomState, Tracker. Thrown away after its clip.

    A cut, a gap longer than ``reset_gap_seconds`` or a change of size begins a new GlomState; ids go on.
    """

    def __init__(
        self,
        glom: Glom,
        *,
        iters: int | None = None,
        rules: IslandRules = DEFAULT_RULES,
        max_missed_seconds: float = 1.5,
        reset_gap_seconds: float = 2.0,
    ) -> None:
        self.glom, self.iters, self.rules, self.reset_gap_seconds = glom, iters, rules, reset_gap_seconds
        self.tracker = Tracker(max_missed_seconds)
        self.state: GlomState | None = None
        self.previous: UInt8[np.ndarray, "Hm Wm"] | None = None
        self.previous_seconds = 0.0

    def __call__(self, frame: Frame) -> Percept:
        """Understand one frame. Frames come in the order of their times; a gap in the index is allowed."""
        clock = [time.perf_counter()]
        working = working_image(frame.image)
        picture = grey(working)
        motion = self._motion(picture, frame.pts_seconds)
        clock.append(time.perf_counter())
        state, groundness, agreement = self._step(working, motion)
        clock.append(time.perf_counter())
        config = self.glom.config
        seconds = max(frame.pts_seconds - self.previous_seconds, 1e-3)
        tree = parse(state, groundness, agreement, {"part": config.part_level, "object": config.object_level}, motion, seconds, self.rules)
        clock.append(time.perf_counter())
        tracks = self.tracker.update(tree, motion, frame.index, frame.pts_seconds)
        clock.append(time.perf_counter())
        if not frame.is_corrupt:  # a damaged picture is answered but not remembered
            self.state, self.previous, self.previous_seconds = state, picture, frame.pts_seconds
        spent = dict(zip(("motion", "glom", "islands", "track"), np.diff(clock).tolist(), strict=True))
        return Percept(frame, motion, tree, tracks, spent)

    def forget(self) -> None:
        """Begin a new GlomState with the next frame, as after a cut; ids go on."""
        self.state = self.previous = None

    def _motion(self, picture: UInt8[np.ndarray, "Hm Wm"], now: float) -> Motion:
        height, width = picture.shape
        if self.previous is None or self.previous.shape != (height, width) or now - self.previous_seconds > self.reset_gap_seconds:
            return no_motion(height, width)
        motion = estimate_motion(self.previous, picture)
        return no_motion(height, width) if motion.is_cut else motion  # flow between two scenes means nothing

    @torch.inference_mode()
    def _step(self, working: UInt8[np.ndarray, "Hm Wm 3"], motion: Motion) -> tuple[GlomState, torch.Tensor, torch.Tensor]:
        device = self.glom.ground.device
        image = torch.from_numpy(working).to(device).permute(2, 0, 1)[None].float() / 255
        planes = torch.from_numpy(motion_array(motion)).to(device)[None]
        state, report = self.glom.step_with_report(image, planes, None if motion.is_cut else self.state, iters=self.iters)
        return state, self.glom.groundness(state.levels)[0], report.shares.agreement[0]

    def save(self, path: Path) -> None:
        """Write everything remembered to one file, so that the clip can be continued elsewhere."""
        from safetensors.numpy import save_file

        arrays, numbers = self.tracker.to_arrays()
        memory = {"tracker": numbers, "previous_seconds": self.previous_seconds, "reset_gap_seconds": self.reset_gap_seconds}
        if self.state is not None and self.previous is not None:
            arrays |= {"levels": self.state.levels.cpu().numpy(), "previous": self.previous}
            memory |= {"grid": self.state.grid, "frames_seen": self.state.frames_seen}
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path, {"memory": json.dumps(memory)})

    @classmethod
    def restore(cls, path: Path, glom: Glom, *, iters: int | None = None, rules: IslandRules = DEFAULT_RULES) -> "Perceiver":
        """Go on where ``save`` left off, with the same model and rules."""
        from safetensors import safe_open

        with safe_open(path, "numpy") as stored:
            memory = json.loads(stored.metadata()["memory"])
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - not a dict
        perceiver = cls(glom, iters=iters, rules=rules, reset_gap_seconds=memory["reset_gap_seconds"])
        perceiver.tracker = Tracker.from_arrays(arrays, memory["tracker"])
        perceiver.previous_seconds = memory["previous_seconds"]
        if "levels" in arrays:
            levels = torch.from_numpy(arrays["levels"]).to(glom.ground.device)
            perceiver.state = GlomState(levels, (memory["grid"][0], memory["grid"][1]), memory["frames_seen"])
            perceiver.previous = arrays["previous"]
        return perceiver


def perceive(frames: Iterable[Frame], glom: Glom, *, iters: int | None = None, rules: IslandRules = DEFAULT_RULES) -> Iterator[Percept]:
    """Understand a clip, frame by frame, with constant memory."""
    perceiver = Perceiver(glom, iters=iters, rules=rules)
    for frame in frames:
        yield perceiver(frame)

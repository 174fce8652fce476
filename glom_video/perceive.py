"""The composition: frames in, percepts out. The only room that knows all stages from motion to track."""

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8

from glom_video.glom import Glom
from glom_video.islands import IslandRules, LevelReading, Reading, parse
from glom_video.motion import estimate_motion, grey, motion_array, no_motion, working_image
from glom_video.structures import Frame, GlomState, Motion, Percept, Reset
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
        self.previous_seconds, self.previous_index = 0.0, -1

    def __call__(self, frame: Frame) -> Percept:
        """Understand one frame. Frames come in the order of their times; a gap in the index is allowed."""
        clock = [time.perf_counter()]
        working = working_image(frame.image)
        picture = grey(working)
        motion, reset = self._motion(picture, frame.pts_seconds)
        clock.append(time.perf_counter())
        state, reading, iterations = self._step(working, motion, max(1, frame.index - self.previous_index))
        clock.append(time.perf_counter())
        seconds = max(frame.pts_seconds - self.previous_seconds, 1e-3)
        with torch.inference_mode():
            tree = parse(reading, motion, seconds, self.rules)
        clock.append(time.perf_counter())
        tracks = self.tracker.update(tree, motion, frame.index, frame.pts_seconds)
        clock.append(time.perf_counter())
        if not frame.is_corrupt:  # a damaged picture is answered but not remembered
            self.state, self.previous, self.previous_seconds, self.previous_index = state, picture, frame.pts_seconds, frame.index
        spent = dict(zip(("motion", "glom", "islands", "track"), np.diff(clock).tolist(), strict=True))
        return Percept(frame, motion, tree, tracks, spent, reset, iterations)

    def forget(self) -> None:
        """Begin a new GlomState with the next frame, as after a cut; ids go on."""
        self.state = self.previous = None

    def _motion(self, picture: UInt8[np.ndarray, "Hm Wm"], now: float) -> tuple[Motion, Reset | None]:
        """Motion since the frame before; none, and why, where nothing of that frame may be carried over."""
        reset = self._broken_off(picture, now)
        if reset is None and self.previous is not None:
            motion = estimate_motion(self.previous, picture)
            if not motion.is_cut:
                return motion, None
            reset = "cut"  # flow between two scenes means nothing
        return no_motion(*picture.shape), reset

    def _broken_off(self, picture: UInt8[np.ndarray, "Hm Wm"], now: float) -> Reset | None:
        if self.previous is None:
            return "begin"
        if self.previous.shape != picture.shape:
            return "size"
        return "gap" if now - self.previous_seconds > self.reset_gap_seconds else None

    @torch.inference_mode()
    def _step(self, working: UInt8[np.ndarray, "Hm Wm 3"], motion: Motion, elapsed: int) -> tuple[GlomState, Reading, int]:
        """The state after this frame, what it says, and the iterations that it took."""
        device = self.glom.ground.device
        image = torch.from_numpy(working).to(device).permute(2, 0, 1)[None].float() / 255
        planes = torch.from_numpy(motion_array(motion)).to(device)[None]
        frames = torch.tensor([float(elapsed)], device=device)
        state, report = self.glom.step_with_report(image, planes, None if motion.is_cut else self.state, iters=self.iters, elapsed=frames)
        levels = {
            name: LevelReading(
                state.levels[0, level],
                self.glom.between(state, report.evidence, name)[0] if self.glom.config.field else None,
                report.shares.agreement[0, level],
            )
            for name, level in self.glom.config.named_levels.items()
        }
        return state, Reading(state.grid, levels, self.glom.groundness, self.glom.pose), report.iterations

    def save(self, path: Path) -> None:
        """Write everything remembered to one file, so that the clip can be continued elsewhere."""
        from safetensors.numpy import save_file

        arrays, numbers = self.tracker.to_arrays()
        memory = {
            "tracker": numbers,
            "previous_seconds": self.previous_seconds,
            "previous_index": self.previous_index,
            "reset_gap_seconds": self.reset_gap_seconds,
        }
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
        perceiver.previous_seconds, perceiver.previous_index = memory["previous_seconds"], memory["previous_index"]
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

"""The stages from motion to track for one clip."""

import json
import time
from collections.abc import Generator, Iterable
from pathlib import Path

import numpy as np
import torch

from glom_video.glom import Glom
from glom_video.glom.forks import notice_forks
from glom_video.islands import IslandRules, parse
from glom_video.perceive.columns import ColumnOutput, Columns
from glom_video.perceive.prepared import RESET_GAP_SECONDS, FramePreparation, PreparedFrame
from glom_video.perceive.warm_start import prepare_recording
from glom_video.structures import Frame, Motion, Percept
from glom_video.track import Tracker, shipped, shown

DEFAULT_RULES = IslandRules()


class Perceiver:
    """All that one clip needs to remember. Thrown away after its clip.

    A cut, a gap longer than ``reset_gap_seconds`` or a change of size begins a new GlomState; ids
    go on. ``working_pixels``: area of the working pictures; a model is best at the one that it was
    trained at, which None is. ``min_score``: tracks of a lower score are followed but not shown;
    None is what the shipped objectness says, 0 shows all.
    """

    def __init__(
        self,
        glom: Glom,
        *,
        iters: int | None = None,
        rules: IslandRules = DEFAULT_RULES,
        max_missed_seconds: float = 2.5,
        min_score: float | None = None,
        reset_gap_seconds: float = RESET_GAP_SECONDS,
        working_pixels: int | None = None,
    ) -> None:
        notice_forks()
        self.rules = rules
        self.min_score = shipped().min_score if min_score is None else min_score
        self.preparation = FramePreparation(reset_gap_seconds, working_pixels)
        self.columns = Columns(glom, iters)
        self.tracker = Tracker(max_missed_seconds)

    def __call__(self, frame: Frame) -> Percept:
        """Parse one frame. Frames come in the order of their times; gaps are allowed.

        The three steps have a memory of their own each: they may run in three threads, if each
        takes all frames in order. ``encode`` may run between the first two.
        """
        return self.parse_and_track(self.update_columns(self.prepare(frame)))

    def prepare(self, frame: Frame, motion: Motion | None = None) -> PreparedFrame:
        """First step, as ``FramePreparation.prepare``."""
        return self.preparation.prepare(frame, motion)

    def prepare_recording(self, frames: Iterable[Frame]) -> Generator[PreparedFrame, None, None]:
        """First step of all frames of a recording, each scene with a warm start."""
        return prepare_recording(self.preparation, frames)

    def encode(self, prepared: PreparedFrame) -> PreparedFrame:
        """The part of the second step that needs no memory: two fifths of it."""
        return self.columns.encode(prepared)

    def update_columns(self, prepared: PreparedFrame) -> ColumnOutput:
        """Second step."""
        return self.columns.update(prepared)

    @torch.inference_mode()
    def parse_and_track(self, output: ColumnOutput) -> Percept:
        """Third step: the islands of the columns, and which of those seen before they are."""
        prepared, began = output.prepared, time.perf_counter()
        frame, motion = prepared.frame, prepared.motion
        before = {} if motion.is_cut else self.tracker.active_embeddings()
        tree = parse(output.reading, motion, prepared.elapsed_seconds, self.rules, before)
        parsed = time.perf_counter()
        tracks = self.tracker.update(
            tree, motion, frame.index, frame.pts_seconds, is_kept=not frame.is_corrupt
        )
        encoding = prepared.encoded.spent_seconds if prepared.encoded is not None else 0.0
        spent = {
            "motion": prepared.spent_seconds,
            "glom": encoding + output.spent_seconds,
            "islands": parsed - began,
            "track": time.perf_counter() - parsed,
        }
        visible = shown(tracks, self.min_score)
        return Percept(frame, motion, tree, visible, spent, prepared.reset, output.iterations)

    def forget(self) -> None:
        """Begin a new GlomState with the next frame, as after a cut; ids go on."""
        self.preparation.forget()
        self.columns.forget()

    def save(self, path: Path) -> None:
        """Write all that is remembered to one file, for ``restore``."""
        from safetensors.numpy import save_file

        arrays: dict[str, np.ndarray] = {}
        memory = {}
        for name in ("preparation", "columns", "tracker"):
            of_part, memory[name] = getattr(self, name).to_arrays()
            arrays |= {key: np.ascontiguousarray(array) for key, array in of_part.items()}
        save_file(arrays, path, {"memory": json.dumps(memory)})

    @classmethod
    def restore(
        cls,
        path: Path,
        glom: Glom,
        *,
        iters: int | None = None,
        rules: IslandRules = DEFAULT_RULES,
        min_score: float | None = None,
    ) -> "Perceiver":
        """Go on where ``save`` left off, with the same model, rules and least score."""
        from safetensors import safe_open

        with safe_open(path, "numpy") as stored:
            memory = json.loads(stored.metadata()["memory"])
            names = list(stored.keys())
            arrays = {name: stored.get_tensor(name) for name in names}
        perceiver = cls(glom, iters=iters, rules=rules, min_score=min_score)
        perceiver.preparation = FramePreparation.from_arrays(arrays, memory["preparation"])
        perceiver.columns.take_over(arrays, memory["columns"])
        perceiver.tracker = Tracker.from_arrays(arrays, memory["tracker"])
        return perceiver

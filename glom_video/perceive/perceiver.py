"""The stages from motion to track for one clip."""

import json
import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch

from glom_video.glom import Glom
from glom_video.glom.forks import notice_forks
from glom_video.islands import parse
from glom_video.perceive.columns import ColumnOutput, Columns
from glom_video.perceive.last_tick import LastTick
from glom_video.perceive.prepared import FramePreparation, PreparedFrame
from glom_video.perceive.settings import DEFAULT_SETTINGS, Settings
from glom_video.perceive.warm_start import prepare_recording
from glom_video.structures import Frame, InvalidInput, Motion, Percept, write_whole
from glom_video.track import Tracker, shipped, shown


class Perceiver:
    """What has to be remembered of one clip; make a new one for each clip.

    A cut, a gap longer than ``settings.motion.reset_gap_seconds`` or a change of size begins a new
    GlomState; ids go on.

    Raises TypeError for what is no Glom, or no Settings.
    """

    def __init__(self, glom: Glom, settings: Settings = DEFAULT_SETTINGS) -> None:
        if not isinstance(glom, Glom):
            raise TypeError(f"a Glom is needed, got {type(glom).__name__}")
        if not isinstance(settings, Settings):
            wanted = "Settings are needed, such as Settings(motion=MotionSettings(tick_seconds=0))"
            raise TypeError(f"{wanted}, got {type(settings).__name__}")
        notice_forks()
        self._at_work = Lock()
        self.settings = settings
        self.preparation = FramePreparation(settings.motion)
        self.columns = Columns(glom, settings.glom)
        self.tracker = Tracker(settings.track)
        self.last_tick: LastTick | None = None
        wanted = settings.track.min_score
        self.min_score = shipped().min_score if wanted is None else wanted

    def __call__(self, frame: Frame) -> Percept:
        """Parse one frame. Frames come in the order of their times; gaps are allowed.

        Each of the three steps has its own memory, so they may run in three threads if each gets
        all frames in order. ``encode`` may run between the first two.

        Raises:
            RuntimeError: another thread is at the frame before.
        """
        if not self._at_work.acquire(blocking=False):
            raise RuntimeError(
                "a Perceiver was called by two threads at once: it takes the frames of one clip, "
                "one after another; give each clip a Perceiver of its own"
            )
        try:
            return self.parse_and_track(self.update_columns(self.prepare(frame)))
        finally:
            self._at_work.release()

    def prepare(
        self, frame: Frame, motion: Motion | None = None, *, is_late: bool = False
    ) -> PreparedFrame:
        """First step, as ``FramePreparation.prepare``."""
        return self.preparation.prepare(frame, motion, is_late=is_late)

    def prepare_recording(self, frames: Iterable[Frame]) -> Generator[PreparedFrame, None, None]:
        """First step of all frames of a recording, each scene with a warm start."""
        return prepare_recording(self.preparation, frames)

    def encode(self, prepared: PreparedFrame) -> PreparedFrame:
        """The part of the second step that needs no memory, about two fifths of its time."""
        return self.columns.encode(prepared)

    def update_columns(self, prepared: PreparedFrame) -> ColumnOutput:
        """Second step."""
        return self.columns.update(prepared)

    @torch.inference_mode()
    def parse_and_track(self, output: ColumnOutput) -> Percept:
        """Third step: find islands in the columns and track them."""
        prepared, began = output.prepared, time.perf_counter()
        frame, motion = prepared.frame, prepared.motion
        if output.reading is None:
            return self._between_ticks(prepared, began)
        before = {} if motion.is_cut else self.tracker.active_embeddings()
        islands = self.settings.islands
        tree = parse(output.reading, motion, prepared.elapsed_seconds, islands, before)
        parsed = time.perf_counter()
        tracks = self.tracker.update(
            tree, motion, frame.index, frame.pts_seconds, is_kept=not frame.is_corrupt
        )
        spent = {
            "motion": prepared.spent_seconds,
            "glom": output.encoding_seconds + output.spent_seconds,
            "islands": parsed - began,
            "track": time.perf_counter() - parsed,
        }
        visible, since_frame = shown(tracks, self.min_score), prepared.motion_since_frame
        percept = Percept(
            frame, since_frame, tree, visible, spent, prepared.reset, output.iterations
        )
        if not frame.is_corrupt:
            self.last_tick = LastTick.of(percept)
        return percept

    def _between_ticks(self, prepared: PreparedFrame, began: float) -> Percept:
        """The last tick's tracks, carried to this frame."""
        assert self.last_tick is not None, "there was a tick"
        tracks = self.last_tick.carried_to(prepared)
        spent = dict.fromkeys(("motion", "glom", "islands", "track"), 0.0)
        spent["motion"], spent["track"] = prepared.spent_seconds, time.perf_counter() - began
        frame, motion = prepared.frame, prepared.motion
        return Percept(frame, motion, self.last_tick.parse, tracks, spent, None, iterations=0)

    def forget(self) -> None:
        """Begin a new GlomState with the next frame, as after a cut; ids go on."""
        self.preparation.forget()
        self.columns.forget()

    def save(self, path: Path) -> None:
        """Write the state to one file, for ``restore``.

        Raises:
            InvalidInput: it cannot be written.
        """
        from safetensors.numpy import save

        arrays: dict[str, np.ndarray] = {}
        memory: dict[str, Any] = {"settings": asdict(self.settings)}
        for name in ("preparation", "columns", "tracker"):
            of_part, memory[name] = getattr(self, name).to_arrays()
            arrays |= of_part
        if self.last_tick is not None:
            of_tick, memory["last_tick"] = self.last_tick.to_arrays()
            arrays |= of_tick
        arrays = {key: np.ascontiguousarray(array) for key, array in arrays.items()}
        try:
            write_whole(Path(path), save(arrays, {"memory": json.dumps(memory)}))
        except OSError as error:
            cause = f"the memory of a clip cannot be written to {path}: {error.strerror}"
            raise InvalidInput(cause, "Name a file in a folder that can be written to.") from error

    @classmethod
    def restore(cls, path: Path, glom: Glom) -> "Perceiver":
        """Continue where ``save`` left off, with the same model and the saved settings.

        Raises:
            InvalidInput: ``save`` did not write the file, or that of a version that saved something
                else did.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "numpy") as stored:
                memory = json.loads((stored.metadata() or {})["memory"])
                names = list(stored.keys())
                arrays = {name: stored.get_tensor(name) for name in names}
        except (OSError, SafetensorError, KeyError) as error:
            cause = f"{path} cannot be read as the memory of a clip: {error}"
            raise InvalidInput(cause, "Name a file that Perceiver.save wrote.") from error
        try:
            return cls._from_memory(arrays, memory, glom)
        except (KeyError, TypeError, ValueError) as error:
            cause = f"{path} was saved by another version, whose memory of a clip is not this one's"
            raise InvalidInput(cause, "Parse the clip again from its beginning.") from error

    @classmethod
    def _from_memory(
        cls, arrays: Mapping[str, np.ndarray], memory: Mapping[str, Any], glom: Glom
    ) -> "Perceiver":
        settings = Settings.from_dict(memory["settings"])
        perceiver = cls(glom, settings)
        perceiver.preparation = FramePreparation.from_arrays(
            arrays, memory["preparation"], settings.motion
        )
        perceiver.columns.take_over(arrays, memory["columns"])
        if "last_tick" in memory:
            perceiver.last_tick = LastTick.from_arrays(arrays, memory["last_tick"])
        perceiver.tracker = Tracker.from_arrays(arrays, memory["tracker"])
        return perceiver

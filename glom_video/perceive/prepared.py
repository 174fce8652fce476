"""First step: a frame at the working size, and what moved since the frame before."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8

from glom_video.glom import Evidence
from glom_video.glom.forks import refuse_in_fork
from glom_video.motion import MotionHistory, MotionSettings, grey, no_motion, trailed, working_image
from glom_video.structures import Frame, Motion, Reset


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """What the encoder makes of prepared frames, on the model's device."""

    planes: Float[torch.Tensor, "b 7 H W"]
    """Raw planes of motion."""
    evidence: Evidence
    spent_seconds: float


@dataclass(frozen=True, slots=True)
class PreparedFrame:
    """A frame and what moved in it."""

    frame: Frame
    working: UInt8[np.ndarray, "Hm Wm 3"]
    motion: Motion
    trail: Float32[np.ndarray, "Hm Wm 2"]
    """Motion against the camera of this and the last few frames."""
    reset: Reset | None
    elapsed_frames: int
    elapsed_seconds: float
    """Since the frame before."""
    spent_seconds: float
    encoded: EncodedFrame | None = None
    """Where it was encoded ahead of the second step."""
    warm_start: tuple["PreparedFrame", ...] = ()
    """Of a scene's first frame, where it is known what follows: the frames after it and itself,
    prepared as if the scene were played backwards. The columns are updated with them first."""


class FramePreparation:
    """The first step of one clip: remembers the last pictures, the trail and the time."""

    def __init__(self, settings: MotionSettings) -> None:
        self.settings = settings
        self._history = MotionHistory()
        self._trail: Float32[np.ndarray, "Hm Wm 2"] | None = None
        self._previous_seconds, self._previous_index = 0.0, -1

    def prepare(self, frame: Frame, motion: Motion | None = None) -> PreparedFrame:
        """A frame with its motion since the one before, or with the motion given.

        Raises TypeError for what is no Frame, and InvalidInput in a process that was forked after
        the model had run.
        """
        refuse_in_fork()
        if not isinstance(frame, Frame):
            wanted = "a Frame is needed, with image, index, pts_seconds and is_corrupt"
            raise TypeError(f"{wanted}, got {type(frame).__name__}")
        began = time.perf_counter()
        working = working_image(frame.image, self.settings.working_pixels)
        picture = grey(working)
        reset: Reset | None = None
        if motion is None:
            motion, reset = self._motion(picture, frame.pts_seconds)
        trail = trailed(self._trail, motion)
        elapsed_frames = max(1, frame.index - self._previous_index)
        elapsed_seconds = max(frame.pts_seconds - self._previous_seconds, 1e-3)
        if not frame.is_corrupt:  # a damaged picture is answered but not remembered
            self._remember(frame, picture, motion, trail, reset)
        spent = time.perf_counter() - began
        return PreparedFrame(
            frame, working, motion, trail, reset, elapsed_frames, elapsed_seconds, spent
        )

    def forget(self) -> None:
        """Begin a new scene with the next frame."""
        self._history, self._trail = MotionHistory(), None

    def _remember(
        self,
        frame: Frame,
        picture: UInt8[np.ndarray, "Hm Wm"],
        motion: Motion,
        trail: Float32[np.ndarray, "Hm Wm 2"],
        reset: Reset | None,
    ) -> None:
        if reset in ("size", "gap"):
            self._history = MotionHistory()
        self._history.remember(picture, frame.pts_seconds)
        self._previous_seconds, self._previous_index = frame.pts_seconds, frame.index
        # What a scene's first frame is told of its motion lies ahead of it: it is no past.
        self._trail = np.zeros_like(trail) if motion.is_cut else trail

    def _motion(
        self, picture: UInt8[np.ndarray, "Hm Wm"], now: float
    ) -> tuple[Motion, Reset | None]:
        """Motion since the frame before; none, and why, where nothing may be carried over."""
        reset = self._broken_off(picture, now)
        if reset is None:
            motion = self._history.measure(picture, now)
            if not motion.is_cut:
                return motion, None
            reset = "cut"  # flow between two scenes means nothing
        return no_motion(*picture.shape), reset

    def _broken_off(self, picture: UInt8[np.ndarray, "Hm Wm"], now: float) -> Reset | None:
        if self._history.shape is None:
            return "begin"
        if self._history.shape != picture.shape:
            return "size"
        elapsed = now - self._previous_seconds
        return "gap" if elapsed > self.settings.reset_gap_seconds else None

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """All that is remembered, for ``from_arrays``."""
        arrays, history = self._history.to_arrays()
        if self._trail is not None:
            arrays["trail"] = self._trail
        return arrays, {
            "history": history,
            "previous_seconds": self._previous_seconds,
            "previous_index": self._previous_index,
        }

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, Any], settings: MotionSettings
    ) -> "FramePreparation":
        """Go on from what ``to_arrays`` told of, with the same settings."""
        preparation = cls(settings)
        preparation._history = MotionHistory.from_arrays(arrays, numbers["history"])
        preparation._trail = arrays.get("trail")
        preparation._previous_seconds = numbers["previous_seconds"]
        preparation._previous_index = numbers["previous_index"]
        return preparation

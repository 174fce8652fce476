"""First step: a frame at the working size, and the motion since the previous frame."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8

from glom_video.glom.forks import refuse_in_fork
from glom_video.motion import (
    Drift,
    MotionHistory,
    MotionSettings,
    Ticks,
    grey,
    no_motion,
    per_frame,
    trailed,
    working_image,
)
from glom_video.structures import Frame, InvalidInput, Motion, Reset


@dataclass(frozen=True, slots=True)
class EncodedFrame:
    """The encoder's output for prepared frames, on the model's device."""

    planes: Float[torch.Tensor, "b 7 H W"]
    """Raw planes of motion."""
    patches: Float[torch.Tensor, "b d h w"]
    spent_seconds: float


@dataclass(frozen=True, slots=True)
class PreparedFrame:
    """A frame with its motion."""

    frame: Frame
    working: UInt8[np.ndarray, "Hm Wm 3"]
    motion: Motion
    trail: Float32[np.ndarray, "Hm Wm 2"]
    """Motion against the camera of this and the last few frames."""
    reset: Reset | None
    elapsed_frames: int
    elapsed_seconds: float
    """Since the last tick."""
    spent_seconds: float
    encoded: EncodedFrame | None = None
    """Set if the frame was encoded ahead of the second step."""
    drift: Drift | None = None
    """Set if the frame is no tick and does not update the columns. ``motion`` is then coarse and
    leads to the previous frame; for a tick it leads to the last tick."""
    since_frame: float = 1.0
    """Share of the time since the last tick that passed since the previous frame."""
    warm_start: tuple["PreparedFrame", ...] = ()
    """For the first frame of a recorded scene: the frames after it and itself, prepared as if
    played backwards. The columns are updated with them first."""

    @property
    def motion_since_frame(self) -> Motion:
        """Motion since the previous frame, tick or not, if motion since the last tick was even."""
        return per_frame(self.motion, 1 / self.since_frame)


class FramePreparation:
    """The first step of one clip. Remembers the last pictures, the trail and the time."""

    def __init__(self, settings: MotionSettings) -> None:
        self.settings = settings
        self.ticks = Ticks(settings.tick_seconds)
        self._history = MotionHistory()
        self._trail: Float32[np.ndarray, "Hm Wm 2"] | None = None
        self._tick_seconds, self._tick_index = 0.0, -1
        """Of the last tick."""
        self._frame_seconds, self._frame_index = 0.0, -1
        """Of the last frame."""
        self._sound_seconds = 0.0
        """Of the last frame that was not damaged."""

    def prepare(
        self, frame: Frame, motion: Motion | None = None, *, is_late: bool = False
    ) -> PreparedFrame:
        """A frame with its motion since the previous one, or with the given motion. A frame whose
        index is not above the previous one's, as in loops without numbers, gets the next index.
        ``is_late``: as for ``Ticks.drift``.

        Raises:
            TypeError: it is no Frame.
            InvalidInput: it is earlier than the previous frame, or this process was forked after
                the model had run.
        """
        refuse_in_fork()
        if not isinstance(frame, Frame):
            wanted = "a Frame is needed, with image, index, pts_seconds and is_corrupt"
            raise TypeError(f"{wanted}, got {type(frame).__name__}")
        began = time.perf_counter()
        frame = self._counted(frame)
        working = working_image(frame.image, self.settings.working_pixels)
        picture, now = grey(working), frame.pts_seconds
        reset: Reset | None = None
        if motion is None:
            reset = self._broken_off(picture, now)
            is_tick = reset is not None or frame.is_corrupt
            drift = None if is_tick else self.ticks.drift(picture, now, is_late=is_late)
            if drift is not None:
                return self._between_ticks(frame, working, drift, began)
            motion, reset = self._motion(picture, now, reset)
        prepared = self._at_tick(frame, working, motion, reset)
        if not frame.is_corrupt:  # a damaged picture is answered but not remembered
            self._remember(prepared, picture)
        self._frame_seconds = now
        return replace(prepared, spent_seconds=time.perf_counter() - began)

    def _at_tick(
        self,
        frame: Frame,
        working: UInt8[np.ndarray, "Hm Wm 3"],
        motion: Motion,
        reset: Reset | None,
    ) -> PreparedFrame:
        """A frame with which the columns are updated."""
        elapsed_seconds = max(frame.pts_seconds - self._tick_seconds, 1e-3)
        since_frame = max(frame.pts_seconds - self._frame_seconds, 1e-3)
        return PreparedFrame(
            frame=frame,
            working=working,
            motion=motion,
            trail=trailed(self._trail, motion),
            reset=reset,
            elapsed_frames=max(1, frame.index - self._tick_index),
            elapsed_seconds=elapsed_seconds,
            spent_seconds=0.0,
            since_frame=min(1.0, since_frame / elapsed_seconds),
        )

    def _counted(self, frame: Frame) -> Frame:
        """With the next index, if it has none of its own."""
        if self._frame_index >= 0 and frame.pts_seconds < self._frame_seconds:
            raise InvalidInput(
                f"a frame of {float(frame.pts_seconds):g} s follows one of "
                f"{float(self._frame_seconds):g} s",
                "Give frames in the order of their times (time.monotonic() never goes back), and "
                "each clip a Perceiver of its own.",
            )
        if frame.index <= self._frame_index:
            frame = replace(frame, index=self._frame_index + 1)
        self._frame_index = frame.index
        return frame

    def _between_ticks(
        self, frame: Frame, working: UInt8[np.ndarray, "Hm Wm 3"], drift: Drift, began: float
    ) -> PreparedFrame:
        """A frame between ticks, of which little is remembered."""
        assert self._trail is not None, "there was a tick"
        self._frame_seconds = self._sound_seconds = frame.pts_seconds
        return PreparedFrame(
            frame,
            working,
            drift.motion,
            self._trail,
            reset=None,
            elapsed_frames=frame.index - self._tick_index,
            elapsed_seconds=frame.pts_seconds - self._tick_seconds,
            spent_seconds=time.perf_counter() - began,
            drift=drift,
        )

    def forget(self) -> None:
        """Begin a new scene with the next frame."""
        self._history, self._trail = MotionHistory(), None
        self.ticks = Ticks(self.ticks.longest_seconds)

    def _remember(self, prepared: PreparedFrame, picture: UInt8[np.ndarray, "Hm Wm"]) -> None:
        """Make this frame the last tick."""
        frame, motion, trail = prepared.frame, prepared.motion, prepared.trail
        if prepared.reset in ("size", "gap"):
            self._history = MotionHistory()
        self._history.remember(picture, frame.pts_seconds)
        self.ticks.tick(picture, frame.pts_seconds, motion, prepared.elapsed_seconds)
        self._tick_seconds, self._tick_index = frame.pts_seconds, frame.index
        self._sound_seconds = frame.pts_seconds
        # The motion of a scene's first frame leads to the second: it is no past.
        self._trail = np.zeros_like(trail) if motion.is_cut else trail

    def _motion(
        self, picture: UInt8[np.ndarray, "Hm Wm"], now: float, reset: Reset | None
    ) -> tuple[Motion, Reset | None]:
        """Motion since the last tick; without motion, and with the reason, where nothing may be
        carried over."""
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
        elapsed = now - self._sound_seconds  # ticks may be farther apart than that
        return "gap" if elapsed > self.settings.reset_gap_seconds else None

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """All that is remembered, for ``from_arrays``."""
        arrays, history = self._history.to_arrays()
        of_ticks, ticks = self.ticks.to_arrays()
        arrays |= of_ticks
        if self._trail is not None:
            arrays["trail"] = self._trail
        return arrays, {
            "history": history,
            "ticks": ticks,
            "last_seconds": self._frame_seconds,
            "last_index": self._frame_index,
            "sound_seconds": self._sound_seconds,
            "previous_seconds": self._tick_seconds,
            "previous_index": self._tick_index,
        }

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, Any], settings: MotionSettings
    ) -> "FramePreparation":
        """Inverse of ``to_arrays``, with the same settings."""
        preparation = cls(settings)
        preparation._history = MotionHistory.from_arrays(arrays, numbers["history"])
        preparation.ticks = Ticks.from_arrays(arrays, numbers["ticks"])
        preparation._trail = arrays.get("trail")
        preparation._frame_seconds = numbers["last_seconds"]
        preparation._frame_index = numbers["last_index"]
        preparation._sound_seconds = numbers["sound_seconds"]
        preparation._tick_seconds = numbers["previous_seconds"]
        preparation._tick_index = numbers["previous_index"]
        return preparation

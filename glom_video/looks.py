"""A frame and what moved in it, before the columns take it in; and a scene's beginning, told what follows, where a recording knows it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8

from glom_video.glom import Evidence
from glom_video.motion import grey, motions_of, reverse_motion, trailed
from glom_video.structures import Frame, Motion, Reset


@dataclass(frozen=True, slots=True)
class Shown:
    """What looks show to the columns, on the model's device."""

    planes: Float[torch.Tensor, "b 7 H W"]
    """Raw planes of motion."""
    evidence: Evidence
    spent: float
    """Seconds that this took."""


@dataclass(frozen=True, slots=True)
class Look:
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
    spent: float
    """Seconds that this took."""
    shown: Shown | None = None
    """Where it was encoded already."""
    rehearsal: tuple["Look", ...] = ()
    """Of a scene's first frame, where it is known what follows: the frames after it and itself, as they look when the scene is played backwards. The
    columns go through them and come to this frame knowing what moves."""


def foreseen(scene: Sequence[Look]) -> list[Look]:
    """The first frames of a scene, of which the first is told what follows: what moves until the second, turned round, as if it had moved so all
    along, and the rehearsal. Damaged pictures tell nothing. ``scene`` may be empty.
    """
    sound = [look for look in scene if not look.frame.is_corrupt]
    if len(sound) < 2:
        return list(scene)
    began, (first, second) = time.perf_counter(), sound[:2]
    back = list(motions_of((grey(look.working), -look.frame.pts_seconds) for look in reversed(sound)))
    motion = reverse_motion(back[-1])
    told = replace(
        first,
        motion=motion,
        trail=motion.residual,
        elapsed_frames=second.elapsed_frames,
        elapsed_seconds=second.elapsed_seconds,
        rehearsal=_played_backwards(sound, back),
    )
    return [replace(told, spent=first.spent + time.perf_counter() - began), *scene[1:]]


def _played_backwards(scene: Sequence[Look], back: Sequence[Motion]) -> tuple[Look, ...]:
    """The looks of a scene, last first, each with what moved since the one after it; none where two of them have nothing to do with each other.

    What is played first is told what moved until then, turned round, like the first frame of a scene.

    Args:
        scene: two or more.
        back: the motion from each to the one before it, last first.
    """
    if any(motion.is_cut for motion in back):
        return ()
    turned = reverse_motion(scene[-1].motion)
    played = [replace(scene[-1], motion=turned, trail=turned.residual)]
    trail = np.zeros_like(turned.residual)
    for (later, look), motion in zip(pairwise(reversed(scene)), back, strict=True):
        trail = trailed(trail, motion)
        played.append(replace(look, motion=motion, trail=trail, elapsed_frames=later.elapsed_frames, elapsed_seconds=later.elapsed_seconds))
    return tuple(played)

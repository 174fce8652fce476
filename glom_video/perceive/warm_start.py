"""The first frames of a recorded scene, prepared with the help of the frames after them.

They have little before them. So the first one gets the motion to the second, and the columns are
first updated with the scene played backwards to its first frame (a reverse-time warm start).
"""

import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from glom_video.motion import grey, motions_of, reverse_motion, trailed
from glom_video.perceive.prepared import FramePreparation, PreparedFrame
from glom_video.structures import Frame, Motion

WARM_START_FRAMES = 5
"""Frames of a scene that are played backwards; docs/HISTORY.md has the gain of fewer and more."""


def prepare_recording(
    preparation: FramePreparation, frames: Iterable[Frame]
) -> Generator[PreparedFrame, None, None]:
    """All frames of a recording, prepared. At the beginning of a scene, WARM_START_FRAMES are read
    ahead. A damaged picture begins no scene, since it is not remembered.

    Closes ``frames`` at the end, if they can be closed. If they raise, frames already read come out
    first.
    """
    waiting: list[PreparedFrame] = []
    try:
        for frame in frames:
            prepared = preparation.prepare(frame)
            if prepared.reset and not frame.is_corrupt:
                yield from with_warm_start(waiting)
                waiting = [prepared]
            elif waiting:
                waiting.append(prepared)
            else:
                yield prepared
            if len(waiting) == WARM_START_FRAMES:
                yield from with_warm_start(waiting)
                waiting = []
    except Exception:
        yield from with_warm_start(waiting)
        raise
    else:
        yield from with_warm_start(waiting)
    finally:
        if isinstance(frames, Generator):
            frames.close()


def with_warm_start(scene: Sequence[PreparedFrame]) -> list[PreparedFrame]:
    """The first frames of a scene. The first one gets its warm start, and the reversed motion to
    the second one, as if things had moved like that before. Damaged pictures are left out.
    ``scene`` may be empty."""
    sound = [prepared for prepared in scene if not prepared.frame.is_corrupt]
    if len(sound) < 2:
        return list(scene)
    began, (first, second) = time.perf_counter(), sound[:2]
    pictures = ((grey(each.working), -each.frame.pts_seconds) for each in reversed(sound))
    back = list(motions_of(pictures))
    motion = reverse_motion(back[-1])
    warmed = replace(
        first,
        motion=motion,
        trail=motion.residual,
        elapsed_frames=second.elapsed_frames,
        elapsed_seconds=second.elapsed_seconds,
        since_frame=1.0,
        warm_start=_played_backwards(sound, back),
    )
    spent = first.spent_seconds + time.perf_counter() - began
    return [replace(warmed, spent_seconds=spent), *scene[1:]]


def _played_backwards(
    scene: Sequence[PreparedFrame], back: Sequence[Motion]
) -> tuple[PreparedFrame, ...]:
    """The frames of a scene, last first, each with the motion since the one after it; empty if two
    of them are unrelated.

    The last one gets the motion that led to it, reversed, like the first frame of a scene.

    Args:
        scene: two or more frames.
        back: the motion from each to the one before it, last first.
    """
    if any(motion.is_cut for motion in back):
        return ()
    turned = reverse_motion(scene[-1].motion)
    played = [replace(scene[-1], motion=turned, trail=turned.residual)]
    trail = np.zeros_like(turned.residual)
    for (later, prepared), motion in zip(pairwise(reversed(scene)), back, strict=True):
        trail = trailed(trail, motion)
        step = replace(
            prepared,
            motion=motion,
            trail=trail,
            elapsed_frames=later.elapsed_frames,
            elapsed_seconds=later.elapsed_seconds,
        )
        played.append(step)
    return tuple(played)

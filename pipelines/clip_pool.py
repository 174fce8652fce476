"""Rendered clips ahead of training: worker processes draw them in order of their seeds, and each is used a few times before it goes.

Which clips a step is given depends on the configuration and the step alone, not on how fast the workers are: training can be repeated and resumed.
"""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import torch
from jaxtyping import Float16, UInt8
from torch import Tensor

from glom_video.glom.encoder import STRIDE
from glom_video.learn import Batch
from glom_video.motion import GRID_MULTIPLE

AHEAD = 12
"""Clips under way in the workers."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of training on clips of one shape."""

    steps: int
    height: int
    width: int
    frames: int
    """Frames per example; clips are rendered a little longer, and the first frame is only there to give the second its motion."""
    batch: int
    fresh: int
    """New clips per step; the rest of the batch is drawn from the pool."""
    pool: int
    """Clips kept."""
    rendered_frames: int = 8

    def __post_init__(self) -> None:
        if self.height % GRID_MULTIPLE or self.width % GRID_MULTIPLE:
            raise ValueError(f"sides of training clips are multiples of {GRID_MULTIPLE}, not {self.width}x{self.height}")
        if not 0 < self.frames < self.rendered_frames:
            raise ValueError(f"a phase of {self.frames} frames needs at least one more rendered frame than that, not {self.rendered_frames}")
        if not 0 <= self.fresh <= self.batch <= self.pool:
            raise ValueError(f"a phase needs fresh <= batch <= pool, not {self.fresh}, {self.batch}, {self.pool}")


@dataclass(frozen=True, slots=True)
class PreparedClip:
    """A rendered clip with its motion, small enough to keep many."""

    images: UInt8[np.ndarray, "t H W 3"]
    motion: Float16[np.ndarray, "t 5 H W"]
    parts: UInt8[np.ndarray, "t h w"]
    objects: UInt8[np.ndarray, "t h w"]


@lru_cache(1)
def _textures(folders: tuple[Path, ...]) -> "Textures":  # type: ignore[name-defined]  # noqa: F821
    from glom_video.synth import Textures

    return Textures.load(folders)


def prepare_clip(seed: int, phase: Phase, folders: tuple[Path, ...], family: str = "train") -> PreparedClip:
    """Render one clip and compute its motion with the code that real frames go through. Runs in a worker process."""
    import cv2

    from glom_video.motion import estimate_motion, grey, motion_array, no_motion
    from glom_video.synth import render_clip

    cv2.setNumThreads(1)
    clip = render_clip(seed, frames=phase.rendered_frames, height=phase.height, width=phase.width, textures=_textures(folders), family=family)
    greys = [grey(image) for image in clip.images]
    moved = [no_motion(phase.height, phase.width), *(estimate_motion(*pair) for pair in pairwise(greys))]
    centres = slice(STRIDE // 2, None, STRIDE)
    return PreparedClip(
        clip.images,
        np.stack([motion_array(motion) for motion in moved]).astype(np.float16),
        np.ascontiguousarray(clip.parts[:, centres, centres]),
        np.ascontiguousarray(clip.objects[:, centres, centres]),
    )


def assemble(clips: Sequence[tuple[PreparedClip, int]], frames: int) -> Batch:
    """Clips, each from its own first frame on, as one batch."""

    def stacked(name: str) -> Tensor:
        return torch.from_numpy(np.stack([getattr(clip, name)[start : start + frames] for clip, start in clips]))

    images = stacked("images").permute(0, 1, 4, 2, 3).float() / 255
    return Batch(images.contiguous(), stacked("motion").float(), stacked("parts").long(), stacked("objects").long())


class ClipPool:
    """The clips of one phase, from a given step of it on. A context manager; its workers end with it."""

    def __init__(self, phase: Phase, *, first_seed: int, first_step: int, folders: Sequence[Path], workers: int) -> None:
        self.phase, self.folders, self.step = phase, tuple(folders), first_step
        self.executor = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
        self.clips: deque[PreparedClip] = deque(maxlen=phase.pool)
        self.coming: deque[Future[PreparedClip]] = deque()
        self.first_seed = first_seed
        self.next_seed = first_seed + max(0, self._needed(first_step) - phase.pool)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.executor.shutdown(wait=False, cancel_futures=True)

    def next_batch(self) -> Batch:
        """The batch of the current step; waits for the workers where they are behind."""
        while self._received() < self._needed(self.step):
            self._order()
            self.clips.append(self.coming.popleft().result())
        self._order()
        random = np.random.default_rng([self.first_seed, self.step])
        newest = min(self.phase.fresh, len(self.clips))
        old = random.integers(0, len(self.clips), self.phase.batch - newest)
        chosen = [*range(len(self.clips) - newest, len(self.clips)), *old.tolist()]
        starts = random.integers(1, self.phase.rendered_frames - self.phase.frames + 1, len(chosen))
        self.step += 1
        return assemble([(self.clips[i], int(start)) for i, start in zip(chosen, starts, strict=True)], self.phase.frames)

    def _needed(self, step: int) -> int:
        """Clips that have been drawn since the phase began when this step's batch is made."""
        return max(self.phase.batch, (step + 1) * self.phase.fresh)

    def _received(self) -> int:
        return self.next_seed - len(self.coming) - self.first_seed

    def _order(self) -> None:
        while len(self.coming) < AHEAD:
            self.coming.append(self.executor.submit(prepare_clip, self.next_seed, self.phase, self.folders))
            self.next_seed += 1

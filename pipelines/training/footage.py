"""Pieces of the user's own clips, read at random places ahead of training. Which piece a step is
given depends on the step alone."""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float16, Float32, UInt8
from torch import Tensor

from glom_video.learn import Footage
from glom_video.structures import InvalidInput
from glom_video_pipelines.training.clips.drawing import intervals, motion_planes, motions
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.clips.pool import Shard, pictures

AHEAD = 3
"""Steps whose pieces are read ahead."""
FIRST_SEED = 3_000_000_000
"""Far from those of rendered clips."""


@dataclass(frozen=True, slots=True)
class Video:
    """A clip to learn from."""

    path: Path
    frames: int


def find_videos(sources: Sequence[str], phase_frames: int) -> tuple[Video, ...]:
    """Video files, image folders and globs that are long enough for a piece of ``phase_frames``
    frames and the one before.

    Raises InvalidInput for what cannot be read, and where none is long enough.
    """
    from glom_video.read import expand, frame_count, is_url, redacted

    found = expand(sources)
    for source in found:
        if is_url(source):
            raise InvalidInput(
                f"{redacted(source)} is an address, and training reads here and there in files",
                "Download it, and name the file.",
            )
    videos = [Video(Path(source), frame_count(Path(source))) for source in found]
    long_enough = tuple(video for video in videos if video.frames > phase_frames)
    if not long_enough:
        raise InvalidInput(
            f"no clip to adapt to has more than {phase_frames} frames",
            "Give longer clips, or shorten frames in the config.",
        )
    return long_enough


@dataclass(frozen=True, slots=True)
class Piece:
    """Some frames in a row, cut to the size of a phase, with their motion."""

    images: UInt8[np.ndarray, "t H W 3"]
    motion: Float16[np.ndarray, "t 7 H W"]
    interval: Float32[np.ndarray, " t"]
    """Over how many frames motion was measured."""


def read_random_piece(seed: int, phase: Phase, videos: tuple[Video, ...]) -> Piece:
    """A piece of a video at a random place; long videos come up more often. Runs in a worker
    process, which a broken decoder may take with it."""
    import cv2

    from glom_video.read import read_piece

    cv2.setNumThreads(1)
    random = np.random.default_rng(seed)
    spare = np.array([video.frames - phase.frames for video in videos])
    video = videos[int(random.choice(len(videos), p=spare**0.5 / (spare**0.5).sum()))]
    first = int(random.integers(video.frames - phase.frames))
    down, right = random.random(), random.random()
    frames = list(read_piece(video.path, first, phase.frames + 1))
    images = np.stack(
        [cropped(frame.image, phase.height, phase.width, (down, right)) for frame in frames]
    )
    moved = motions(images, [frame.pts_seconds for frame in frames])
    return Piece(images[1:], motion_planes(moved), intervals(moved))


def cropped(
    image: UInt8[np.ndarray, "H W 3"], height: int, width: int, place: tuple[float, float]
) -> UInt8[np.ndarray, "h w 3"]:
    """Shrunk or enlarged until it just covers the size, and cut at ``place`` (0 to 1, down and
    right) where it is longer."""
    import cv2

    scale = max(height / image.shape[0], width / image.shape[1])
    tall = max(height, round(image.shape[0] * scale))
    wide = max(width, round(image.shape[1] * scale))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    covering = cv2.resize(image, (wide, tall), interpolation=interpolation)
    top, left = round(place[0] * (tall - height)), round(place[1] * (wide - width))
    return np.ascontiguousarray(covering[top : top + height, left : left + width])


@dataclass(slots=True)
class FootagePool:
    """As many pieces a step as clips are rendered for it: half of what is learnt from."""

    phase: Phase
    videos: tuple[Video, ...]
    executor: Executor
    shard: Shard
    device: torch.device
    _coming: dict[int, list[Future[Piece]]] = field(default_factory=dict)

    def batch(self, step: int, last: int) -> Footage:
        """This process's share of a step; ``last`` is the step up to which (excluded) batches will
        be requested."""
        for ahead in range(step, min(step + AHEAD, last)):
            if ahead not in self._coming:
                first = FIRST_SEED + ahead * self.phase.batch
                seeds = range(first, first + self.phase.batch)[self.shard.rank :: self.shard.size]
                self._coming[ahead] = [
                    self.executor.submit(read_random_piece, seed, self.phase, self.videos)
                    for seed in seeds
                ]
        pieces = [piece.result() for piece in self._coming.pop(step)]
        images = pictures(self._sent([piece.images for piece in pieces]))
        motion = self._sent([piece.motion for piece in pieces]).float()
        interval = self._sent([piece.interval for piece in pieces])
        return Footage(images, motion, torch.ones(images.shape[:2], device=self.device), interval)

    def _sent(self, arrays: Sequence[np.ndarray]) -> Tensor:
        """Arrays of one shape, stacked, in the type in which they are kept: so they are small on
        their way to a GPU."""
        return torch.from_numpy(np.stack(arrays)).to(self.device)

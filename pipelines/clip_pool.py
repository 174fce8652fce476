"""Rendered clips ahead of training: worker processes draw them in order of their seeds, and each is used a few times before it goes.

Which clips a step is given depends on the configuration and the step alone, not on how fast the workers are: training can be repeated and resumed.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import pairwise
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import numpy as np
import torch
from jaxtyping import Float, Float16, Integer, UInt8
from torch import Tensor

from glom_video.glom.encoder import STRIDE
from glom_video.learn import Batch
from glom_video.motion import GRID_MULTIPLE
from glom_video.structures import FINER
from pipelines.prepared_clip import KeptClip, PreparedClip, leave_clip, take_clip

AHEAD, AHEAD_PER_WORKER = 12, 3
"""Clips under way in the workers: so many, or so many for each where that is more."""
DROPPED_SHARE, LONGEST_BURST = 0.2, 3
"""Share of clips in which frames are dropped once, and how many at the most."""
DROPPING = 1
"""Names the random stream that says which."""
GROUPING = 2
"""Names the random stream that says which clips show a group."""
PACES, PACE_CHANCES = (2, 3), (0.7, 0.3)
"""Of hurried clips: every second or third frame is seen, as if they were filmed at fewer frames a second."""
HURRYING = 3
"""Names the random stream that says which clips are hurried."""
HALF_MOST = 60_000.0
"""Within what half precision holds: where a picture is lost, a summed motion can be beyond all bounds."""
FROM_THE_START = 0.3
"""Share of examples that begin with a clip's first frame, of which no motion is known; others begin anywhere."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of training on clips of one shape."""

    steps: int
    height: int
    width: int
    frames: int
    """Frames per example; clips are rendered a little longer."""
    batch: int
    fresh: int
    """New clips per step; the rest of the batch is drawn from the pool."""
    pool: int
    """Clips kept."""
    rendered_frames: int = 8
    grouped: float = 0.0
    """Share of the clips that show a group close together."""
    stops: float = 0.0
    """Chance of each object to come to rest for good: what was seen to move has to be remembered."""
    hurried: float = 0.0
    """Share of the clips in which everything, the camera too, moves two or three times as far from frame to frame."""

    def __post_init__(self) -> None:
        if self.height % GRID_MULTIPLE or self.width % GRID_MULTIPLE:
            raise ValueError(f"sides of training clips are multiples of {GRID_MULTIPLE}, not {self.width}x{self.height}")
        if not 0 < self.frames < self.rendered_frames:
            raise ValueError(f"a phase of {self.frames} frames needs at least one more rendered frame than that, not {self.rendered_frames}")
        if not 0 <= self.fresh <= self.batch <= self.pool:
            raise ValueError(f"a phase needs fresh <= batch <= pool, not {self.fresh}, {self.batch}, {self.pool}")


@lru_cache(1)
def _textures(folders: tuple[Path, ...]) -> "Textures":  # type: ignore[name-defined]  # noqa: F821
    from glom_video.synth import Textures

    return Textures.load(folders)


def training_family(seed: int, phase: Phase) -> str:
    """Which family of the renderer a training clip is of."""
    return "group" if np.random.default_rng([seed, GROUPING]).random() < phase.grouped else "train"


def pace_of(seed: int, phase: Phase) -> int:
    """Every how manyth frame of a training clip is seen."""
    random = np.random.default_rng([seed, HURRYING])
    return int(random.choice(PACES, p=PACE_CHANCES)) if random.random() < phase.hurried else 1


def prepare_clip(seed: int, phase: Phase, folders: tuple[Path, ...], family: str | None = None) -> PreparedClip:
    """Render one clip and compute its motion with the code that real frames go through. Runs in a worker process.

    ``family``: of the renderer; without, the one that training has for this seed.
    """
    import cv2

    from glom_video.motion import estimate_motion, grey, no_motion
    from glom_video.synth import render_clip

    cv2.setNumThreads(1)
    kept, pace = kept_frames(seed, phase.rendered_frames), pace_of(seed, phase)
    shown = (kept * pace).tolist()
    clip = render_clip(
        seed,
        frames=shown[-1] + 1,
        height=phase.height,
        width=phase.width,
        textures=_textures(folders),
        family=family or training_family(seed, phase),
        stops=phase.stops,
        shown=shown,
    )
    moved = [no_motion(phase.height, phase.width), *(estimate_motion(*pair) for pair in pairwise(grey(image) for image in clip.images))]

    def middles(ids: UInt8[np.ndarray, "t H W"], stride: int) -> UInt8[np.ndarray, "t hs ws"]:
        return np.ascontiguousarray(ids[:, stride // 2 :: stride, stride // 2 :: stride])

    return PreparedClip(
        clip.images,
        motion_planes(moved),
        middles(clip.parts, STRIDE),
        middles(clip.objects, STRIDE),
        middles(clip.parts, STRIDE // FINER),
        middles(clip.objects, STRIDE // FINER),
        np.diff(kept, prepend=-1).astype(np.float32),
    )


def motion_planes(moved: Sequence["Motion"]) -> Float16[np.ndarray, "t 7 H W"]:  # type: ignore[name-defined]  # noqa: F821
    """Of frames that follow each other."""
    from glom_video.motion import motion_array, trailed

    planes, trail = [], None
    for motion in moved:
        trail = trailed(trail, motion)
        planes.append(motion_array(motion, trail))
    return np.clip(np.stack(planes), -HALF_MOST, HALF_MOST).astype(np.float16)


def kept_frames(seed: int, count: int) -> Integer[np.ndarray, " t"]:
    """Which frames of a clip are seen: in some clips a burst is dropped, as live sources do."""
    random = np.random.default_rng([seed, DROPPING])
    kept = np.arange(count)
    if count > 2 and random.random() < DROPPED_SHARE:
        kept[int(random.integers(2, count)) :] += int(random.integers(1, LONGEST_BURST + 1))
    return kept


def draw_clip(seed: int, phase: Phase, folders: tuple[Path, ...], place: Path) -> Path:
    """As ``prepare_clip``, left in a file in the folder ``place``. Runs in a worker process."""
    return leave_clip(prepare_clip(seed, phase, folders), place / f"{seed}.pt")


def assemble(clips: Sequence[tuple[KeptClip, int]], frames: int) -> Batch:
    """Clips, each from its own first frame on, as one batch where they are."""

    def stacked(name: str) -> Tensor:
        return torch.stack([getattr(clip, name)[start : start + frames] for clip, start in clips])

    finer = (stacked("finer_parts"), stacked("finer_objects"))
    shown = (pictures(stacked("images")), stacked("motion").float(), stacked("elapsed"))
    return Batch(*shown, stacked("parts").long(), stacked("objects").long(), *finer)


def sent(arrays: Sequence[np.ndarray], device: torch.device | None) -> Tensor:
    """Arrays of one shape, stacked, on a device, in the type in which they are kept."""
    return torch.from_numpy(np.stack(arrays)).to(device)


def pictures(bytes_: UInt8[Tensor, "b t H W 3"]) -> Float[Tensor, "b t 3 H W"]:
    """As a model takes them: in [0, 1]."""
    return (bytes_.permute(0, 1, 4, 2, 3).float() / 255).contiguous()


class Renderer(SpawnProcess):
    """A worker process. It ends when its parent does, however that ends, and leaves Ctrl-C to the parent, which still needs its clips."""

    def run(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_end_with_parent, daemon=True).start()
        super().run()


def _end_with_parent() -> None:
    """A killed parent tells its children nothing, and an idle worker would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "renderers run in processes of their own"
    parent.join()
    os._exit(1)


class RendererContext(SpawnContext):
    """Spawned, not forked: torch and OpenCV have threads."""

    Process = Renderer


@contextmanager
def renderers(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes for a whole run: each loads the textures once. What they still have to do is dropped at the end."""
    executor = ProcessPoolExecutor(workers, mp_context=RendererContext())
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Share:
    """Which part of every batch a process of several gets."""

    rank: int = 0
    size: int = 1


class ClipPool:
    """The clips of one phase, from a given step of it on. A context manager; workers of its own end with it, given ones do not.

    Only clips that a batch will hold are drawn, in the order in which batches need them: a run that is resumed in the middle of a phase goes on
    as soon as the clips of its next batch are there, and does not wait for the whole pool to be drawn again.
    """

    def __init__(
        self,
        phase: Phase,
        *,
        first_seed: int,
        first_step: int,
        folders: Sequence[Path],
        workers: int,
        executor: ProcessPoolExecutor | None = None,
        share: Share | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.phase, self.folders, self.step, self.first_seed = phase, tuple(folders), first_step, first_seed
        self.share, self.device = share or Share(), device
        self.stream = torch.cuda.Stream(device) if device is not None and device.type == "cuda" else None
        self.ahead = max(AHEAD, AHEAD_PER_WORKER * workers)
        self.is_owner = executor is None
        self.executor = executor or ProcessPoolExecutor(workers, mp_context=RendererContext())
        self.clips: dict[int, KeptClip] = {}
        self.coming: dict[int, Future[Path]] = {}
        self.files = TemporaryDirectory(prefix="glom-video-", ignore_cleanup_errors=True)
        """Of clips that are drawn and not yet taken."""
        self.wanted = self._wanted(first_step)
        self.assembly = ThreadPoolExecutor(1, "assembly")
        self.following: Future[Batch] | None = None
        """The next batch, put together while the one before is learnt from."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.assembly.shutdown(wait=False, cancel_futures=True)
        if self.is_owner:
            self.executor.shutdown(wait=False, cancel_futures=True)
        self.files.cleanup()

    def next_batch(self) -> Batch:
        """This process's share of the batch of the current step; waits for the workers where they are behind."""
        batch = (self.following or self.assembly.submit(self._assembled)).result()
        self.following = self.assembly.submit(self._assembled) if self.step < self.phase.steps else None
        return batch

    def _assembled(self) -> Batch:
        """Of the step that is next. In the assembling thread, which alone touches the clips; on a GPU by a stream of its own, so that neither waits
        for the step that is being computed nor that for it."""
        if self.stream is None:
            return self._put_together()
        with torch.cuda.stream(self.stream):
            batch = self._put_together()
        self.stream.synchronize()
        for item in fields(batch):  # its memory may be used again only when the steps that were given it are done
            getattr(batch, item.name).record_stream(torch.cuda.default_stream(self.device))
        return batch

    def _put_together(self) -> Batch:
        oldest, chosen = self._choice(self.step)
        self.clips = {seed: clip for seed, clip in self.clips.items() if seed >= oldest}
        while any(seed not in self.clips for seed, _ in chosen):
            self._order()
            seed = next(iter(self.coming))
            self.clips[seed] = take_clip(self.coming.pop(seed).result(), self.device)
        self._order()
        self.step += 1
        return assemble([(self.clips[seed], start) for seed, start in chosen], self.phase.frames)

    def _choice(self, step: int) -> tuple[int, list[tuple[int, int]]]:
        """Seed of the oldest clip that is kept at a step, and of each clip of the batch its seed and its first frame."""
        drawn = max(self.phase.batch, (step + 1) * self.phase.fresh)  # since the phase began
        kept = min(self.phase.pool, drawn)
        random = np.random.default_rng([self.first_seed, step])
        old = random.integers(0, kept, self.phase.batch - self.phase.fresh)
        chosen = [*range(kept - self.phase.fresh, kept), *old.tolist()]
        starts = random.integers(1, self.phase.rendered_frames - self.phase.frames + 1, len(chosen))
        starts *= random.random(len(chosen)) >= FROM_THE_START
        oldest = self.first_seed + drawn - kept
        whole = [(oldest + place, int(start)) for place, start in zip(chosen, starts, strict=True)]
        return oldest, whole[self.share.rank :: self.share.size]

    def _wanted(self, first_step: int) -> Iterator[int]:
        """Seeds in the order in which batches need them, each once."""
        known: set[int] = set()
        for step in range(first_step, self.phase.steps):
            for seed, _ in self._choice(step)[1]:
                if seed not in known:
                    known.add(seed)
                    yield seed

    def _order(self) -> None:
        while len(self.coming) < self.ahead and (seed := next(self.wanted, None)) is not None:
            self.coming[seed] = self.executor.submit(draw_clip, seed, self.phase, self.folders, Path(self.files.name))

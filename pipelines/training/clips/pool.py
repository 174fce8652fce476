"""Clips rendered ahead of training, each used a few times before it is dropped.

The clips of a step depend only on the config and the step, not on the workers' speed, so that
training can be repeated and resumed.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from glom_video.learn import Batch
from glom_video_pipelines.training.clips.files import ClipTensors
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.clips.renderers import Renderers

AHEAD, AHEAD_PER_WORKER = 12, 3
"""Clips under way in the workers: so many, or so many for each where that is more."""
FROM_THE_START = 0.3
"""Share of examples that begin with a clip's first frame, which has no known motion; others begin
anywhere."""


def clips_ahead(workers: int) -> int:
    """Clips that are rendered before they are needed, for so many worker processes."""
    return max(AHEAD, AHEAD_PER_WORKER * workers)


def assemble(clips: Sequence[tuple[ClipTensors, int]], frames: int) -> Batch:
    """Clips, each from its own first frame on, as one batch where they are."""

    def stacked(name: str) -> Tensor:
        return torch.stack([getattr(clip, name)[start : start + frames] for clip, start in clips])

    return Batch(
        images=pictures(stacked("images")),
        motion=stacked("motion").float(),
        elapsed=stacked("elapsed"),
        interval=stacked("interval"),
        parts=stacked("parts").long(),
        objects=stacked("objects").long(),
    )


def pictures(bytes_: UInt8[Tensor, "b t H W 3"]) -> Float[Tensor, "b t 3 H W"]:
    """As a model takes them: in [0, 1]."""
    return (bytes_.permute(0, 1, 4, 2, 3).float() / 255).contiguous()


@dataclass(frozen=True, slots=True)
class Shard:
    """The part of every batch that one process of several gets."""

    rank: int = 0
    size: int = 1


class ClipPool:
    """The clips of one phase, from a given step of it on. A context manager.

    Only clips that a batch will hold are drawn, in the order in which batches need them: a run that
    is resumed in the middle of a phase goes on as soon as the clips of its next batch are there,
    and does not wait for the whole pool to be drawn again.
    """

    def __init__(
        self,
        phase: Phase,
        *,
        first_seed: int,
        first_step: int,
        folders: Sequence[Path],
        executor: Renderers,
        ahead: int = AHEAD,
        shard: Shard | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.phase, self.folders = phase, tuple(folders)
        self.step, self.first_seed = first_step, first_seed
        self.shard, self.device = shard or Shard(), device
        is_gpu = device is not None and device.type == "cuda"
        self.stream = torch.cuda.Stream(device) if is_gpu else None
        self.ahead = ahead
        self.executor = executor
        self.clips: dict[int, ClipTensors] = {}
        self.coming: dict[int, Future[Path]] = {}
        self.wanted = self._wanted(first_step)
        self.assembly = ThreadPoolExecutor(1, "assembly")
        self.following: Future[Batch] | None = None
        """The next batch, put together while the one before is learnt from."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.assembly.shutdown(wait=False, cancel_futures=True)

    def next_batch(self) -> Batch:
        """This process's share of the batch of the current step; waits for the workers where they
        are behind."""
        batch = (self.following or self.assembly.submit(self._assembled)).result()
        self.following = (
            self.assembly.submit(self._assembled) if self.step < self.phase.steps else None
        )
        return batch

    def _assembled(self) -> Batch:
        """Of the step that is next. In the assembling thread, which alone touches the clips; on a
        GPU by a stream of its own, so that neither waits for the step that is being computed nor
        that for it."""
        if self.stream is None:
            return self._put_together()
        with torch.cuda.stream(self.stream):
            batch = self._put_together()
        self.stream.synchronize()
        # Its memory may be used again only when the steps that were given it are done.
        for item in fields(batch):
            getattr(batch, item.name).record_stream(torch.cuda.default_stream(self.device))
        return batch

    def _put_together(self) -> Batch:
        oldest, chosen = self._choice(self.step)
        self.clips = {seed: clip for seed, clip in self.clips.items() if seed >= oldest}
        while any(seed not in self.clips for seed, _ in chosen):
            self._order()
            seed = next(iter(self.coming))
            self.clips[seed] = self.executor.take(self.coming.pop(seed).result(), self.device)
        self._order()
        frames = self.phase.frames + self.phase.lead_at(self.step)
        self.step += 1
        return assemble([(self.clips[seed], start) for seed, start in chosen], frames)

    def _choice(self, step: int) -> tuple[int, list[tuple[int, int]]]:
        """Seed of the oldest clip that is kept at a step, and of each clip of the batch its seed
        and its first frame."""
        drawn = max(self.phase.batch, (step + 1) * self.phase.fresh)  # since the phase began
        kept = min(self.phase.pool, drawn)
        random = np.random.default_rng([self.first_seed, step])
        old = random.integers(0, kept, self.phase.batch - self.phase.fresh)
        chosen = [*range(kept - self.phase.fresh, kept), *old.tolist()]
        starts = random.integers(
            1, self.phase.rendered_frames - self.phase.longest + 1, len(chosen)
        )
        starts *= random.random(len(chosen)) >= FROM_THE_START
        oldest = self.first_seed + drawn - kept
        whole = [(oldest + place, int(start)) for place, start in zip(chosen, starts, strict=True)]
        return oldest, whole[self.shard.rank :: self.shard.size]

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
            self.coming[seed] = self.executor.draw(seed, self.phase, self.folders)

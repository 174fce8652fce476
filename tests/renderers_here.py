"""Clips drawn in this process, in place of worker processes."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import torch

from glom_video_pipelines.train import run_train
from glom_video_pipelines.training.clips.drawing import render_training_clip
from glom_video_pipelines.training.clips.files import ClipTensors
from glom_video_pipelines.training.clips.renderers import Renderers


class RenderersHere(Renderers):
    """Draws a clip when its result is asked for, and each clip once for all tests."""

    prepared = staticmethod(cache(render_training_clip))
    drawn: ClassVar[list[int]] = []
    """Seeds, in the order in which their results were asked for."""

    def __init__(self, workers: int = 1) -> None:
        """Without the pool of processes that is its base."""
        self.asked: list[int] = []
        """Seeds, in the order in which they were ordered."""

    def submit(self, work: Callable[..., Any], /, *what: Any, **options: Any) -> Future[Any]:
        self.asked.append(what[0])
        return DrawnLater(self.prepared if work is render_training_clip else work, *what, **options)

    def draw(self, *what: Any) -> Future[Any]:
        return self.submit(render_training_clip, *what)

    def take(self, path: Any, device: torch.device | None) -> ClipTensors:
        """Of the clip itself, which never was a file."""
        return ClipTensors.of(path)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        return


class DrawnLater(Future[Any]):
    def __init__(self, work: Callable[..., Any], *what: Any, **options: Any) -> None:
        super().__init__()
        self.work, self.what, self.options = work, what, options

    def done(self) -> bool:
        return True

    def result(self, timeout: float | None = None) -> Any:
        RenderersHere.drawn.append(self.what[0])
        return self.work(*self.what, **self.options)


def train_here(config: Path, out: Path, **options: Any) -> Path:
    """A run of training without worker processes; returns its weights."""
    return run_train(config, out, rendering=RenderersHere(), **options)

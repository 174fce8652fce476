"""Rendered clips that several runs share: each is drawn once."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from glom_video_pipelines.training.clips.files import ClipTensors, read_clip_file
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.clips.renderers import Renderers


class KeepingRenderers(Renderers):
    """Rendering processes that remember what they have drawn. Their folder grows with the clips:
    about a megabyte for one of 96x96 pixels."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self._drawn: dict[Hashable, Future[Any]] = {}

    def submit(self, work: Callable[..., Any], /, *what: Any, **options: Any) -> Future[Any]:
        """As of any pool; the number of steps of a phase changes no clip."""
        alike = [replace(item, steps=1) if isinstance(item, Phase) else item for item in what]
        key = (work, *alike)
        if key not in self._drawn:
            self._drawn[key] = super().submit(work, *what, **options)
        return self._drawn[key]

    def take(self, path: Path, device: torch.device | None) -> ClipTensors:
        """Its file stays, for the next run."""
        return read_clip_file(path, device)

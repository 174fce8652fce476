"""Validation on clips that training never shows: fixed seeds of each family, drawn once, measured
every few minutes."""

from collections.abc import Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64, Integer
from torch import Tensor

from glom_video.evaluate import count_overlaps, fg_ari
from glom_video.glom import Glom
from glom_video.islands import COLUMN_BACKGROUND, LEAST_COSINE, MOST, cluster_columns
from glom_video.learn import Batch, clip_losses, has_parts, unroll
from glom_video_pipelines.training.clips.drawing import (
    HELD_OUT_BODY,
    HELD_OUT_PERSON,
    HELD_OUT_PHOTOGRAPH,
    render_training_clip,
)
from glom_video_pipelines.training.clips.files import ClipTensors, RenderedClip
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.clips.pool import assemble
from glom_video_pipelines.training.config import TrainConfig
from glom_video_pipelines.training.sheet import SheetRow, write_sheet

FAMILIES = ("train", "texture", "shape", "camera", "crowd", "group", "close", "desk", "signs")
"""Of the renderer, which is not imported here because it loads OpenCV."""
FIRST_SEED = 2_000_000_000
"""Beyond all seeds of training."""

Figures = dict[str, float | None]


@dataclass(slots=True)
class Validation:
    """The clips, and when they are due. They are ordered from the workers when first due, and
    measured as soon as they are there."""

    config: TrainConfig
    executor: Executor
    begun_at: float
    """Seconds of training that were done when this process took over."""
    _coming: dict[str, list[Future[RenderedClip]]] = field(default_factory=dict)
    _rounds: int = 0

    def __post_init__(self) -> None:
        self._rounds = self._due_rounds(self.begun_at)

    def is_due(self, seconds: float) -> bool:
        """Whether it is time and the clips are there."""
        if self._due_rounds(seconds) <= self._rounds:
            return False
        self._order()
        return all(clip.done() for clips in self._coming.values() for clip in clips)

    def is_due_at_the_end(self, seconds: float) -> bool:
        """A run shorter than the time between validations has none."""
        return self._due_rounds(seconds) > 0

    def _due_rounds(self, seconds: float) -> int:
        """Validations that should have been by now."""
        if not self.config.validation_seconds:
            return 0
        return int(seconds / self.config.validation_seconds)

    def _order(self) -> None:
        if self._coming:
            return
        last, photos = self.config.phases[-1], self.config.photos
        for family in _families(last):
            self._coming[family] = [
                self.executor.submit(render_training_clip, seed, last, photos, family)
                for seed in range(FIRST_SEED, FIRST_SEED + self.config.validation_clips)
            ]

    def measure(self, glom: Glom, seconds: float, sheet: Path) -> dict[str, Figures]:
        """Figures by family, and a picture of the first clip of each."""
        self._rounds = self._due_rounds(seconds)
        self._order()
        frames = self.config.phases[-1].frames
        figures: dict[str, Figures] = {}
        rows: list[SheetRow] = []
        for family, clips in self._coming.items():
            measured = [
                measure_clip(glom, assemble([(ClipTensors.of(clip.result()), 1)], frames))
                for clip in clips
            ]
            figures[family] = _means([clip_figures for clip_figures, _ in measured])
            picture = clips[0].result().images[frames]
            rows.append(SheetRow(family, picture, measured[0][1]))
        write_sheet(rows, sheet)
        return figures


def _families(phase: Phase) -> Iterator[str]:
    """Those of the renderer, and those whose data a phase names."""
    yield from FAMILIES
    if phase.photographs:
        yield HELD_OUT_PHOTOGRAPH
    if phase.bodies:
        yield HELD_OUT_BODY
    if phase.people:
        yield HELD_OUT_PERSON


@torch.no_grad()
def measure_clip(
    glom: Glom, batch: Batch
) -> tuple[Figures, tuple[Integer[np.ndarray, "h w"], ...]]:
    """Losses and foreground ARI of one clip, and the labels of its last frame as a sheet shows
    them."""
    batch = batch.to(glom.ground.device)
    generator = torch.Generator(glom.ground.device).manual_seed(0)
    clips = unroll(glom, batch)
    levels = clips.levels()
    losses = clip_losses(glom, levels, batch, generator)
    figures: Figures = {
        name: getattr(losses, name).item() for name in ("part", "object", "ground", "pose")
    }
    shown: list[Integer[np.ndarray, "h w"]] = []
    ground = glom.groundness(levels[0, :, glom.config.object_level]).cpu()
    for name, level, truth in (
        ("part", glom.config.part_level, batch.parts),
        ("object", glom.config.object_level, batch.objects),
    ):
        true = truth[0].cpu().numpy()
        found = [
            column_labels(vectors.cpu(), place.view(true.shape[1:]), name)
            for vectors, place in zip(levels[0, :, level], ground, strict=True)
        ]
        maps = [labels.view(true.shape[1:]).numpy() for labels in found]
        pairs = list(zip(true, maps, strict=True))
        is_known = name == "object" or bool(has_parts(batch)[0])
        scores = [fg_ari(count_overlaps(*pair)) for pair in pairs] if is_known else []
        figures[f"{name} fg-ari"] = _mean(scores)
        shown += pairs[-1]
    return figures, tuple(shown)


def column_labels(
    vectors: Float[Tensor, "n d"], groundness: Float[Tensor, "h w"], level: str
) -> Int64[Tensor, " n"]:
    """Island of each column as the perceiver would see it in a first frame, before it parts them
    into regions: 0 = background or like no island."""
    unit, centres = cluster_columns(
        F.normalize(vectors.float(), dim=-1), groundness < COLUMN_BACKGROUND, level, MOST[level]
    )
    groundness = groundness.flatten()
    if not len(centres):
        return torch.zeros(len(unit), dtype=torch.long)
    nearest = (unit @ centres.T).max(1)
    return torch.where(
        (groundness > COLUMN_BACKGROUND) | (nearest.values < LEAST_COSINE), 0, nearest.indices + 1
    )


def _means(figures: list[Figures]) -> Figures:
    return {name: _mean([each[name] for each in figures]) for name in figures[0]}


def _mean(values: list[float | None]) -> float | None:
    """Of those that say something; None where none does."""
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 4) if known else None


def validation_line(figures: dict[str, Figures]) -> str:
    """Foreground ARI by family, object before part."""
    return "validation, object/part FG-ARI: " + "  ".join(_family_scores(figures))


def _family_scores(figures: dict[str, Figures]) -> Iterator[str]:
    for family, each in figures.items():
        pair = [each["object fg-ari"], each["part fg-ari"]]
        yield f"{family} " + "/".join("-" if value is None else f"{value:.2f}" for value in pair)

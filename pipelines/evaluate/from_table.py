"""The parquet table of ``annotate`` -> scores: all that can be told of islands without their
masks."""

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from glom_video.evaluate import ClipScore, Lifetimes
from glom_video.formats import read_frames, read_table_info
from glom_video.structures import LEVEL_NAMES

NEEDED = ("frame", "level", "id", "area")


@dataclass(slots=True)
class _Level:
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    islands: int = 0
    covered: int = 0

    def add(self, rows: list[dict[str, Any]]) -> None:
        """The rows of one frame; there may be none."""
        self.lifetimes.add(np.array([row["id"] for row in rows], np.int64))
        self.islands += len(rows)
        self.covered += sum(row["area"] for row in rows)


def score_table(
    method: str, clip: str, path: Path, first_frames: int | None = None
) -> list[ClipScore]:
    """Lifetimes, births, deaths, coverage and islands a frame: self-consistency that needs no
    pixels. ``first_frames``: of only so many.

    Raises InvalidInput for no such table.
    """
    info = read_table_info(path)
    levels = {level: _Level() for level in LEVEL_NAMES}
    frames = info.frames if first_frames is None else min(info.frames, first_frames)
    for rows in islice(read_frames(path, NEEDED), frames):
        for name, level in levels.items():
            level.add([row for row in rows if row["level"] == name])
    pixels = info.height * info.width
    annotated = info.levels or [name for name, level in levels.items() if level.islands]
    return [
        _score(method, clip, name, frames, pixels, level)
        for name, level in levels.items()
        if name in annotated
    ]


def _score(method: str, clip: str, name: str, frames: int, pixels: int, level: _Level) -> ClipScore:
    figures = {
        "coverage": level.covered / (frames * pixels),
        "islands": level.islands / frames,
        **level.lifetimes.result(),
    }
    return ClipScore(method, name, clip, frames, 0, figures)

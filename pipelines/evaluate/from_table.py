"""The parquet table of ``annotate`` -> scores: all that can be told of islands without their masks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from glom_video.evaluate import ClipScore, Lives
from glom_video.structures import LEVEL_NAMES, InvalidInput

NEEDED = ("frame", "level", "id", "parent_id", "area")
REMEDY = "Name a .parquet that annotate wrote."


@dataclass(slots=True)
class _Level:
    lives: Lives = field(default_factory=Lives)
    islands: int = 0
    covered: int = 0
    parents: dict[int, int] = field(default_factory=dict)
    parent_switches: int = 0

    def add(self, rows: list[dict[str, Any]]) -> None:
        """The rows of one frame; there may be none."""
        self.lives.add(np.array([row["id"] for row in rows], np.int64))
        self.islands += len(rows)
        for row in rows:
            self.covered += row["area"]
            self.parent_switches += self.parents.get(row["id"], row["parent_id"]) != row["parent_id"]
            self.parents[row["id"]] = row["parent_id"]


def score_table(method: str, clip: str, path: Path) -> list[ClipScore]:
    """Lives, births, deaths, coverage, islands a frame and, of parts, parent switches: self-consistency that needs no pixels.

    Raises InvalidInput for no such table.
    """
    frames, pixels = _declared(path)
    levels = {level: _Level() for level in LEVEL_NAMES}
    for rows in _with_empty_frames(path, frames):
        for name, level in levels.items():
            level.add([row for row in rows if row["level"] == name])
    return [_score(method, clip, name, frames, pixels, level) for name, level in levels.items() if level.islands]


def _score(method: str, clip: str, name: str, frames: int, pixels: int, level: _Level) -> ClipScore:
    figures = {"coverage": level.covered / (frames * pixels), "islands": level.islands / frames, **level.lives.result()}
    if name == "part":
        figures["parent_switches"] = 100 * level.parent_switches / frames
    return ClipScore(method, name, clip, frames, 0, figures)


def _declared(path: Path) -> tuple[int, int]:
    """Frames of the clip, and pixels of each."""
    said = _opened(path).metadata.metadata or {}
    try:
        return int(said[b"frames"]), int(said[b"height"]) * int(said[b"width"])
    except (KeyError, ValueError) as error:
        raise InvalidInput(f"{path} does not say how many frames it is about, and how large they are", REMEDY) from error


def _with_empty_frames(path: Path, frames: int) -> Iterator[list[dict[str, Any]]]:
    """The rows of every frame. One without islands left none: it shows as a gap in the indices, or is missing from the end."""
    indices = np.unique(_opened(path).read(columns=["frame"])["frame"].to_numpy().astype(np.int64))
    stride = int(np.diff(indices).min(initial=np.iinfo(np.int64).max))
    given, last = 0, None
    for rows in _by_frame(path):
        empty = (rows[0]["frame"] - last) // stride - 1 if last is not None else 0
        for _ in range(empty):
            yield []
        yield rows
        given, last = given + empty + 1, rows[0]["frame"]
    for _ in range(frames - given):
        yield []


def _by_frame(path: Path) -> Iterator[list[dict[str, Any]]]:
    """The rows of each frame that has any, read in batches."""
    frame: list[dict[str, Any]] = []
    for batch in _opened(path).iter_batches(columns=list(NEEDED)):
        for row in batch.to_pylist():
            if frame and row["frame"] != frame[-1]["frame"]:
                yield frame
                frame = []
            frame.append(row)
    if frame:
        yield frame


def _opened(path: Path) -> Any:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise InvalidInput("a parquet table needs pyarrow", "Install it: pip install 'glom-video[parquet]'.") from None
    try:
        file = ParquetFile(path)
    except (OSError, ArrowException) as error:
        raise InvalidInput(f"{path} cannot be read as a table: {str(error).splitlines()[0]}", REMEDY) from error
    if lacking := sorted(set(NEEDED) - set(file.schema_arrow.names)):
        raise InvalidInput(f"{path} has no column {', '.join(lacking)}", REMEDY)
    return file

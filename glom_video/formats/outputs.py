"""Names of the formats, and where their files go."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from glom_video.formats.davis import davis_folder, parents_path
from glom_video.formats.mots import mots_folder
from glom_video.formats.mots_text import mots_text
from glom_video.formats.partial import partial_name
from glom_video.structures import LEVEL_NAMES, LevelName

Format = Literal[
    "mp4",
    "gif",
    "webm",
    "png-sequence",
    "alpha",
    "sheet",
    "davis",
    "coco",
    "ytvis",
    "mots-png",
    "mots-txt",
    "parquet",
    "csv",
    "events",
]
FORMATS: tuple[Format, ...] = get_args(Format)
DRAWN: frozenset[Format] = frozenset({"mp4", "gif", "webm", "png-sequence", "sheet"})
"""Formats that show the drawn picture."""

SUFFIXES: Mapping[Format, str] = {
    "mp4": ".mp4",
    "gif": ".gif",
    "webm": ".webm",
    "sheet": ".sheet.jpg",
    "coco": ".coco.json",
    "ytvis": ".ytvis.json",
    "parquet": ".parquet",
    "csv": ".csv",
    "events": ".events.jsonl",
}
"""Suffixes of formats with one file per clip."""

FOLDERS: Mapping[Format, str] = {"png-sequence": "png", "alpha": "alpha"}
"""Parent folders of formats with one folder of pictures per clip."""

FRAMES = "images"
"""Parent folder of the source's pictures, one folder per clip, where readers of COCO look for
them."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the outputs of one clip go."""

    folder: Path
    name: str
    """Name of the clip: stem of each file, name of each folder."""
    formats: tuple[Format, ...]
    levels: tuple[LevelName, ...] = LEVEL_NAMES
    object_id: int | None = None
    """Export only this object and its parts; None: all."""
    with_frames: bool = False
    """Whether the source's pictures are written too."""

    def of(self, format_: Format) -> tuple[Path, ...]:
        """The file of one format, or its folders by level."""
        if format_ in SUFFIXES:
            return (self.folder / f"{self.name}{SUFFIXES[format_]}",)
        if format_ in FOLDERS:
            return (self.folder / FOLDERS[format_] / self.name,)
        if format_ == "mots-txt":
            return tuple(mots_text(self.folder, self.name, level) for level in self.levels)
        folder = davis_folder if format_ == "davis" else mots_folder
        return tuple(folder(self.folder, self.name, level) for level in self.levels)

    @property
    def frames_folder(self) -> Path:
        """Of the source's pictures, where they are wanted."""
        return self.folder / FRAMES / self.name

    @property
    def paths(self) -> list[Path]:
        """The files and folders of all formats."""
        exports = [path for format_ in self.formats for path in self.of(format_)]
        return [*exports, self.frames_folder] if self.with_frames else exports

    @property
    def beside(self) -> list[Path]:
        """Files that are written with those of a format, and are none of their own."""
        has_parents = "davis" in self.formats and "part" in self.levels
        return [parents_path(self.folder, self.name)] if has_parents else []

    @property
    def partial_paths(self) -> list[Path]:
        """Names of the outputs until they are complete."""
        return [partial_name(path, self.name) for path in self.paths]

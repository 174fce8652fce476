"""The common base of the two JSON formats of annotations: run-length masks, written at the end."""

import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

from glom_video.formats.instances import AnnotatedFrame
from glom_video.formats.partial import partial_name, put_in_place, writing
from glom_video.formats.spool import Spool, SpooledFrame
from glom_video.formats.writer import FrameWriter
from glom_video.structures import LEVEL_NAMES, LevelName, SourceInfo

FORMAT_VERSION = 2
"""Of both JSON formats."""

CATEGORIES: dict[LevelName, int] = {level: number for number, level in enumerate(LEVEL_NAMES, 1)}
"""The levels as categories: part 1, object 2."""
LEVELS: dict[int, LevelName] = {number: level for level, number in CATEGORIES.items()}
"""By category."""


class AnnotationWriter(FrameWriter):
    """Frames go to a spool on disk, from which the JSON is written when the clip ends. After an
    error it is written under its partial name. Needs pycocotools.

    Args:
        frame_rate: of the frames written, in frames per second.

    Raises:
        InvalidInput: the file cannot be written.
    """

    def __init__(self, path: Path, name: str, info: SourceInfo, frame_rate: Fraction) -> None:
        self.path, self._name, self._info, self._frame_rate = path, name, info, frame_rate
        self._partial = partial_name(path, name)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._spool = Spool(self._partial.with_suffix(".spool"))

    def write(self, frame: AnnotatedFrame) -> None:
        with writing(self.path):
            self._spool.add(frame)

    def close(self) -> None:
        try:
            with writing(self.path):
                self._write_json()
                put_in_place(self._partial, self.path)
        finally:
            self._spool.discard()

    def abort(self) -> None:
        try:
            with writing(self.path):
                if self._spool.frames:
                    self._write_json()
        finally:
            self._spool.discard()

    def _write_json(self) -> None:
        with self._partial.open("w", encoding="utf-8") as file:
            dump(file, self._sections())

    def _sections(self) -> dict[str, Any]:
        """Sections by name, iterators where they grow with the clip."""
        about = {
            "description": "islands of agreement found by glom-video",
            "format_version": FORMAT_VERSION,
            "source": self._info.path,
        }
        categories = [
            {"id": number, "name": level, "supercategory": "glom"}
            for level, number in CATEGORIES.items()
        ]
        return {"info": about, "licenses": [], "categories": categories, **self._clip()}

    @abstractmethod
    def _clip(self) -> dict[str, Any]:
        """The sections that differ from format to format."""

    def _video(self) -> dict[str, Any]:
        return {
            "id": 1,
            "name": self._name,
            "source_fingerprint": self._info.fingerprint,
            "height": self._info.height,
            "width": self._info.width,
            "length": self._spool.frames,
            "fps": round(float(self._frame_rate), 6),
        }

    def _file_name(self, frame: SpooledFrame) -> str:
        return f"{self._name}/{frame.file_name}"


def dump(file: IO[str], sections: dict[str, Any]) -> None:
    """Writes one JSON object; its iterators are written item by item, one per line."""
    opening = "{"
    for name, section in sections.items():
        file.write(f'{opening}"{name}": ')
        if isinstance(section, Iterator):
            _dump_items(file, section)
        else:
            file.write(json.dumps(section))
        opening = ",\n"
    file.write("}\n")


def _dump_items(file: IO[str], items: Iterable[Any]) -> None:
    opening = "[\n"
    for item in items:
        file.write(opening + json.dumps(item))
        opening = ",\n"
    file.write("[]" if opening == "[\n" else "\n]")

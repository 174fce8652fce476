"""Masks as COCO json (an annotation per frame and track) and as YouTube-VIS json (an annotation per track), run-length encoded."""

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from glom_video.formats.partial import partial_name, put_in_place, writing
from glom_video.formats.regions import ExportFrame
from glom_video.formats.spool import Spool, SpooledFrame, SpooledRegion
from glom_video.structures import LEVEL_NAMES, SourceInfo

FORMAT_VERSION = 1

CATEGORIES = {level: number for number, level in enumerate(LEVEL_NAMES, 1)}
"""The levels as categories: part 1, object 2."""


class _JsonWriter(ABC):
    """Frames go to a spool on the disk; the json is written from it when the clip ends, under its partial name if it ended in an error.

    Needs pycocotools. Raises InvalidInput if the file cannot be written.
    """

    def __init__(self, path: Path, name: str, info: SourceInfo, frame_rate: Fraction) -> None:
        self.path, self._name, self._info, self._frame_rate = path, name, info, frame_rate
        self._partial = partial_name(path, name)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._spool = Spool(self._partial.with_suffix(".spool"))

    def write(self, frame: ExportFrame) -> None:
        with writing(self.path):
            self._spool.add(frame)

    def __enter__(self) -> "_JsonWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            with writing(self.path):
                if kind is None or self._spool.frames:
                    with self._partial.open("w", encoding="utf-8") as file:
                        _dump(file, self._sections())
                if kind is None:
                    put_in_place(self._partial, self.path)
        finally:
            self._spool.discard()

    def _sections(self) -> dict[str, Any]:
        """Each an iterator where it grows with the clip."""
        categories = [{"id": number, "name": level, "supercategory": "glom"} for level, number in CATEGORIES.items()]
        about = {"description": "islands of agreement found by glom-video", "format_version": FORMAT_VERSION, "source": self._info.path}
        return {"info": about, "licenses": [], "categories": categories, **self._clip()}

    @abstractmethod
    def _clip(self) -> dict[str, Any]: ...

    def _video(self) -> dict[str, Any]:
        rate = round(float(self._frame_rate), 6)
        return {"id": 1, "name": self._name, "height": self._info.height, "width": self._info.width, "length": self._spool.frames, "fps": rate}

    def _file_name(self, frame: SpooledFrame) -> str:
        return f"{self._name}/{frame.file_name}"


class CocoWriter(_JsonWriter):
    """``OUT/<name>.coco.json``: an image per frame, an annotation per frame and track, with ``track_id``, ``parent_id`` and ``video_id``."""

    def _clip(self) -> dict[str, Any]:
        annotations = (self._annotation(number, region) for number, region in enumerate(self._spool.by_frame(), 1))
        return {"videos": [self._video()], "images": map(self._image, self._spool.all_frames()), "annotations": annotations}

    def _image(self, frame: SpooledFrame) -> dict[str, Any]:
        size = {"height": self._info.height, "width": self._info.width}
        placed = {"id": frame.place + 1, "video_id": 1, "frame_id": frame.place, "source_frame": frame.index, "pts_seconds": frame.pts_seconds}
        return {**placed, "is_corrupt": frame.is_corrupt, "file_name": self._file_name(frame), **size}

    def _annotation(self, number: int, region: SpooledRegion) -> dict[str, Any]:
        tracked = {"category_id": CATEGORIES[region.level], "track_id": region.id, "parent_id": region.parent_id}
        shape = {"segmentation": region.rle, "area": region.area, "bbox": region.box, "iscrowd": 0}
        return {"id": number, "image_id": region.place + 1, "video_id": 1, **tracked, **shape, "score": round(region.agreement, 6)}


class YtvisWriter(_JsonWriter):
    """``OUT/<name>.ytvis.json``: an annotation per track, with a mask, box, area and ``parent_ids`` per frame, null where it is not seen.

    ``parent_id`` is the object in which the part lay in most frames; a part may pass from one object to another.
    """

    def _clip(self) -> dict[str, Any]:
        frames = list(self._spool.all_frames())
        placed = {"file_names": [self._file_name(frame) for frame in frames], "source_frames": [frame.index for frame in frames]}
        timed = {"pts_seconds": [frame.pts_seconds for frame in frames], "corrupt_frames": [frame.index for frame in frames if frame.is_corrupt]}
        return {"videos": [{**self._video(), **placed, **timed}], "annotations": self._annotations()}

    def _annotations(self) -> Iterator[dict[str, Any]]:
        tracks = groupby(self._spool.by_track(), key=lambda region: (region.level, region.id))
        for number, ((level, id_), regions) in enumerate(tracks, 1):
            seen = {region.place: region for region in regions}
            yield {"id": number, "video_id": 1, "category_id": CATEGORIES[level], "track_id": id_, **self._track(seen)}

    def _track(self, seen: dict[int, SpooledRegion]) -> dict[str, Any]:
        by_frame = [seen.get(place) for place in range(self._spool.frames)]
        return {
            "parent_id": Counter(region.parent_id for region in seen.values()).most_common(1)[0][0],
            "parent_ids": [region and region.parent_id for region in by_frame],
            "segmentations": [region and region.rle for region in by_frame],
            "bboxes": [region and region.box for region in by_frame],
            "areas": [region and region.area for region in by_frame],
            "score": round(sum(region.agreement for region in seen.values()) / len(seen), 6),
            "iscrowd": 0,
            "height": self._info.height,
            "width": self._info.width,
        }


def _dump(file: IO[str], sections: dict[str, Any]) -> None:
    """One json object, whose iterators are written item by item, a line each."""
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

"""A data set: the annotations of many clips in one file, beside their pictures."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from glom_video.formats.annotation_writer import FORMAT_VERSION, dump
from glom_video.formats.partial import partial_name, put_in_place, writing
from glom_video.structures import InvalidInput

_Numbers = dict[str, int]
"""By section: how many of its items the clips before have."""
_REFERENCES = {"image_id": "images", "video_id": "videos"}
"""Fields of an item that name an item of another section."""


def merge_annotations(clips: Sequence[Path], path: Path) -> None:
    """Merge the COCO or YouTube-VIS json files of several clips, all of one kind, as annotate
    writes them. Items are renumbered; track ids stay those of their clip (``video_id``). Holds one
    clip at a time.

    Raises:
        InvalidInput: a file is no such json, or the output cannot be written.
    """
    first = _read(clips[0])
    sections: dict[str, Any] = {
        "info": {**first["info"], "format_version": FORMAT_VERSION, "source": ""},
        "licenses": [],
        "categories": first["categories"],
    }
    for section in ("videos", "images", "annotations"):
        if section in first:
            sections[section] = _items(clips, section)
    partial = partial_name(path, path.stem)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8") as file:
            dump(file, sections)
        put_in_place(partial, path)


def _items(clips: Sequence[Path], section: str) -> Iterator[dict[str, Any]]:
    """Items of one section of all clips, with unique ids."""
    before: _Numbers = {"videos": 0, "images": 0, "annotations": 0}
    for clip in clips:
        document = _read(clip)
        for item in document[section]:
            moved = {
                name: item[name] + before[named]
                for name, named in _REFERENCES.items()
                if name in item
            }
            yield {**item, **moved, "id": item["id"] + before[section]}
        before = {name: count + len(document.get(name, ())) for name, count in before.items()}


def _read(clip: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(clip.read_text(encoding="utf-8"))
        if not {"info", "videos", "categories", "annotations"} <= document.keys():
            raise KeyError("videos, categories, annotations")
    except (OSError, ValueError, KeyError, AttributeError) as error:
        cause = f"{clip} is no annotation file of annotate: {type(error).__name__}"
        raise InvalidInput(cause, "Annotate its clip again with --overwrite.") from error
    return document

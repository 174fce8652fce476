"""Predictions as YouTube-VIS json: a whole data set with videos and annotations, or the bare list of results that its server takes.

Yang et al., "Video instance segmentation", ICCV 2019. A category named after a level puts its instances at that level; all others are objects.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from glom_video.evaluate.masks import Mask, RleMask
from glom_video.structures import LEVEL_NAMES, InvalidInput, distinct_names

EXPECTED = "Give {videos, annotations, categories}, or a list of {video_id, category_id, score, segmentations}, masks as run lengths."


_Numbered = tuple[int, Mapping[str, Any]]
"""An instance and its id."""


@dataclass(slots=True)
class _Video:
    name: str
    frame_names: list[str]
    size: tuple[int, int] | None
    instances: list[Mapping[str, Any]] = field(default_factory=list)


def read_ytvis(path: Path) -> dict[str, dict[str, dict[str, Mask]]]:
    """Masks by clip, level and frame name. A clip is named after the folder of its frames, else by its id.

    A clip in which nothing was found has empty masks, or none where the file does not say how large it is.

    Instances are painted by rising score, else the smaller over the larger. Raises InvalidInput for what is no such file.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        videos, levels = _videos(stored, path)
        return {video.name: _masks(video, levels, _predicted_levels(videos.values(), levels), path) for video in videos.values()}
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}", "Check the name.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{path} is no YouTube-VIS json: {type(error).__name__} {error}", EXPECTED) from error


def _videos(stored: Any, path: Path) -> tuple[dict[Any, _Video], dict[Any, str]]:
    """Videos by id with their instances, and the level of each category."""
    described, instances = ([], stored) if isinstance(stored, list) else (stored["videos"], stored["annotations"])
    if instances and "segmentations" not in instances[0]:
        raise InvalidInput(f"{path} holds single frames, as COCO json does, and no tracks over a clip", "Annotate with --format ytvis or davis.")
    categories = [] if isinstance(stored, list) else stored.get("categories", [])
    videos = {video["id"]: _described(video, path) for video in described}
    for instance in instances:
        name = str(instance["video_id"])
        video = videos.setdefault(instance["video_id"], _Video(name, [f"{i:05d}" for i in range(len(instance["segmentations"]))], None))
        if len(instance["segmentations"]) != len(video.frame_names):
            cause = f"{path}: an instance of {video.name} has {len(instance['segmentations'])} masks for {len(video.frame_names)} frames"
            raise InvalidInput(cause, "Give a mask or null for each frame of the clip.")
        video.instances.append(instance)
    if not videos:
        raise InvalidInput(f"{path} holds no videos", EXPECTED)
    return videos, {category["id"]: category["name"] for category in categories if category["name"] in LEVEL_NAMES}


def _described(video: Mapping[str, Any], path: Path) -> _Video:
    files = [PurePosixPath(name) for name in video.get("file_names", [])]
    folder = files[0].parent.name if files else ""
    names = distinct_names([file.stem for file in files], [file.name for file in files]) or [f"{i:05d}" for i in range(int(video["length"]))]
    return _Video(folder or video.get("name") or path.name.split(".")[0], names, (int(video["height"]), int(video["width"])))


def _predicted_levels(videos: Iterable[_Video], levels: Mapping[Any, str]) -> list[str]:
    """Levels that the file has instances of; those of its categories where it has none at all."""
    found = {_level(instance, levels) for video in videos for instance in video.instances}
    return sorted(found or set(levels.values()) or {"object"})


def _level(instance: Mapping[str, Any], levels: Mapping[Any, str]) -> str:
    return levels.get(instance.get("category_id"), "object")


def _masks(video: _Video, levels: Mapping[Any, str], predicted: Sequence[str], path: Path) -> dict[str, dict[str, Mask]]:
    size = video.size or _first_size(video.instances)
    if size is None:
        return {}
    of_level: dict[str, list[_Numbered]] = {level: [] for level in predicted}
    for number, instance in _numbered(video.instances):
        of_level[_level(instance, levels)].append((number, instance))
    masks: dict[str, dict[str, Mask]] = {}
    for level, numbered in of_level.items():
        order = _painting_order(numbered)
        masks[level] = {}
        for i, name in enumerate(video.frame_names):
            visible = [(number, instance["segmentations"][i]) for number, instance in order if instance["segmentations"][i]]
            masks[level][name] = RleMask(f"{path}, {video.name} {name}", size, visible)
    return masks


def _numbered(instances: Sequence[Mapping[str, Any]]) -> list[_Numbered]:
    """Instances with their ids: their own where they have any, moved up by one where those begin at 0, which is background here."""
    ids = [int(instance.get("track_id", instance.get("id", place))) for place, instance in enumerate(instances, 1)]
    up = int(0 in ids)
    return [(number + up, instance) for number, instance in zip(ids, instances, strict=True)]


def _first_size(instances: Sequence[Mapping[str, Any]]) -> tuple[int, int] | None:
    """(height, width) that the first mask says; None where there is no mask."""
    masks = (rle for instance in instances for rle in instance["segmentations"] if rle)
    first = next(masks, None)
    return (int(first["size"][0]), int(first["size"][1])) if first else None


def _painting_order(numbered: list[_Numbered]) -> list[_Numbered]:
    if all("score" in instance for _, instance in numbered):
        return sorted(numbered, key=lambda item: float(item[1]["score"]))
    return sorted(numbered, key=lambda item: -max((area for area in item[1].get("areas", []) if area), default=0))

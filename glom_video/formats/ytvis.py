"""Masks as YouTube-VIS JSON: an annotation per track over a clip, run-length encoded.

Yang et al., "Video instance segmentation", ICCV 2019.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

from glom_video.formats.annotated_clip import AnnotatedClip, RleInstance
from glom_video.formats.annotation_writer import CATEGORIES, LEVELS, AnnotationWriter
from glom_video.formats.masks import Mask, RleMask
from glom_video.formats.spool import SpooledInstance
from glom_video.structures import (
    LEVEL_NAMES,
    InvalidInput,
    LevelName,
    distinct_names,
    joined_names,
)

EXPECTED = (
    "Give {videos, annotations, categories}, or a list of"
    " {video_id, category_id, score, segmentations}, masks as run lengths."
)
"""Remedy for a file that holds something else."""


class YtvisWriter(AnnotationWriter):
    """``OUT/<name>.ytvis.json``: an annotation per track, with a mask, box, area, ``parent_ids``
    and ``names`` per frame; null where it is not seen.

    ``parent_id`` is the object of a part, ``name`` the track's name in most frames, since names
    change while objects are seen as one. ``given_name`` is the last name that a user gave it, else
    "", without those of objects that are seen as one with it.
    """

    def _clip(self) -> dict[str, Any]:
        frames = list(self._spool.all_frames())
        video = {
            **self._video(),
            "file_names": [self._file_name(frame) for frame in frames],
            "source_frames": [frame.index for frame in frames],
            "pts_seconds": [frame.pts_seconds for frame in frames],
            "corrupt_frames": [frame.index for frame in frames if frame.is_corrupt],
        }
        return {"videos": [video], "annotations": self._annotations()}

    def _annotations(self) -> Iterator[dict[str, Any]]:
        tracks = groupby(self._spool.by_track(), key=lambda instance: (instance.level, instance.id))
        for number, ((level, id_), instances) in enumerate(tracks, 1):
            seen = {instance.place: instance for instance in instances}
            of_track = {"category_id": CATEGORIES[level], "track_id": id_, **self._track(seen)}
            yield {"id": number, "video_id": 1, **of_track}

    def _track(self, seen: Mapping[int, SpooledInstance]) -> dict[str, Any]:
        by_frame = [seen.get(place) for place in range(self._spool.frames)]
        parents = Counter(instance.parent_id for instance in seen.values())
        names = Counter(instance.name for instance in seen.values())
        given = [instance.own_given_name for _, instance in sorted(seen.items())]
        return {
            "parent_id": parents.most_common(1)[0][0],
            "parent_ids": [instance and instance.parent_id for instance in by_frame],
            "name": names.most_common(1)[0][0],
            "names": [instance and instance.name for instance in by_frame],
            "given_name": next((name for name in reversed(given) if name), ""),
            "segmentations": [instance and instance.rle for instance in by_frame],
            "bboxes": [instance and instance.box for instance in by_frame],
            "areas": [instance and instance.area for instance in by_frame],
            "score": round(sum(instance.score for instance in seen.values()) / len(seen), 6),
            "iscrowd": 0,
            "height": self._info.height,
            "width": self._info.width,
        }


def clip_of_ytvis(document: Mapping[str, Any]) -> AnnotatedClip:
    """The clip that YtvisWriter wrote.

    Raises:
        KeyError, TypeError, ValueError, IndexError: it did not write this.
    """
    video = document["videos"][0]
    indices = video["source_frames"]
    objects = [each for each in document["annotations"] if LEVELS[each["category_id"]] == "object"]
    given = {each["track_id"]: each.get("given_name", "") for each in objects}
    frames: dict[int, dict[LevelName, list[RleInstance]]] = {}
    for each in document["annotations"]:
        names = each.get("names", [str(each["track_id"])] * len(indices))
        by_frame = zip(indices, each["segmentations"], each["parent_ids"], names, strict=True)
        for index, rle, parent_id, name in by_frame:
            if rle is not None:
                told = (name, joined_names(name, given))
                instance = RleInstance(each["track_id"], parent_id, each["score"], rle, *told)
                of_frame = frames.setdefault(index, {})
                of_frame.setdefault(LEVELS[each["category_id"]], []).append(instance)
    size, known_by = (video["height"], video["width"]), video.get("source_fingerprint", "")
    return AnnotatedClip(*size, indices, frames, known_by)


_Numbered = tuple[int, Mapping[str, Any]]
"""An annotation (a track over the clip) and its id."""


@dataclass(slots=True)
class _Video:
    name: str
    frame_names: list[str]
    size: tuple[int, int] | None
    """(height, width)."""
    tracks: list[Mapping[str, Any]] = field(default_factory=list)


def read_ytvis(path: str | Path) -> dict[str, dict[str, dict[str, Mask]]]:
    """Masks by clip, level and frame name, from any system's file: a whole data set with videos and
    annotations, or the bare list of results that the benchmark's server takes.

    Categories named after a level put tracks at that level; all others are objects. A clip is named
    after the folder of its frames, else by its id. A clip in which nothing was found has empty
    masks, or none if the file does not state its size. Tracks are painted in order of rising score,
    or else smaller ones over larger ones.

    Raises:
        InvalidInput: it is no such file, or two of its clips have one name.
    """
    path = Path(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        videos, levels = _videos(document, path)
        predicted = _predicted_levels(videos.values(), levels)
        return {video.name: _masks(video, levels, predicted, path) for video in videos.values()}
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}", "Check the name.") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, InvalidInput):
            raise
        cause = f"{path} is no YouTube-VIS json: {type(error).__name__} {error}"
        raise InvalidInput(cause, EXPECTED) from error


def _videos(document: Any, path: Path) -> tuple[dict[Any, _Video], dict[Any, str]]:
    """Videos by id with their tracks, and the level of each category."""
    is_list = isinstance(document, list)
    described, tracks = ([], document) if is_list else (document["videos"], document["annotations"])
    if tracks and "segmentations" not in tracks[0]:
        cause = f"{path} holds single frames, as COCO json does, and no tracks over a clip"
        raise InvalidInput(cause, "Annotate with --format ytvis or davis.")
    categories = [] if is_list else document.get("categories", [])
    videos = {video["id"]: _described(video, path) for video in described}
    for track in tracks:
        masks = track["segmentations"]
        unnamed = _Video(str(track["video_id"]), [f"{i:05d}" for i in range(len(masks))], None)
        video = videos.setdefault(track["video_id"], unnamed)
        if len(masks) != len(video.frame_names):
            counts = f"{len(masks)} masks for {len(video.frame_names)} frames"
            cause = f"{path}: an instance of {video.name} has {counts}"
            raise InvalidInput(cause, "Give a mask or null for each frame of the clip.")
        video.tracks.append(track)
    if not videos:
        raise InvalidInput(f"{path} holds no videos", EXPECTED)
    name, count = Counter(video.name for video in videos.values()).most_common(1)[0]
    if count > 1:
        cause = f"{path} holds {count} clips called {name}"
        raise InvalidInput(cause, "Name the folder of each clip's frames after the clip.")
    named = [category for category in categories if category["name"] in LEVEL_NAMES]
    return videos, {category["id"]: category["name"] for category in named}


def _described(video: Mapping[str, Any], path: Path) -> _Video:
    files = [PurePosixPath(name) for name in video.get("file_names", [])]
    folder = files[0].parent.name if files else ""
    names = distinct_names([file.stem for file in files], [file.name for file in files])
    names = names or [f"{i:05d}" for i in range(int(video["length"]))]
    size = (int(video["height"]), int(video["width"]))
    return _Video(folder or video.get("name") or path.name.split(".")[0], names, size)


def _predicted_levels(videos: Iterable[_Video], levels: Mapping[Any, str]) -> list[str]:
    """Levels that the file has tracks of; those of its categories where it has none at all."""
    found = {_level(track, levels) for video in videos for track in video.tracks}
    return sorted(found or set(levels.values()) or {"object"})


def _level(track: Mapping[str, Any], levels: Mapping[Any, str]) -> str:
    return levels.get(track.get("category_id"), "object")


def _masks(
    video: _Video, levels: Mapping[Any, str], predicted: Sequence[str], path: Path
) -> dict[str, dict[str, Mask]]:
    size = video.size or _first_size(video.tracks)
    if size is None:
        return {}
    of_level: dict[str, list[_Numbered]] = {level: [] for level in predicted}
    for number, track in _numbered(video.tracks):
        of_level[_level(track, levels)].append((number, track))
    masks: dict[str, dict[str, Mask]] = {}
    for level, numbered in of_level.items():
        order = [(number, track["segmentations"]) for number, track in _painting_order(numbered)]
        masks[level] = {}
        for i, name in enumerate(video.frame_names):
            visible = [(number, by_frame[i]) for number, by_frame in order if by_frame[i]]
            masks[level][name] = RleMask(f"{path}, {video.name} {name}", size, visible)
    return masks


def _numbered(tracks: Sequence[Mapping[str, Any]]) -> list[_Numbered]:
    """Tracks with their ids, their own if they have any. Ids that begin at 0, which is background
    here, are moved up by one."""
    ids = [
        int(track.get("track_id", track.get("id", place))) for place, track in enumerate(tracks, 1)
    ]
    up = int(0 in ids)
    return [(number + up, track) for number, track in zip(ids, tracks, strict=True)]


def _first_size(tracks: Sequence[Mapping[str, Any]]) -> tuple[int, int] | None:
    """(height, width) that the first mask says; None where there is no mask."""
    masks = (rle for track in tracks for rle in track["segmentations"] if rle)
    first = next(masks, None)
    return (int(first["size"][0]), int(first["size"][1])) if first else None


def _painting_order(numbered: list[_Numbered]) -> list[_Numbered]:
    if all("score" in track for _, track in numbered):
        return sorted(numbered, key=lambda item: float(item[1]["score"]))
    return sorted(numbered, key=lambda item: -_largest_area(item[1]))


def _largest_area(track: Mapping[str, Any]) -> float:
    """Pixels; 0 where the file says none."""
    return float(max((area for area in track.get("areas", []) if area), default=0))

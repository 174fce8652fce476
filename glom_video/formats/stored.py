"""COCO and YouTube-VIS json, as the writers here left it, back into tracks."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from glom_video.formats.coco import CATEGORIES
from glom_video.structures import InvalidInput, LevelName, Tracks

LARGEST_SIDE = 960
"""Masks of larger clips are brought down to this before they become memberships, of which every track has a whole plane."""


@dataclass(frozen=True, slots=True)
class StoredRegion:
    id: int
    parent_id: int
    agreement: float
    rle: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredClip:
    """What a file says of one clip."""

    height: int
    width: int
    source_frames: Sequence[int]
    """Indices in the source, in order."""
    regions: Mapping[int, Mapping[LevelName, Sequence[StoredRegion]]]
    """By index in the source; a frame without tracks has none."""

    def tracks(self, index: int) -> dict[str, Tracks]:
        """Tracks of one frame of the source. What is not stored (embeddings, pose, age) is zero."""
        regions = self.regions.get(index, {})
        return {level: self._tracks(regions.get(level, ())) for level in CATEGORIES}

    def _tracks(self, regions: Sequence[StoredRegion]) -> Tracks:
        from pycocotools.mask import decode

        k = len(regions)
        masks = [self._scaled(decode(dict(region.rle))) for region in regions]
        height, width = self._scaled(np.zeros((self.height, self.width), np.uint8)).shape
        memberships = np.stack([np.ones((height, width), np.float32), *masks])
        memberships[0] = np.clip(1 - memberships[1:].sum(0), 0, 1)
        return Tracks(
            ids=np.array([region.id for region in regions], np.int32),
            parent_ids=np.array([region.parent_id for region in regions], np.int32),
            embeddings=np.zeros((k, 1), np.float32),
            agreement=np.array([region.agreement for region in regions], np.float32),
            pose=np.zeros((k, 6), np.float32),
            read_pose=np.zeros((k, 6), np.float32),
            memberships=memberships,
            age_frames=np.zeros(k, np.int32),
            age_seconds=np.zeros(k, np.float32),
            missed_frames=np.zeros(k, np.int32),
        )

    def _scaled(self, mask: UInt8[np.ndarray, "H W"]) -> np.ndarray:
        import cv2

        scale = min(1.0, LARGEST_SIDE / max(self.height, self.width))
        size = max(1, round(self.width * scale)), max(1, round(self.height * scale))
        return cv2.resize(np.ascontiguousarray(mask, np.float32), size, interpolation=cv2.INTER_AREA)


def read_stored(path: Path) -> StoredClip:
    """A ``.coco.json`` or ``.ytvis.json``. Needs pycocotools for its masks.

    Raises InvalidInput if it is neither.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return _from_coco(stored) if "images" in stored else _from_ytvis(stored)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}", "Name a .coco.json or .ytvis.json that annotate wrote.") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InvalidInput(f"{path} is no export of annotate: {_in_short(error)}", "Name a .coco.json or .ytvis.json that annotate wrote.") from error


def _in_short(error: Exception) -> str:
    """What is wrong with a file, without the bytes of it that an error may carry."""
    return "it is no text" if isinstance(error, UnicodeDecodeError) else repr(error)


_LEVELS = {number: level for level, number in CATEGORIES.items()}


def _from_coco(stored: Mapping[str, Any]) -> StoredClip:
    video, images = stored["videos"][0], {image["id"]: image["source_frame"] for image in stored["images"]}
    regions: dict[int, dict[LevelName, list[StoredRegion]]] = {}
    for each in stored["annotations"]:
        region = StoredRegion(each["track_id"], each["parent_id"], each["score"], each["segmentation"])
        regions.setdefault(images[each["image_id"]], {}).setdefault(_LEVELS[each["category_id"]], []).append(region)
    return StoredClip(video["height"], video["width"], list(images.values()), regions)


def _from_ytvis(stored: Mapping[str, Any]) -> StoredClip:
    video = stored["videos"][0]
    regions: dict[int, dict[LevelName, list[StoredRegion]]] = {}
    for each in stored["annotations"]:
        for index, rle, parent_id in zip(video["source_frames"], each["segmentations"], each["parent_ids"], strict=True):
            if rle is not None:
                region = StoredRegion(each["track_id"], parent_id, each["score"], rle)
                regions.setdefault(index, {}).setdefault(_LEVELS[each["category_id"]], []).append(region)
    return StoredClip(video["height"], video["width"], video["source_frames"], regions)

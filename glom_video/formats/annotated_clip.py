"""The annotations of one clip, read from COCO or YouTube-VIS JSON, and turned back into tracks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import UInt8

from glom_video.structures import LEVEL_NAMES, LONGEST_NAME, GivenNames, LevelName, Tracks

LARGEST_SIDE = 960
"""Longest side in pixels; masks of larger clips are scaled down, since each track's membership
takes a whole plane."""


@dataclass(frozen=True, slots=True)
class RleInstance:
    """One stored track in one frame."""

    id: int
    parent_id: int
    score: float
    """In [0, 1]."""
    rle: Mapping[str, Any]
    """COCO's compressed run lengths: ``{"size": [height, width], "counts": text}``."""
    name: str
    """As in ``Tracks.names``."""
    given_name: str = ""
    """Name that a user gave it."""


@dataclass(frozen=True, slots=True)
class AnnotatedClip:
    """The contents of a file about one clip."""

    height: int
    width: int
    source_frames: Sequence[int]
    """Indices in the source, in order."""
    frames: Mapping[int, Mapping[LevelName, Sequence[RleInstance]]]
    """Instances by index in the source; a frame without tracks has none."""
    source_fingerprint: str = ""
    """As in ``SourceInfo``; "" in files of versions that wrote none."""

    def tracks(self, index: int) -> dict[str, Tracks]:
        """Tracks of one frame of the source. Values that files do not hold (embeddings, agreement,
        pose, age) are zero. Needs pycocotools."""
        frame = self.frames.get(index, {})
        return {level: self._tracks(frame.get(level, ())) for level in LEVEL_NAMES}

    def given_names(self, index: int) -> GivenNames:
        """Names that a user gave to the objects in one frame of the source, by id."""
        objects = self.frames.get(index, {}).get("object", ())
        return GivenNames(
            {each.id: each.given_name[:LONGEST_NAME] for each in objects if each.given_name}
        )

    def _tracks(self, instances: Sequence[RleInstance]) -> Tracks:
        from pycocotools.mask import decode

        k = len(instances)
        masks = [self._scaled(decode(dict(instance.rle))) for instance in instances]
        height, width = self._scaled(np.zeros((self.height, self.width), np.uint8)).shape
        memberships = np.stack([np.ones((height, width), np.float32), *masks])
        memberships[0] = np.clip(1 - memberships[1:].sum(0), 0, 1)
        return Tracks(
            ids=np.array([instance.id for instance in instances], np.int32),
            parent_ids=np.array([instance.parent_id for instance in instances], np.int32),
            embeddings=np.zeros((k, 1), np.float32),
            agreement=np.zeros(k, np.float32),
            score=np.array([instance.score for instance in instances], np.float32),
            pose=np.zeros((k, 6), np.float32),
            read_pose=np.zeros((k, 6), np.float32),
            memberships=memberships,
            age_frames=np.zeros(k, np.int32),
            age_seconds=np.zeros(k, np.float32),
            missed_frames=np.zeros(k, np.int32),
            names=tuple(instance.name for instance in instances),
        )

    def _scaled(self, mask: UInt8[np.ndarray, "H W"]) -> np.ndarray:
        import cv2

        scale = min(1.0, LARGEST_SIDE / max(self.height, self.width))
        size = max(1, round(self.width * scale)), max(1, round(self.height * scale))
        shares = np.ascontiguousarray(mask, np.float32)
        return cv2.resize(shares, size, interpolation=cv2.INTER_AREA)

"""The part of a percept that is written: an id image per level, at the source's size, and
instances.

An instance is one visible track in one frame, as in video instance segmentation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int32, UInt8

from glom_video.structures import (
    NO_NAMES,
    GivenNames,
    LevelName,
    Percept,
    Reset,
    Tracks,
    id_images,
    only_object,
)


@dataclass(frozen=True, slots=True)
class Instance:
    """One track in one frame, measured in the source's pixels. A track that is nowhere the largest
    has no instance."""

    level: LevelName
    id: int
    parent_id: int
    """Of a part: id of its object, 0 = none. Always 0 at the object level."""
    name: str
    """As in ``Tracks.names``: ``3``, ``1+4``, ``3.2``."""
    score: float
    """In [0, 1], as in ``Tracks.score``."""
    agreement: float
    """In [0, 1]."""
    age_frames: int
    missed_frames: int
    area: int
    """Pixels."""
    box: tuple[int, int, int, int]
    """Left, top, width, height."""
    centroid: tuple[float, float]
    """x, y: mean of the pixels' places, the first pixel's being 0."""
    pose: tuple[float, ...]
    """Six numbers as in ``Tracks.pose``, measured on the island."""
    read_pose: tuple[float, ...]
    """The same six numbers, read by the model from the island's vector."""
    given_name: str = ""
    """The names that a user gave to it and to those that are seen as one with it, as in
    ``GivenNames.given``."""
    own_given_name: str = ""
    """The name that a user gave to this object alone; "" of a part."""


@dataclass(frozen=True, slots=True)
class AnnotatedFrame:
    """One frame as all writers get it, so that all formats agree."""

    index: int
    """In the source; a gap means dropped frames."""
    pts_seconds: float
    is_corrupt: bool
    reset: Reset | None
    """Why the model began anew with this frame; None if it did not."""
    is_tick: bool
    """Whether the model was updated with it; otherwise islands were carried along with the
    motion."""
    stem: str
    """Name of the frame and its masks: that of the source's image, or the index in five digits."""
    file_name: str
    """File name of the picture: the source image's, or for a video ``<stem>.jpg``, as frames of
    videos are commonly unpacked."""
    image: UInt8[np.ndarray, "Hf Wf 3"]
    """The source's RGB picture, at the size that was parsed."""
    ids: Mapping[LevelName, Int32[np.ndarray, "H W"]]
    """Track id of each pixel, 0 = none."""
    instances: Sequence[Instance]
    """By level, lower first, then by id."""

    def mask(self, instance: Instance) -> UInt8[np.ndarray, "H W"]:
        """1 where the instance is, in Fortran order, as run lengths are counted."""
        return (np.asfortranarray(self.ids[instance.level]) == instance.id).view(np.uint8)


def annotated_frame(
    percept: Percept,
    levels: Sequence[LevelName],
    height: int,
    width: int,
    stem: str,
    file_name: str | None = None,
    object_id: int | None = None,
    names: GivenNames = NO_NAMES,
) -> AnnotatedFrame:
    """The part of a percept that is written, at ``height`` x ``width`` pixels.

    Args:
        file_name: the source image's; None for a video.
        object_id: write only this object and its parts.
        names: names that a user gave to objects.
    """
    images = id_images([percept.tracks[level] for level in levels], height, width)
    ids = dict(zip(levels, images, strict=True))
    if object_id is not None:
        ids = {
            level: only_object(image, level, percept.tracks, object_id)
            for level, image in ids.items()
        }
    instances = tuple(
        instance
        for level in levels
        for instance in _instances(level, percept.tracks[level], ids[level], names)
    )
    frame = percept.frame
    return AnnotatedFrame(
        index=frame.index,
        pts_seconds=frame.pts_seconds,
        is_corrupt=frame.is_corrupt,
        reset=percept.reset,
        is_tick=percept.is_tick,
        stem=stem,
        file_name=file_name or f"{stem}.jpg",
        image=frame.image,
        ids=ids,
        instances=instances,
    )


def _instances(
    level: LevelName, tracks: Tracks, ids: Int32[np.ndarray, "H W"], names: GivenNames
) -> list[Instance]:
    from scipy.ndimage import find_objects

    order = np.argsort(tracks.ids)
    # Ids grow all through a clip, ranks do not: 1 + rank numbers what is in this frame.
    rank = np.searchsorted(tracks.ids[order], ids)
    windows = find_objects(np.where(ids > 0, rank + 1, 0), max_label=len(order))
    return [
        _instance(level, tracks, int(row), ids, window, names)
        for row, window in zip(order, windows, strict=True)
        if window is not None
    ]


def _instance(
    level: LevelName,
    tracks: Tracks,
    row: int,
    ids: Int32[np.ndarray, "H W"],
    window: tuple[slice, slice],
    names: GivenNames,
) -> Instance:
    top, left = window[0].start, window[1].start
    y, x = np.nonzero(ids[window] == tracks.ids[row])
    return Instance(
        level=level,
        id=int(tracks.ids[row]),
        parent_id=int(tracks.parent_ids[row]),
        name=tracks.names[row],
        score=float(tracks.score[row]),
        agreement=float(tracks.agreement[row]),
        age_frames=int(tracks.age_frames[row]),
        missed_frames=int(tracks.missed_frames[row]),
        area=len(x),
        box=(left, top, window[1].stop - left, window[0].stop - top),
        centroid=(left + float(x.mean()), top + float(y.mean())),
        pose=tuple(tracks.pose[row].tolist()),
        read_pose=tuple(tracks.read_pose[row].tolist()),
        given_name=names.given(tracks.names[row]),
        own_given_name=names.by_id.get(int(tracks.ids[row]), "") if level == "object" else "",
    )

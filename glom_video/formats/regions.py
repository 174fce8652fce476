"""A percept as what is exported of it: one id image per level, in the source's size, and one region per visible track."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

import numpy as np
from jaxtyping import Int32, UInt8

from glom_video.structures import LevelName, Percept, Reset, Tracks, id_image


@dataclass(frozen=True, slots=True)
class Region:
    """One track in one frame, measured in the pixels of the source. A track that is nowhere the largest has no region."""

    level: LevelName
    id: int
    parent_id: int
    """Of a part: id of its object, 0 = none. Always 0 at the object level."""
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
    """The same as the model reads it out of the island's vector."""


@dataclass(frozen=True, slots=True)
class ExportFrame:
    """One frame as every writer takes it, so that all formats say the same."""

    index: int
    """In the source; a gap means dropped frames."""
    pts_seconds: float
    is_corrupt: bool
    reset: Reset | None
    """Why the model began anew with this frame, where it did."""
    stem: str
    """Name of the frame and its masks: that of the source's image, or the index in five digits."""
    file_name: str
    """Of the picture: that of the source's image, or, as frames of a video are commonly unpacked, ``<stem>.jpg``."""
    ids: Mapping[LevelName, Int32[np.ndarray, "H W"]]
    """Track id of each pixel, 0 = none."""
    regions: Sequence[Region]
    """By level, lower first, then by id."""

    def mask(self, region: Region) -> UInt8[np.ndarray, "H W"]:
        """1 where the region is, in Fortran order, as run lengths are counted."""
        return (np.asfortranarray(self.ids[region.level]) == region.id).view(np.uint8)


class FrameWriter(Protocol):
    """What all writers but that of the video have in common. As a context manager, so that the end of a clip is told from an error."""

    def write(self, frame: ExportFrame) -> None: ...

    def __enter__(self) -> "FrameWriter": ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


def export_frame(percept: Percept, levels: Sequence[LevelName], height: int, width: int, stem: str, file_name: str | None = None) -> ExportFrame:
    """What is exported of a percept at ``height`` x ``width`` pixels. ``file_name``: of the source's image; None of a video."""
    ids = {level: id_image(percept.tracks[level], height, width) for level in levels}
    regions = tuple(region for level in levels for region in _regions(level, percept.tracks[level], ids[level]))
    frame = percept.frame
    return ExportFrame(frame.index, frame.pts_seconds, frame.is_corrupt, percept.reset, stem, file_name or f"{stem}.jpg", ids, regions)


def _regions(level: LevelName, tracks: Tracks, ids: Int32[np.ndarray, "H W"]) -> list[Region]:
    from scipy.ndimage import find_objects

    order = np.argsort(tracks.ids)
    rank = np.searchsorted(tracks.ids[order], ids)  # ids grow all through a clip, ranks do not: 1 + rank numbers what is in this frame
    windows = find_objects(np.where(ids > 0, rank + 1, 0), max_label=len(order))
    return [_region(level, tracks, int(row), ids, window) for row, window in zip(order, windows, strict=True) if window is not None]


def _region(level: LevelName, tracks: Tracks, row: int, ids: Int32[np.ndarray, "H W"], window: tuple[slice, slice]) -> Region:
    top, left = window[0].start, window[1].start
    y, x = np.nonzero(ids[window] == tracks.ids[row])
    return Region(
        level=level,
        id=int(tracks.ids[row]),
        parent_id=int(tracks.parent_ids[row]),
        agreement=float(tracks.agreement[row]),
        age_frames=int(tracks.age_frames[row]),
        missed_frames=int(tracks.missed_frames[row]),
        area=len(x),
        box=(left, top, window[1].stop - left, window[0].stop - top),
        centroid=(left + float(x.mean()), top + float(y.mean())),
        pose=tuple(tracks.pose[row].tolist()),
        read_pose=tuple(tracks.read_pose[row].tolist()),
    )

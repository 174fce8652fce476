"""Islands made by hand, and the motion between them, shown to a tracker."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from glom_video.structures import Islands, Motion, Parse, Tracks
from glom_video.track import Tracker

ROWS, COLUMNS = 24, 64
"""Membership cells."""
PIXELS = 3
"""Of the motion grid, per cell."""
RATE = 25.0
DIM = 8
BLURRED = DIM
"""What something looks like of which little is seen, or with much of another in it: it resembles 1
by .6."""
SHOWN = np.vstack([np.eye(DIM), 0.6 * np.eye(DIM)[1] + 0.8 * np.eye(DIM)[7]]).astype(np.float32)


@dataclass(frozen=True)
class Blob:
    """A square island: its middle (x, y) in cells, what its vector says, and how it moves (cells
    per frame)."""

    x: float
    y: float = 12
    look: int = 0
    size: int = 8
    dx: float = 0.0
    shows: int | None = None
    """What it looks like; its vector says the same without."""
    held_by: int = 0
    """Label of the object that holds this part."""

    @property
    def area(self) -> tuple[slice, slice]:
        top, left = round(self.y - self.size / 2), round(self.x - self.size / 2)
        return slice(max(top, 0), top + self.size), slice(max(left, 0), max(left + self.size, 0))


def islands_of(blobs: Sequence[Blob], shape: tuple[int, int] = (ROWS, COLUMNS)) -> Islands:
    """Hard memberships, earlier blobs in front."""
    labels = np.zeros(shape, np.int32)
    for row in reversed(range(len(blobs))):
        labels[blobs[row].area] = row + 1
    k = len(blobs)
    pose = [
        (
            b.x / shape[1],
            b.y / shape[0],
            b.size / (shape[0] * shape[1]) ** 0.5,
            0,
            b.dx * RATE / shape[1],
            0,
        )
        for b in blobs
    ]
    return Islands(
        labels=labels,
        embeddings=np.eye(DIM, dtype=np.float32)[[b.look for b in blobs]],
        agreement=np.ones(k, np.float32),
        pose=np.array(pose, np.float32).reshape(k, 6),
        read_pose=np.array(pose, np.float32).reshape(k, 6),
        appearance=SHOWN[[b.look if b.shows is None else b.shows for b in blobs]],
        memberships=(labels == np.arange(k + 1)[:, None, None]).astype(np.float32),
        column_agreement=np.ones(shape, np.float32),
    )


def motion_of(
    blobs: Sequence[Blob], is_cut: bool = False, shape: tuple[int, int] = (ROWS, COLUMNS)
) -> Motion:
    """Backward flow of these blobs over a still ground."""
    flow = np.zeros((*shape, 2), np.float32)
    for blob in reversed(blobs):
        flow[(*blob.area, 0)] = -blob.dx * PIXELS
    flow = flow.repeat(PIXELS, 0).repeat(PIXELS, 1)
    return Motion(flow, flow, np.ones(flow.shape[:2], np.float32), np.eye(3), is_cut)


def see(
    tracker: Tracker,
    index: int,
    objects: Sequence[Blob],
    parts: Sequence[Blob] = (),
    *,
    is_cut: bool = False,
    seconds: float | None = None,
    shape: tuple[int, int] = (ROWS, COLUMNS),
    is_kept: bool = True,
) -> dict[str, Tracks]:
    tree = Parse(
        {"part": islands_of(parts, shape), "object": islands_of(objects, shape)},
        np.array([b.held_by for b in parts], np.int32),
    )
    return tracker.update(
        tree,
        motion_of(objects, is_cut, shape),
        index,
        index / RATE if seconds is None else seconds,
        is_kept=is_kept,
    )


BlobsAt = Callable[[int], Sequence[Blob]]
"""What is seen in a frame, by its index."""


def after(blobs_at: BlobsAt, frames: int, tracker: Tracker | None = None) -> dict[str, Tracks]:
    """What is seen in the last of so many frames."""
    tracker = tracker or Tracker()
    for index in range(frames):
        tracks = see(tracker, index, blobs_at(index))
    return tracks


def assert_goes_on_the_same_when_saved(blobs_at: BlobsAt, frames: int) -> None:
    """A tracker that is saved and restored before each frame sees what one sees that is not."""
    one, other = Tracker(), Tracker()
    for index in range(frames):
        arrays, numbers = other.to_arrays()
        other = Tracker.from_arrays(arrays, json.loads(json.dumps(numbers)))
        seen, again = (see(t, index, blobs_at(index))["object"] for t in (one, other))
        assert seen.names == again.names
        assert np.array_equal(seen.pose, again.pose)


def ids(tracks: dict[str, Tracks], level: str = "object") -> list[int]:
    return tracks[level].ids.tolist()


APART = 12
"""Frames for which each is seen by itself."""


def names(tracks: dict[str, Tracks], level: str = "object") -> list[str]:
    return list(tracks[level].names)


def two(x: float, other: float, dx: float, other_dx: float) -> list[Blob]:
    return [Blob(x=x, look=1, dx=dx), Blob(x=other, look=2, dx=other_dx)]


def as_one(x: float, size: int = 20, dx: float = 0.0) -> list[Blob]:
    return [Blob(x=x, look=3, size=size, dx=dx)]


def after_meeting(tracker: Tracker, *, frames: int = 6) -> int:
    """Objects 1 from the left and 2 from the right become one island at x = 32; returns the next
    frame."""
    for index in range(APART):
        assert ids(see(tracker, index, two(14 + index, 50 - index, 1, -1))) == [1, 2]
    for index in range(APART, APART + frames):
        assert names(see(tracker, index, as_one(32))) == ["1+2"]
    return APART + frames


def body(x: float, held_by: int = 1, look: int = 3) -> list[Blob]:
    return [
        Blob(x=x - 2, size=4, look=look, held_by=held_by),
        Blob(x=x + 2, size=4, look=look + 1, held_by=held_by),
    ]

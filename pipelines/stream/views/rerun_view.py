"""The live stream in the viewer of Rerun: picture, masks, boxes and the path of every object, on a
time line that can be gone back on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from jaxtyping import UInt8

from glom_video.render import colour_of
from glom_video.structures import LEVEL_NAMES, Percept, Tracks
from glom_video_pipelines.stream.loop import Live

TIMELINE = "stream"
"""Seconds, as the source states them."""


class RerunView:
    """Passes each new percept on to a recording of Rerun's."""

    is_watched = False
    """It draws by itself: no picture need be drawn for it."""

    def __init__(self, recording: Any) -> None:
        self._recording = recording
        self._last: Percept | None = None

    def publish(self, live: Live, picture: UInt8[np.ndarray, "H W 3"] | None) -> None:
        """What is new since the last call, if anything."""
        if live.newest is not None and live.newest.percept is not self._last:
            self._last = live.newest.percept
            log_percept(self._recording, self._last)


def log_percept(recording: Any, percept: Percept) -> None:
    """One frame at its time: ``picture``, and by level ``picture/<level>`` (id of each pixel),
    ``picture/<level>/boxes`` with names, and how many there are under ``count/<level>``."""
    import rerun

    recording.set_time(TIMELINE, duration=percept.frame.pts_seconds)
    recording.log("picture", rerun.Image(percept.frame.image).compress())
    for level in LEVEL_NAMES:
        tracks, boxes = percept.tracks[level], percept.boxes(level)
        seen = np.flatnonzero(boxes[:, 2] > 0)
        ids = percept.ids(level).astype(np.uint16)
        recording.log(f"picture/{level}", rerun.SegmentationImage(ids))
        recording.log(f"picture/{level}/boxes", _boxes(tracks, boxes, seen))
        recording.log(f"count/{level}", rerun.Scalars(len(seen)))


def _boxes(tracks: Tracks, boxes: np.ndarray, seen: np.ndarray) -> Any:
    """Named and coloured as in drawn pictures."""
    import rerun

    return rerun.Boxes2D(
        array=boxes[seen].astype(np.float32),
        array_format=rerun.Box2DFormat.XYXY,
        labels=[tracks.names[row] for row in seen],
        colors=colour_of(tracks.ids[seen]),
        class_ids=tracks.ids[seen].astype(np.uint16),
    )


@contextmanager
def rerun_viewer(name: str) -> Iterator[RerunView]:
    """The viewer, opened in a window of its own, where it stays after the stream has ended."""
    import rerun

    recording = rerun.RecordingStream("glom-video")
    recording.send_recording_name(name)
    recording.spawn()
    try:
        yield RerunView(recording)
    finally:
        recording.flush()
        recording.disconnect()

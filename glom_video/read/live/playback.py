"""Files and image folders at their own speed -> LiveFrames."""

import time
from collections.abc import Callable, Generator
from contextlib import closing

from glom_video.read.images import read_images
from glom_video.read.live.captured import LiveFrame
from glom_video.read.live.handover import WAIT_SECONDS
from glom_video.read.pages import is_images
from glom_video.read.sources import Source
from glom_video.read.video import read_video


def at_own_speed(source: Source, is_over: Callable[[], bool]) -> Generator[LiveFrame, None, None]:
    """A file as if it were a camera: each frame is due at its presentation time."""
    frames = (read_images if is_images(source) else read_video)(source, 0.0, None, 1)
    origin: float | None = None
    with closing(frames):
        for frame in frames:
            origin = time.monotonic() - frame.pts_seconds if origin is None else origin
            while (wait := origin + frame.pts_seconds - time.monotonic()) > 0 and not is_over():
                time.sleep(min(wait, WAIT_SECONDS))
            yield LiveFrame(frame, time.monotonic())

"""A file or an image folder from any moment on, without decoding what lies long before it."""

from collections import deque
from collections.abc import Generator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from glom_video.read.clock import Clock
from glom_video.read.decoding import TruncatedSource
from glom_video.read.fixed_rate import FRAME_RATE
from glom_video.read.images import read_images
from glom_video.read.pages import is_images, pages_of
from glom_video.read.sources import Source
from glom_video.read.stated import declared_seconds, frame_rate
from glom_video.read.upright import Upright
from glom_video.read.video import open_video, read_video
from glom_video.structures import Frame

NEAREST = 1e-4
"""Seconds by which a frame may lie before the moment sought, since times are rounded."""
EARLIER_FRAMES, EARLIER_SECONDS = 8, 0.5
"""How much earlier than the moment sought reading begins, at least: some formats find a picture by
when it is decoded, which is before it is shown."""


def duration_of(source: Source) -> float:
    """Seconds, as the file states it; 0 where it does not."""
    if is_images(source):
        return float(len(pages_of(source)) / FRAME_RATE)
    with open_video(source, threads="SLICE") as (container, stream):
        return declared_seconds(container, stream) or 0.0


def read_from(source: Source, seconds: float, first_pts: float) -> Generator[Frame, None, None]:
    """Frames from ``seconds`` after the first frame on; only the last one if that is later.

    From 0 as ``read``. Otherwise indices count from the first frame given, and a file that breaks
    off just ends.

    Args:
        first_pts: presentation time of the source's first frame.
    """
    if is_images(source):
        yield from _images_from(source, seconds)
    elif seconds <= 0:
        yield from read_video(source)
    else:
        yield from _video_from(source, seconds, first_pts)


def _images_from(source: Source, seconds: float) -> Generator[Frame, None, None]:
    last = (len(pages_of(source)) - 1) / FRAME_RATE
    yield from read_images(source, max(0.0, min(seconds, float(last)) - NEAREST))


def _video_from(source: Source, seconds: float, first_pts: float) -> Generator[Frame, None, None]:
    import av

    with open_video(source) as (container, stream):
        _seek(container, stream, seconds, first_pts)
        clock, upright, index, early = Clock(container, stream), Upright(), 0, None
        with suppress(av.FFmpegError):
            for picture in container.decode(stream):
                early = picture, clock(picture)
                if early[1] - first_pts >= seconds - NEAREST:
                    yield Frame(upright(picture), index, early[1], bool(picture.is_corrupt))
                    index += 1
        if early is not None and index == 0:
            picture, pts_seconds = early
            yield Frame(upright(picture), 0, pts_seconds, bool(picture.is_corrupt))
    if early is None:  # some formats find nothing behind their last key frame
        yield from _last_of(source)


def _seek(container: Any, stream: Any, seconds: float, first_pts: float) -> None:
    """To a key frame before the moment sought; not at all, where that may be the first."""
    import av

    earlier = max(EARLIER_SECONDS, float(EARLIER_FRAMES / frame_rate(stream)))
    if seconds <= earlier:
        return
    try:
        begin = first_pts + seconds - earlier
        container.seek(int(begin / stream.time_base), stream=stream)
    except av.FFmpegError:  # it has no index: it is read from its beginning
        container.seek(0)


def _last_of(source: Source) -> Generator[Frame, None, None]:
    """The last frame, read from the beginning; none where there is none."""
    kept = deque[Frame](maxlen=1)
    with suppress(TruncatedSource):
        kept.extend(read_video(source))
    yield from (replace(frame, index=0) for frame in kept)

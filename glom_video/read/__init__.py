"""Video files, image folders, arrays, network streams and webcams -> Iterator[Frame].

Every frame is upright RGB with its own index and presentation time, and is never renumbered. Only
webcams need OpenCV.
"""

import math
from collections.abc import Callable, Generator, Iterable
from fractions import Fraction
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from glom_video.read.arrays import read_arrays
from glom_video.read.decoding import TruncatedSource
from glom_video.read.fixed_rate import FRAME_RATE
from glom_video.read.images import describe_images, read_images
from glom_video.read.inspection import Inspection, inspect
from glom_video.read.live import (
    Handover,
    LiveFrame,
    Outage,
    Playback,
    Policy,
    is_played,
    read_live,
)
from glom_video.read.pages import (
    IMAGE_SUFFIXES,
    file_names,
    frame_names,
    image_files,
    is_images,
    picture_files,
)
from glom_video.read.pieces import frame_count, read_piece
from glom_video.read.sources import (
    Source,
    entries,
    expand,
    is_url,
    redacted,
    refuse_unnamed,
    source_name,
)
from glom_video.read.video import describe_video, read_video
from glom_video.structures import Frame, InvalidInput, SourceInfo

__all__ = [
    "IMAGE_SUFFIXES",
    "Handover",
    "Inspection",
    "LiveFrame",
    "Outage",
    "Playback",
    "Policy",
    "Source",
    "TruncatedSource",
    "check_part",
    "describe",
    "entries",
    "expand",
    "file_names",
    "frame_count",
    "frame_names",
    "image_files",
    "inspect",
    "is_images",
    "is_played",
    "is_url",
    "picture_files",
    "read",
    "read_live",
    "read_piece",
    "redacted",
    "refuse_unnamed",
    "source_name",
]

MOST_STRIDE = 2**31 - 1
"""The largest signed number of 32 bits."""


def read(
    source: Source | Iterable[Any],
    *,
    start_seconds: float | None = None,
    end_seconds: float | None = None,
    stride: int = 1,
    frame_rate: float | Fraction | None = None,
    on_decoded: Callable[[], None] = lambda: None,
) -> Generator[Frame, None, None]:
    """Frames of a video file, a URL, an image folder or a file of pages (TIFF, WebP), in the order
    in which they are shown; or of an array (frames height width 3) or an iterable of RGB uint8
    pictures, in its own order.

    A picture that the decoder had to patch is kept and flagged; one that it gave up leaves a gap in
    the indices. The source is closed when the iterator ends or is closed.

    Args:
        start_seconds: included, from the first frame.
        end_seconds: excluded, from the first frame.
        stride: keep every Nth frame from the start on, each with its own index and time.
        frame_rate: frames per second of an array; 25 by default.
        on_decoded: called for each picture, also for those that are left out, so that a watchdog
            sees progress.

    Raises:
        InvalidInput: no frame can be read.
        TruncatedSource: the file breaks off; raised after its last good frame.
    """
    check_part(start_seconds, end_seconds, stride)
    kept = start_seconds or 0.0, end_seconds, stride, on_decoded
    if not isinstance(source, str | Path):
        rate = FRAME_RATE if frame_rate is None else frame_rate
        yield from read_arrays(source, *kept, frame_rate=rate)
        return
    if frame_rate is not None:
        cause = f"{redacted(source)} has times of its own, and frame_rate={frame_rate} was given"
        raise InvalidInput(cause, "Leave frame_rate out: it is for arrays.")
    read_source = read_images if _holds_images(source) else read_video
    yield from read_source(source, *kept)


def describe(source: Source) -> SourceInfo:
    """What a source's headers state, rotation applied. Of a video, only the first frame is decoded.

    Raises:
        InvalidInput: as ``read``.
    """
    return describe_images(source) if _holds_images(source) else describe_video(source)


def check_part(start_seconds: float | None, end_seconds: float | None, stride: int) -> None:
    """Raises InvalidInput where ``read`` cannot keep such a part of any source."""
    start = 0.0 if start_seconds is None else start_seconds
    is_part = (
        isinstance(stride, Integral)
        and 1 <= stride <= MOST_STRIDE
        and isinstance(start, Real)
        and 0 <= start < math.inf
        and (end_seconds is None or (isinstance(end_seconds, Real) and end_seconds > start))
    )
    if not is_part:
        end = "the end" if end_seconds is None else f"{end_seconds} s"
        raise InvalidInput(
            f"nothing can be kept from {start} s to {end} by steps of {stride!r}",
            "Give a start of at least 0, an end after the start and a stride of at least 1.",
        )


def _holds_images(source: Source) -> bool:
    refuse_unnamed(source)
    return not is_url(source) and is_images(source)

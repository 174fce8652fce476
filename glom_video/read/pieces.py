"""A few frames from the middle of a source, without reading what comes before, for training on a
user's own clips.

decord seeks to the frame. Where it is not installed or cannot open the file, PyAV reads from the
start and gives the same frames. decord decodes in the background as long as a reader lives, and has
to be imported after torch; this module takes care of both.
"""

from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from glom_video.read.decoding import decoded
from glom_video.read.images import read_images
from glom_video.read.pages import is_images, pages_of
from glom_video.read.upright import is_untagged_hd, turn_of
from glom_video.read.video import open_video, read_video
from glom_video.structures import Frame, InvalidInput

DECORD_FORMATS = frozenset({"yuv420p", "yuvj420p", "nv12"})
"""Pixel formats that decord converts to RGB as PyAV does; it gets others wrong (10 bit by half of
the range)."""


def frame_count(source: Path) -> int:
    """Number of frames of a video file or an image folder, from its index if it has one.

    Raises:
        InvalidInput: it cannot be read.
    """
    if is_images(source):
        return len(pages_of(source))
    reader = _reader(source)
    return sum(1 for _ in read_video(source)) if reader is None else len(reader)


def read_piece(source: Path, first: int, count: int) -> tuple[Frame, ...]:
    """Frames ``first`` to ``first + count`` (excluded), upright, with their own indices and times.

    Raises:
        InvalidInput: the source cannot be read, or ends before that.
    """
    if is_images(source):
        frames = tuple(islice(read_images(source), first, first + count))
    elif (reader := _reader(source)) is None:
        frames = tuple(islice(read_video(source), first, first + count))
    else:
        frames = _seek(source, reader, first, count)
    if len(frames) < count:
        raise InvalidInput(
            f"{source} has no {count} frames from frame {first} on",
            "Give clips that are longer, or ask for fewer frames.",
        )
    return frames


def _reader(source: Path) -> Any:
    """A decord reader of one thread; None where decord is missing, cannot open the file or would
    give other frames."""
    import torch  # noqa: F401 - decord hangs where it is imported before torch

    try:
        import decord
    except ImportError:
        return None
    if not _suits_decord(source):
        return None
    try:
        return decord.VideoReader(str(source), num_threads=1)
    except (decord.DECORDError, RuntimeError):
        return None


def _suits_decord(source: Path) -> bool:
    """Whether decord gives the same frames as PyAV. It picks another of several streams, drops
    fields and mirroring, reads untagged HD as BT.601, and invents times in MPEG program streams."""
    with open_video(source, threads="SLICE") as (container, stream):
        _, picture = next(decoded(container, stream, source))
        is_simple = (
            len(container.streams.video) == 1
            and container.format.name != "mpeg"
            and not picture.interlaced_frame
        )
        turn = turn_of(picture)
        return (
            is_simple
            and picture.format.name in DECORD_FORMATS
            and not (turn.is_mirrored or turn.odd_degrees or is_untagged_hd(picture))
        )


def _seek(source: Path, reader: Any, first: int, count: int) -> tuple[Frame, ...]:
    import decord

    places = list(range(first, min(first + count, len(reader))))
    if not places:
        return ()
    try:
        images = reader.get_batch(places).asnumpy()
        seconds = reader.get_frame_timestamp([0, *places])[:, 0]
    except (decord.DECORDError, RuntimeError) as error:
        raise InvalidInput(
            f"{source} cannot be decoded at frame {first}: {str(error).splitlines()[0]}",
            "Repair the file or leave it out.",
        ) from error
    # decord counts from the first frame, whatever its own time.
    start = next(read_video(source)).pts_seconds
    times = (seconds[1:] - seconds[0] + start).tolist()
    return tuple(
        Frame(np.ascontiguousarray(image), index, time)
        for image, index, time in zip(images, places, times, strict=True)
    )

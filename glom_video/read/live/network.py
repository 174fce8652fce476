"""Network streams by PyAV -> LiveFrames."""

import time
from collections.abc import Generator
from typing import Any

from glom_video.read.clock import Clock
from glom_video.read.live.captured import LiveFrame
from glom_video.read.sources import Source, redacted
from glom_video.read.upright import Upright
from glom_video.read.video import READ_TIMEOUT_SECONDS, open_video
from glom_video.structures import Frame, InvalidInput

_OPTIONS = {
    "fflags": "nobuffer",
    "rtsp_transport": "tcp",
    "max_delay": "500000",
    "analyzeduration": "1000000",
}
"""No buffering to smooth the flow; one second is enough to recognise the format."""


def from_stream(
    url: Source, read_timeout_seconds: float = READ_TIMEOUT_SECONDS
) -> Generator[LiveFrame, None, None]:
    """Frames of one connection, each as soon as its data is there. A frame that cannot be decoded
    leaves a gap in the indices. Ends where a source of known length ends.

    Raises:
        InvalidInput: the connection cannot be made, hangs or is lost.
    """
    import av

    opened = open_video(
        url, threads="SLICE", options=_OPTIONS, read_timeout_seconds=read_timeout_seconds
    )
    with opened as (container, stream):
        clock, upright, size, index = Clock(container, stream), Upright(), None, 0
        try:
            for packet in container.demux(stream):
                now = time.monotonic()
                pictures = _decoded(stream, packet)
                # Before the first key frame there is nothing that could be lost.
                index += pictures is None and index > 0
                for picture in pictures or ():
                    if size not in (None, (picture.width, picture.height)):
                        upright = Upright()  # it keeps to the first size that it gets
                    size = picture.width, picture.height
                    yield LiveFrame(
                        Frame(upright(picture), index, clock(picture), bool(picture.is_corrupt)),
                        now,
                    )
                    index += 1
        except av.FFmpegError as error:
            # From None: the original holds the URL with its password.
            raise _lost(url, error, read_timeout_seconds) from None
        if container.duration is None:  # of a live source: it never ends by itself
            raise InvalidInput(
                f"{redacted(url)} hung up after {index} frames", "Check that its sender runs."
            )


def _decoded(stream: Any, packet: Any) -> list[Any] | None:
    """Pictures of a packet; None if it is damaged."""
    import av

    try:
        return list(stream.codec_context.decode(packet))
    except av.FFmpegError:
        return None


def _lost(url: Source, error: Any, read_timeout_seconds: float) -> InvalidInput:
    import av

    reason = f"was lost: {error.strerror}"
    if isinstance(error, av.error.ExitError):  # PyAV's time-out
        reason = f"sent nothing for {read_timeout_seconds:g} s"
    return InvalidInput(f"{redacted(url)} {reason}", "Check the network and that its sender runs.")

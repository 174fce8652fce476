"""Packets of an open video -> its pictures, with a check that all are there."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from glom_video.read.sources import Source, redacted
from glom_video.read.stated import declared_seconds
from glom_video.structures import InvalidInput

_GIF_END = b";"
"""Last byte of a GIF, which states no duration; some writers fill up with zeros behind it."""
_JPEG_START, _JPEG_END = b"\xff\xd8", b"\xff\xd9"
"""Marks that no compressed data of a JPEG hold."""
_BLOCK_BYTES = 65_536
"""Read at a time when the end of a file is looked for."""


class TruncatedSource(InvalidInput):
    """A source that breaks off. Raised after all frames that could be decoded were yielded."""


def decoded(container: Any, stream: Any, source: Source) -> Iterator[tuple[int, Any]]:
    """(index, PyAV frame) in the order of showing. A frame that the decoder gave up leaves a gap in
    the indices.

    Raises:
        InvalidInput: no frame can be decoded.
        TruncatedSource: the video ends too early; raised after its last frame.
    """
    import av

    index, first, last, packets = 0, None, None, _Packets(container, stream)
    for packet in packets:
        try:
            pictures = stream.codec_context.decode(packet)
        except av.FFmpegError:
            # Before the first key frame there is nothing that could be lost.
            index += last is not None
            continue
        for picture in pictures:
            first, last = first or picture, picture
            yield index, picture
            index += 1
    if last is None:
        raise InvalidInput(
            f"no frame of {redacted(source)} can be decoded",
            "It is damaged or broke off; get a whole copy of it, or try again.",
        )
    _check_whole(container, stream, source, index, (first, last), packets.broke_off)


class _Packets:
    """The packets of a stream, then None, which flushes the decoder. Afterwards ``broke_off`` says
    whether the data ended in the middle of a packet."""

    def __init__(self, container: Any, stream: Any) -> None:
        self._container, self._stream, self.broke_off = container, stream, False

    def __iter__(self) -> Iterator[Any]:
        import av

        # One packet is held back: if the last one is incomplete it must not reach the decoder,
        # because an error while the decoder is being flushed makes PyAV forget the good frames that
        # the decoder's threads still hold.
        held = None
        try:
            for packet in self._demuxed():
                if held is not None and held.size:
                    if packet.size == 0 and held.is_corrupt:
                        self.broke_off = True
                    else:
                        yield held
                held = packet
        except av.FFmpegError:
            self.broke_off = True
            if held is not None and held.size and not held.is_corrupt:
                yield held
        yield None

    def _demuxed(self) -> Iterator[Any]:
        while True:
            try:
                yield from self._container.demux(self._stream)
            # PyAV trips over a packet of a stream that begins in the middle of the file: go on with
            # the next
            except IndexError:
                continue
            return


def _check_whole(
    container: Any, stream: Any, source: Source, frames: int, ends: tuple[Any, Any], broke_off: bool
) -> None:
    """Compare where the pictures end with where the header says they end.

    Args:
        ends: the first and the last picture.

    Raises:
        TruncatedSource: the data broke off within a frame, or well before the declared end.
    """
    start, end = _span_seconds(stream, *ends)
    declared = declared_seconds(container, stream, start)
    until, tail_missing = "", False
    if end is not None and declared is not None:
        until = f" ({end - start:.1f} of {declared:.1f} s)"
        tail_missing = end - start < 0.98 * declared - 0.5
    if broke_off or tail_missing or _lacks_its_end(container):
        raise TruncatedSource(
            f"{redacted(source)} breaks off after {frames} frames{until}",
            "The frames before that were read; get a whole copy for the rest.",
        )


def _span_seconds(stream: Any, first: Any, last: Any) -> tuple[float, float | None]:
    """When the first picture begins and the last one ends, in seconds; None if it states no
    time."""
    began = first.dts if first.pts is None else first.pts
    stated = last.dts if last.pts is None else last.pts
    # FFmpeg puts the start of a Matroska stream behind the pictures that the decoder holds back:
    # two of a time lapse can be twenty minutes.
    start = min(stream.start_time or 0, began or 0)
    end = None if stated is None else float((stated + (last.duration or 0)) * stream.time_base)
    return float(start * stream.time_base), end


def _lacks_its_end(container: Any) -> bool:
    """Whether the end mark is missing in a file that has one but states no duration. Raw streams of
    other codecs, such as H.264, have none: they cannot be told from whole ones."""
    try:
        if container.format.name == "gif":
            return _last_byte(Path(container.name)) != _GIF_END
        return container.format.name == "mjpeg" and _ends_within_jpeg(Path(container.name))
    except OSError:  # of a network
        return False


def _ends_within_jpeg(path: Path) -> bool:
    """Whether the last picture of a stream of JPEGs begins and does not end."""
    behind = b""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - _BLOCK_BYTES)
            file.seek(start)
            block = file.read(end - start) + behind
            begins, ends = block.rfind(_JPEG_START), block.rfind(_JPEG_END)
            if begins != ends:  # -1 where there is none
                return begins > ends
            end, behind = start, block[:1]
    return False


def _last_byte(path: Path) -> bytes:
    """The last byte of a file that is not zero, or none; read from the end, since a film can be
    larger than the memory."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - _BLOCK_BYTES)
            file.seek(start)
            block = file.read(end - start).rstrip(b"\0")
            if block:
                return block[-1:]
            end = start
    return b""

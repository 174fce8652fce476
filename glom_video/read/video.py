"""Video files and URLs by PyAV -> Iterator[Frame]."""

import os
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from glom_video.read.pages import not_permitted
from glom_video.read.sources import Source, is_url, redacted, source_name
from glom_video.read.upright import Upright, turn_of
from glom_video.structures import Frame, InvalidInput, SourceInfo

OPEN_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS = 10.0, 5.0
"""For URLs: how long to wait for a server, and then for each piece of data."""

_TEXT_DEMUXERS = {"tty"}
"""What FFmpeg takes plain text for; it would be drawn as an 80x25 terminal."""


_HDR_TRANSFERS = {16, 18}
"""PQ (SMPTE ST 2084) and HLG (ARIB STD-B67), in FFmpeg's numbers, which are those of ITU-T
H.273."""


class TruncatedSource(InvalidInput):
    """A source that breaks off. Raised after all frames that could be decoded were yielded."""


def read_video(
    source: Source,
    start_seconds: float,
    end_seconds: float | None,
    stride: int,
    on_decoded: Callable[[], None] = lambda: None,
) -> Generator[Frame, None, None]:
    """As ``read``. Frames before the start are decoded too, since only that gives every frame its
    true index."""
    with open_video(source) as (container, stream):
        clock, upright, first_pts, first_index, pts_seconds = (
            Clock(container, stream),
            Upright(),
            None,
            None,
            0.0,
        )
        for index, picture in decoded(container, stream, source):
            on_decoded()
            pts_seconds = clock(picture)
            first_pts = pts_seconds if first_pts is None else first_pts
            elapsed = round(
                pts_seconds - first_pts, 6
            )  # pts are far coarser, and 8.7 - 8.3 is just short of .4
            if end_seconds is not None and elapsed >= end_seconds:
                break
            if elapsed < start_seconds:
                continue
            first_index = index if first_index is None else first_index
            if (index - first_index) % stride == 0:
                yield Frame(upright(picture), index, pts_seconds, bool(picture.is_corrupt))
    if first_pts is not None and first_index is None:
        raise InvalidInput(
            (
                f"no frame of {redacted(source)} lies at {start_seconds} s; it lasts "
                f"{pts_seconds - first_pts:.2f} s"
            ),
            "Choose start and end inside the clip.",
        )


def describe_video(source: Source) -> SourceInfo:
    with open_video(source, threads="SLICE") as (container, stream):
        _, picture = next(decoded(container, stream, source))
        image, turn = Upright()(picture), turn_of(picture)
        aspect = _fraction(stream.sample_aspect_ratio) or Fraction(1)
        return SourceInfo(
            name=source_name(source),
            path=redacted(source),
            height=image.shape[0],
            width=image.shape[1],
            time_base=Fraction(stream.time_base.numerator, stream.time_base.denominator),
            frame_rate=_frame_rate(stream),
            frames_declared=stream.frames or None,
            duration_seconds=_declared_seconds(container, stream),
            sample_aspect_ratio=1 / aspect if turn.quarters % 2 else aspect,
            rotation_degrees=turn.degrees,
            is_mirrored=turn.is_mirrored,
            codec=stream.codec_context.codec.canonical_name,
            pixel_format=picture.format.name,
            is_hdr=stream.codec_context.color_trc in _HDR_TRANSFERS,
            has_sound=any(track.codec_context is not None for track in container.streams.audio),
        )


@contextmanager
def open_video(
    source: Source,
    *,
    threads: Literal["AUTO", "SLICE"] = "AUTO",
    options: Mapping[str, str] | None = None,
) -> Iterator[tuple[Any, Any]]:
    """The open container and its best video stream, or InvalidInput. ``SLICE`` threads add no
    latency, ``AUTO`` ones are faster."""
    import av

    _check_file(source)
    timeout = (OPEN_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS) if is_url(source) else None
    try:
        name = (
            source if is_url(source) else os.path.abspath(source)
        )  # FFmpeg takes what stands before a colon for a protocol
        container = av.open(
            str(name),
            container_options=dict(options or {}),
            timeout=timeout,
            metadata_errors="replace",
        )
    except (av.FFmpegError, OSError) as error:
        raise _unreadable(
            source, error.strerror or str(error)
        ) from None  # the original holds the URL with its password
    with container:
        stream = container.streams.best("video")
        if (
            stream is None
            or stream.disposition & av.stream.Disposition.attached_pic
            or container.format.name in _TEXT_DEMUXERS
        ):
            what = "only sound" if container.streams.audio else "no video"
            raise InvalidInput(
                f"{redacted(source)} holds {what}",
                "Name a video file, a folder of images or a folder of videos.",
            )
        if stream.codec_context is None:
            raise InvalidInput(
                f"{redacted(source)} is of a kind that no decoder here can read",
                "Convert it to H.264 first.",
            )
        stream.thread_type = threads
        yield container, stream


def decoded(container: Any, stream: Any, source: Source) -> Iterator[tuple[int, Any]]:
    """(index, PyAV frame) in the order of showing. A frame that the decoder gave up leaves a gap in
    the indices.

    Raises InvalidInput if there is none at all, and TruncatedSource at the end if that came too
    early.
    """
    import av

    index, first, last, packets = 0, None, None, _Packets(container, stream)
    for packet in packets:
        try:
            pictures = stream.codec_context.decode(packet)
        except av.FFmpegError:
            index += (
                last is not None
            )  # before the first key frame there is nothing that could be lost
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
    """The packets of a stream, then None (which flushes the decoder). ``broke_off`` is true
    afterwards if the data ended in the middle of one."""

    def __init__(self, container: Any, stream: Any) -> None:
        self._container, self._stream, self.broke_off = container, stream, False

    def __iter__(self) -> Iterator[Any]:
        import av

        # One packet is held back: if the last one is incomplete it must not reach the decoder,
        # because an error while the decoder is
        # being flushed makes PyAV forget the good frames that the decoder's threads still hold.
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
    """Raises TruncatedSource if the data broke off in the middle of a frame, or ended well before
    the declared end.

    ``ends``: the first and the last picture.
    """
    began, stated = (picture.pts if picture.pts is not None else picture.dts for picture in ends)
    # FFmpeg puts the start of a Matroska stream behind the pictures that the decoder holds back:
    # two of a time lapse can be twenty minutes.
    start = min(stream.start_time or 0, began or 0)
    end = (
        None
        if stated is None
        else float((stated - start + (ends[1].duration or 0)) * stream.time_base)
    )
    declared = _declared_seconds(container, stream)
    tail_missing = end is not None and declared is not None and end < 0.98 * declared - 0.5
    if broke_off or tail_missing:
        until = (
            f" ({end:.1f} of {declared:.1f} s)" if end is not None and declared is not None else ""
        )
        raise TruncatedSource(
            f"{redacted(source)} breaks off after {frames} frames{until}",
            "The frames before that were read; get a whole copy for the rest.",
        )


SET_BACK_FRAMES = 4
"""A time so many frames (or a second, if that is less) before the last one is that of a clock which
was set back, as in files that were joined."""


class Clock:
    """Presentation time of each frame in seconds: as stated, and made good where it is missing or
    does not go forward."""

    def __init__(self, container: Any, stream: Any) -> None:
        self._time_base = Fraction(stream.time_base.numerator, stream.time_base.denominator)
        self._ticks_per_frame = max(1, round(1 / (_frame_rate(stream) * self._time_base)))
        self._is_avi = (
            container.format.name == "avi"
        )  # which has decoding times only: taken for pts they would run back and forth
        self._set_back = min(1 / self._time_base, Fraction(SET_BACK_FRAMES * self._ticks_per_frame))
        self._last: int | None = None
        self._offset = 0
        self._offset_before: int | None = None
        """Of the frame before, where the clock seems to have been set back with it."""

    def __call__(self, picture: Any) -> float:
        stated = picture.dts if self._is_avi or picture.pts is None else picture.pts
        self._last = self._next(stated)
        return float(self._last * self._time_base)

    def _next(self, stated: int | None) -> int:
        if self._last is None:
            return stated or 0
        if stated is None:
            return self._last + self._ticks_per_frame
        if (
            self._offset_before is not None and stated + self._offset_before > self._last
        ):  # that frame alone was out of place
            self._offset = self._offset_before
        self._offset_before = None
        if stated + self._offset > self._last:
            return stated + self._offset
        if (
            self._last - stated - self._offset > self._set_back
        ):  # the source's clock was set back: go on from here
            self._offset_before = self._offset
            self._offset = self._last + self._ticks_per_frame - stated
            return stated + self._offset
        return self._last + max(1, self._ticks_per_frame // 2)


def _check_file(source: Source) -> None:
    if is_url(source):
        return
    path = Path(source)
    if not path.exists():
        raise InvalidInput(f"there is no file {path}", "Check the name.")
    if path.is_file() and path.stat().st_size == 0:
        raise InvalidInput(f"{path} is empty (0 bytes)", "Copy or record it again.")


def _unreadable(source: Source, reason: str) -> InvalidInput:
    if is_url(source):
        return InvalidInput(
            f"{redacted(source)} cannot be opened: {reason}",
            "Check the address, the network and the name and password in it.",
        )
    if os.path.exists(source) and not os.access(source, os.R_OK):
        return not_permitted(source)
    if _lost_its_index(Path(source)):
        return InvalidInput(
            f"{source} has lost its index: the recording or the copy broke off",
            "Copy it again, or rebuild the index with a repair tool.",
        )
    return InvalidInput(
        f"{source} cannot be read as video: {reason}",
        "Name a video file; if this is one, it is damaged: copy it again.",
    )


def _lost_its_index(path: Path) -> bool:
    """Whether this is an mp4 or mov file without its moov box, as a recorder that was switched off
    leaves it."""
    kinds: list[bytes] = []
    offset = 0
    try:
        with path.open("rb") as file:
            while len(header := file.read(16)) >= 8 and len(kinds) < 100:
                size, kind = int.from_bytes(header[:4], "big"), header[4:8]
                kinds.append(kind)
                size = int.from_bytes(header[8:], "big") if size == 1 else size
                if size < 8:
                    break
                offset += size
                file.seek(offset)
    except OSError:
        return False
    return bool(kinds) and kinds[0] == b"ftyp" and b"moov" not in kinds


def _declared_seconds(container: Any, stream: Any) -> float | None:
    """Duration of the picture by the container's own word."""
    if (
        container.format.name == "avi" and stream.frames
    ):  # its duration is computed from the file's size, so a cut file would look whole
        return float(stream.frames / _frame_rate(stream))
    if stream.duration:
        return float(stream.duration * stream.time_base)
    if (
        said := re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    ) is not None:  # Matroska: 00:01:02.345000000
        return int(said[1]) * 3600 + int(said[2]) * 60 + float(said[3])
    sound_may_be_longer = bool(container.streams.audio)
    return (
        container.duration / 1_000_000 if container.duration and not sound_may_be_longer else None
    )


def _frame_rate(stream: Any) -> Fraction:
    """Average rate; 25 where a source states none or an impossible one."""
    rates = (
        (_fraction(stream.average_rate), 10_000),
        (_fraction(stream.guessed_rate), 1000),
    )  # a guess above that is a tick, not a frame
    return next(
        (rate for rate, highest in rates if rate is not None and 0 < rate <= highest), Fraction(25)
    )


def _fraction(value: Any) -> Fraction | None:
    """PyAV's rationals are Fractions or not, by version; 0 and none mean unknown."""
    return Fraction(value.numerator, value.denominator) if value else None

"""Video files and URLs by PyAV -> Iterator[Frame]."""

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from glom_video.read.clock import Clock
from glom_video.read.decoding import decoded
from glom_video.read.fingerprint import fingerprint
from glom_video.read.pages import not_permitted
from glom_video.read.sources import (
    Source,
    is_url,
    leads_nowhere,
    redacted,
    refuse_closed,
    source_name,
)
from glom_video.read.stated import declared_seconds, fraction, frame_rate
from glom_video.read.upright import Upright, turn_of
from glom_video.structures import Frame, InvalidInput, SourceInfo

OPEN_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS = 10.0, 5.0
"""For URLs: how long to wait for a server, and then for each piece of data."""

_TEXT_DEMUXERS = {"tty"}
"""The demuxer that FFmpeg reads plain text with, drawn as an 80x25 terminal."""

_HDR_TRANSFERS = {16, 18}
"""PQ (SMPTE ST 2084) and HLG (ARIB STD-B67), numbered as in FFmpeg and ITU-T H.273."""


def read_video(
    source: Source,
    start_seconds: float = 0.0,
    end_seconds: float | None = None,
    stride: int = 1,
    on_decoded: Callable[[], None] = lambda: None,
) -> Generator[Frame, None, None]:
    """As ``read``. Frames before the start are decoded too, because only that gives every frame its
    true index."""
    with open_video(source) as (container, stream):
        clock, upright = Clock(container, stream), Upright()
        first_pts, first_index, pts_seconds = None, None, 0.0
        for index, picture in decoded(container, stream, source):
            on_decoded()
            pts_seconds = clock(picture)
            first_pts = pts_seconds if first_pts is None else first_pts
            # pts are far coarser, and 8.7 - 8.3 is just short of .4.
            elapsed = round(pts_seconds - first_pts, 6)
            if end_seconds is not None and elapsed >= end_seconds:
                break
            if elapsed < start_seconds:
                continue
            first_index = index if first_index is None else first_index
            if (index - first_index) % stride == 0:
                yield Frame(upright(picture), index, pts_seconds, bool(picture.is_corrupt))
    if first_pts is not None and first_index is None:
        wanted, last = f"{start_seconds} s", f"{pts_seconds - first_pts:.2f} s"
        cause = f"no frame of {redacted(source)} lies at {wanted}; the last one lies at {last}"
        raise InvalidInput(cause, "Choose start and end inside the clip.")


def describe_video(source: Source) -> SourceInfo:
    """What a video's header and first frame say.

    Raises:
        InvalidInput: it holds no frame.
    """
    with open_video(source, threads="SLICE") as (container, stream):
        _, picture = next(decoded(container, stream, source))
        image, turn = Upright()(picture), turn_of(picture)
        aspect = fraction(stream.sample_aspect_ratio) or Fraction(1)
        return SourceInfo(
            name=source_name(source),
            path=redacted(source),
            height=image.shape[0],
            width=image.shape[1],
            time_base=Fraction(stream.time_base.numerator, stream.time_base.denominator),
            frame_rate=frame_rate(stream),
            frames_declared=stream.frames or None,
            duration_seconds=declared_seconds(container, stream, picture.time or 0.0),
            sample_aspect_ratio=1 / aspect if turn.quarters % 2 else aspect,
            rotation_degrees=turn.degrees,
            is_mirrored=turn.is_mirrored,
            codec=stream.codec_context.codec.canonical_name,
            pixel_format=picture.format.name,
            is_hdr=stream.codec_context.color_trc in _HDR_TRANSFERS,
            has_sound=any(track.codec_context is not None for track in container.streams.audio),
            fingerprint="" if is_url(source) else fingerprint([Path(source)]),
        )


@contextmanager
def open_video(
    source: Source,
    *,
    threads: Literal["AUTO", "SLICE"] = "AUTO",
    options: Mapping[str, str] | None = None,
    read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
) -> Iterator[tuple[Any, Any]]:
    """The open container and its best video stream.

    Args:
        threads: ``SLICE`` adds no latency, ``AUTO`` is faster.
        options: for FFmpeg's demuxer.
        read_timeout_seconds: for URLs, longest wait for each piece of data.

    Raises:
        InvalidInput: it cannot be opened or holds no video.
    """
    _check_file(source)
    with _opened(source, dict(options or {}), read_timeout_seconds) as container:
        stream = container.streams.best("video")
        _check_stream(source, container, stream)
        stream.thread_type = threads
        yield container, stream


def _opened(source: Source, options: dict[str, str], read_timeout_seconds: float) -> Any:
    """A container, whatever it holds. Raises InvalidInput where there is none."""
    import av

    # FFmpeg takes what stands before a colon for a protocol.
    name = source if is_url(source) else os.path.abspath(source)
    timeout = (OPEN_TIMEOUT_SECONDS, read_timeout_seconds) if is_url(source) else None
    try:
        return av.open(
            str(name), container_options=options, timeout=timeout, metadata_errors="replace"
        )
    except av.error.ExitError:  # PyAV's time-out
        raise _unreadable(source, "it does not answer") from None
    except (av.FFmpegError, OSError) as error:
        # From None: the original holds the URL with its password.
        raise _unreadable(source, error.strerror or str(error)) from None


def _check_stream(source: Source, container: Any, stream: Any) -> None:
    """Raises InvalidInput where a container's best video stream is none, or cannot be decoded."""
    import av

    if (
        stream is None
        or stream.disposition & av.stream.Disposition.attached_pic
        or container.format.name in _TEXT_DEMUXERS
    ):
        what = "only sound" if container.streams.audio else "no video"
        remedy = "Name a video file, a folder of images or a folder of videos."
        raise InvalidInput(f"{redacted(source)} holds {what}", remedy)
    if stream.codec_context is None:
        cause = f"{redacted(source)} is of a kind that no decoder here can read"
        raise InvalidInput(cause, "Convert it to H.264 first.")


def _check_file(source: Source) -> None:
    if is_url(source):
        return
    path = Path(source)
    refuse_closed(path)
    if leads_nowhere(path):
        raise InvalidInput(
            f"{path} is a link to a file that is not there", "Fetch that file, or mend the link."
        )
    if not path.exists():
        raise InvalidInput(f"there is no file {path}", "Check the name.")
    if not path.is_file():
        raise InvalidInput(
            f"{path} is a pipe or a device, and no file",
            "Name a file; what a program sends can be watched with stream, over TCP or UDP.",
        )
    if path.stat().st_size == 0:
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
    """Whether this is an mp4 or mov file without its moov box, as left by a recorder that was
    switched off."""
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

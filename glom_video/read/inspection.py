"""Facts about a video file from decoding every frame of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from glom_video.read.clock import Clock
from glom_video.read.decoding import TruncatedSource, decoded
from glom_video.read.images import describe_images, read_images
from glom_video.read.pages import is_images
from glom_video.read.sources import Source, is_url
from glom_video.read.video import describe_video, open_video
from glom_video.structures import SourceInfo


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound track, as its header states it."""

    codec: str
    sample_rate: int
    """Hertz."""
    channels: int
    language: str = ""
    """ISO 639-2 code, "" if none is stated."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a source's headers state, and what decoding it found."""

    info: SourceInfo
    container: str
    video_streams: int
    sound: tuple[Sound, ...]
    bits_per_component: int
    interlaced_frames: int
    decoded_frames: int
    corrupt_frames: int
    """Pictures in which the decoder concealed errors."""
    lost_frames: int
    """Pictures that the decoder gave up."""
    broken: str
    """Why it ends too early; "" if it does not."""
    first_seconds: float
    duration_seconds: float
    """From the first frame to the end of the last one."""
    is_variable_rate: bool
    shortest_seconds: float
    """Least and greatest time between two frames."""
    longest_seconds: float
    sizes: tuple[tuple[int, int], ...] = ()
    """(width, height) of the coded pictures; empty if all have one size."""


@dataclass(slots=True)
class _Found:
    """What decoding finds, frame by frame."""

    decoded: int = 0
    corrupt: int = 0
    interlaced: int = 0
    bits_per_component: int = 8
    broken: str = ""
    last_index: int = -1
    first_seconds: float = 0.0
    last_seconds: float = 0.0
    steps: set[float] = field(default_factory=set)
    """Times between frames, to the microsecond."""
    sizes: dict[tuple[int, int], None] = field(default_factory=dict)

    def add(self, index: int, seconds: float) -> None:
        if self.decoded:
            self.steps.add(round(seconds - self.last_seconds, 6))
        else:
            self.first_seconds = seconds
        self.decoded, self.last_index, self.last_seconds = self.decoded + 1, index, seconds

    def add_picture(self, picture: Any) -> None:
        """What a decoded PyAV frame says of itself."""
        self.corrupt += bool(picture.is_corrupt)
        self.interlaced += bool(picture.interlaced_frame)
        self.bits_per_component = max(each.bits for each in picture.format.components)
        self.sizes.setdefault((picture.width, picture.height))


def inspect(source: Source, on_decoded: Callable[[int], None] = lambda frames: None) -> Inspection:
    """Decode a whole file, URL or image folder and describe it.

    Args:
        on_decoded: called with the number of frames so far.

    Raises:
        InvalidInput: no frame can be read.
    """
    if not is_url(source) and is_images(source):
        return _inspect_images(source, on_decoded)
    info, found = describe_video(source), _Found()
    with open_video(source) as (container, stream):
        clock = Clock(container, stream)
        try:
            for index, picture in decoded(container, stream, source):
                found.add(index, clock(picture))
                found.add_picture(picture)
                on_decoded(found.decoded)
        except TruncatedSource as truncated:
            found.broken = truncated.cause
        tracks = [track for track in container.streams.audio if track.codec_context is not None]
        sound = tuple(_sound(track) for track in tracks)
        return _inspection(info, found, container.format.name, len(container.streams.video), sound)


def _inspect_images(folder: Source, on_decoded: Callable[[int], None]) -> Inspection:
    found = _Found()
    for frame in read_images(folder):
        found.add(frame.index, frame.pts_seconds)
        found.corrupt += frame.is_corrupt
        on_decoded(found.decoded)
    container = "image folder" if Path(folder).is_dir() else "image file"
    return _inspection(describe_images(folder), found, container)


def _inspection(
    info: SourceInfo,
    found: _Found,
    container: str,
    video_streams: int = 1,
    sound: tuple[Sound, ...] = (),
) -> Inspection:
    last_shown_for = float(1 / info.frame_rate)
    return Inspection(
        info=info,
        container=container,
        video_streams=video_streams,
        sound=sound,
        bits_per_component=found.bits_per_component,
        interlaced_frames=found.interlaced,
        decoded_frames=found.decoded,
        corrupt_frames=found.corrupt,
        lost_frames=found.last_index + 1 - found.decoded,
        broken=found.broken,
        first_seconds=found.first_seconds,
        duration_seconds=round(found.last_seconds - found.first_seconds + last_shown_for, 6),
        is_variable_rate=_varies(found.steps, info.time_base),
        shortest_seconds=min(found.steps, default=0.0),
        longest_seconds=max(found.steps, default=0.0),
        sizes=tuple(found.sizes) if len(found.sizes) > 1 else (),
    )


def _varies(steps: set[float], time_base: Fraction) -> bool:
    """Whether frames are shown for different times, by more than rounding to ticks (or to the
    milliseconds of some containers) explains."""
    rounding = max(2 * float(time_base), 0.002)
    return bool(steps) and max(steps) - min(steps) > rounding


def _sound(track: Any) -> Sound:
    context = track.codec_context
    return Sound(
        context.codec.canonical_name,
        context.sample_rate or 0,
        context.channels or 0,
        track.metadata.get("language", ""),
    )

"""Annotated pictures -> a GIF or a WebM, without sound, for pages and messages that take no mp4."""

import contextlib
import os
from abc import abstractmethod
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from glom_video.formats.partial import encoding, partial_name, put_in_place, writing
from glom_video.formats.video.bt709 import converted, state_colours
from glom_video.formats.video.encoders import encoder_options
from glom_video.formats.writer import PictureWriter, without_frames

GIF_TICK = Fraction(1, 100)
"""Unit of times in a gif, in seconds."""
SHORTEST_GIF_TICKS = 2
"""Browsers show a picture of a shorter duration for a tenth of a second."""
WEBM_TICK = Fraction(1, 1000)
"""Unit of times in a WebM, in seconds."""


class MovingWriter(PictureWriter):
    """Encodes picture by picture into ``<name>.partial<suffix>``, which is playable as far as it
    goes. The first picture is shown at 0 s; a picture less than ``least_ticks`` after the previous
    one is dropped.

    Args:
        frame_rate: average, in frames per second; limits how long the last picture is shown.

    Raises:
        InvalidInput: the file cannot be written, or gets no picture.
    """

    muxer: str
    encoder: str
    tick: Fraction
    """Seconds."""
    least_ticks = 1

    def __init__(
        self, path: Path, name: str, frame_rate: Fraction, threads: int | None = None
    ) -> None:
        self.path, self._partial = path, partial_name(path, name)
        self._frame_rate, self._threads = frame_rate, threads
        self._ticks_per_frame = max(self.least_ticks, round(1 / (frame_rate * self.tick)))
        self._last_shown_for = self._ticks_per_frame
        self._first_seconds = 0.0
        self._last: int | None = None
        self._container: Any = None
        self._stream: Any = None
        self._is_finished = False

    def write(
        self, picture: UInt8[np.ndarray, "H W 3"], pts_seconds: float, stem: str = ""
    ) -> None:
        import av

        if self._last is None:
            self._first_seconds = pts_seconds
            with encoding(self.path):
                self._open(*picture.shape[:2])
        place = round((pts_seconds - self._first_seconds) / self.tick)
        if self._last is not None:
            if place - self._last < self.least_ticks:
                return
            # An average rate is far too slow after a long gap.
            self._last_shown_for = min(self._ticks_per_frame, place - self._last)
        self._last = place
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame.pts, frame.time_base = place, self.tick
        with encoding(self.path):
            self._mux(self._converted(frame))

    def _open(self, height: int, width: int) -> None:
        import av

        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._container = av.open(os.path.abspath(self._partial), "w", format=self.muxer)
        options = self._options()
        self._stream = self._container.add_stream(
            self.encoder, rate=self._frame_rate, options=options
        )
        self._stream.width, self._stream.height = width, height
        self._stream.codec_context.time_base = self.tick
        if self._threads is not None:
            self._stream.codec_context.thread_count = self._threads
        self._prepare(height, width)

    def _options(self) -> dict[str, str]:
        """Of the encoder."""
        return {}

    @abstractmethod
    def _prepare(self, height: int, width: int) -> None:
        """Set up what ``_converted`` needs, and the stream's pixel format."""

    @abstractmethod
    def _converted(self, frame: Any) -> Any:
        """An RGB frame as the encoder takes it."""

    def _mux(self, frame: Any | None) -> None:
        """None flushes the encoder."""
        for packet in self._stream.encode(frame):
            packet.duration = packet.duration or self._last_shown_for
            self._container.mux(packet)

    def close(self) -> None:
        if self._last is None:
            raise without_frames(self.path)
        self._finish()
        with writing(self.path):
            put_in_place(self._partial, self.path)

    def abort(self) -> None:
        # Called on the way out of another error, which is the one to be seen.
        with contextlib.suppress(Exception):
            self._finish()

    def _finish(self) -> None:
        if not self._is_finished and self._container is not None:
            self._is_finished = True
            with encoding(self.path), contextlib.closing(self._container):
                self._mux(None)


class WebmWriter(MovingWriter):
    """VP9, in the colours of BT.709."""

    muxer, encoder, tick = "webm", "libvpx-vp9", WEBM_TICK

    def _options(self) -> dict[str, str]:
        return encoder_options(self.encoder, bytes_repeat=self._threads is not None)

    def _prepare(self, height: int, width: int) -> None:
        from av.video.reformatter import VideoReformatter

        self._stream.pix_fmt = "yuv420p"
        state_colours(self._stream.codec_context)
        self._reformatter = VideoReformatter()

    def _converted(self, frame: Any) -> Any:
        shown = converted(self._reformatter, frame)
        shown.pts, shown.time_base = frame.pts, frame.time_base
        return shown


class GifWriter(MovingWriter):
    """Each picture with the 256 colours that fit it best."""

    muxer, encoder, tick, least_ticks = "gif", "gif", GIF_TICK, SHORTEST_GIF_TICKS

    def _prepare(self, height: int, width: int) -> None:
        from av import VideoFormat
        from av.filter import Graph

        self._stream.pix_fmt = "pal8"
        graph = Graph()
        source = graph.add_buffer(
            width=width, height=height, format=VideoFormat("rgb24"), time_base=self.tick
        )
        split = graph.add("split")
        colours = graph.add("palettegen", "stats_mode=single:reserve_transparent=0")
        indexed = graph.add("paletteuse", "new=1:dither=bayer:bayer_scale=5")
        sink = graph.add("buffersink")
        source.link_to(split)
        split.link_to(indexed, 0, 0)
        split.link_to(colours, 1, 0)
        colours.link_to(indexed, 0, 1)
        indexed.link_to(sink)
        graph.configure()
        self._graph = graph

    def _converted(self, frame: Any) -> Any:
        self._graph.push(frame)
        converted = self._graph.pull()
        converted.pts, converted.time_base = frame.pts, self.tick
        return converted

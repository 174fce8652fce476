"""Annotated pictures -> an mp4 that keeps the source's times, shape and sound."""

import contextlib
import heapq
import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from glom_video.formats.partial import encoding, partial_name, put_in_place
from glom_video.formats.video.bt709 import converted, state_colours
from glom_video.formats.video.encoders import ENCODERS, available_encoder, encoder_options
from glom_video.formats.video.frame_times import FrameTimes
from glom_video.formats.video.sound import add_sound, sound_packets, titles
from glom_video.formats.writer import Writer, without_frames

_FRAGMENTED = {
    # Moov first and a fragment each second or key frame, flushed at once: whatever is on disk when
    # the process is killed can be played.
    "movflags": "frag_keyframe+empty_moov+default_base_moof",
    "frag_duration": "1000000",
    "flush_packets": "1",
}


class Mp4Writer(Writer):
    """Writes ``<stem>.partial.mp4``, which is playable even after a kill. ``close`` adds the sound,
    puts the index in front and renames it to ``path``.

    Each picture keeps its source's presentation time, to the tick: ``pts = round(pts_seconds /
    time_base)``. Two things shift the whole clip, with its sound: ``is_cut_at_start`` (the output
    then begins at 0), and a first time below 0, which mp4 cannot hold.

    Args:
        sample_aspect_ratio: shape of a pixel, width / height.
        frame_rate: average; limits how long the last picture is shown.
        sound_from: the source whose sound tracks are copied.
        is_cut_at_start: the sound begins with the first written picture.
        is_cut_at_end: the sound ends with the last.
        threads: pins the encoder's threads; with the same number, each run gives the same bytes.
        is_live: the file has to be finished at once, however long it is: it gets no sound, and its
            index comes last.
        encoders: names of ENCODERS; the first available one is used.

    Raises:
        InvalidInput: the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        height: int,
        width: int,
        *,
        time_base: Fraction,
        frame_rate: Fraction,
        sample_aspect_ratio: Fraction = Fraction(1),
        sound_from: Path | str | None = None,
        is_cut_at_start: bool = False,
        is_cut_at_end: bool = False,
        threads: int | None = None,
        is_live: bool = False,
        encoders: Sequence[str] = tuple(ENCODERS),
    ) -> None:
        from av.video.reformatter import VideoReformatter

        self.path = Path(path)
        self.partial_path = partial_name(self.path, self.path.stem)
        self.encoder = available_encoder(encoders)
        """Name of the encoder in use: not libx264 means that this machine lacks it."""
        self._size = height, width
        self._is_cut_at_start, self._is_cut_at_end = is_cut_at_start, is_cut_at_end
        tick = Fraction(1, time_base.denominator)
        self._times = FrameTimes(tick, frame_rate, starts_at_zero=is_cut_at_start)
        self._sound_from = sound_from
        self._reformatter = VideoReformatter()
        self._is_open, self._is_live = False, is_live
        with encoding(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._container, self._stream = self._opened(frame_rate, sample_aspect_ratio, threads)
            self._is_open = True

    def _opened(
        self, frame_rate: Fraction, sample_aspect_ratio: Fraction, threads: int | None
    ) -> tuple[Any, Any]:
        import av

        height, width = self._size
        options = {**_FRAGMENTED, "video_track_timescale": str(self._times.tick.denominator)}
        if self._is_live and closes_in_place():
            options["movflags"] = "hybrid_fragmented+frag_keyframe"
        address = os.path.abspath(self.partial_path)
        container = av.open(address, "w", format="mp4", container_options=options)
        chosen = encoder_options(self.encoder, bytes_repeat=threads is not None)
        stream = container.add_stream(self.encoder, rate=frame_rate, options=chosen)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base, context.sample_aspect_ratio = self._times.tick, sample_aspect_ratio
        # A key frame every 2 s, for players that seek.
        context.gop_size = max(1, round(2 * frame_rate))
        state_colours(context)
        if threads is not None:
            context.thread_count = threads
        container.start_encoding()
        return container, stream

    def write(self, image: UInt8[np.ndarray, "H W 3"], pts_seconds: float) -> None:
        """Appends one RGB picture.

        A time that is not after the one before becomes one tick more than that.
        """
        import av

        if image.shape[:2] != self._size:
            raise ValueError(f"the picture is {image.shape[:2]}, this file holds {self._size}")
        rgb = av.VideoFrame.from_ndarray(_even(image), format="rgb24")
        frame = converted(self._reformatter, rgb)
        frame.pts, frame.time_base = self._times.place(pts_seconds), self._times.tick
        with encoding(self.path):
            self._encode(frame)

    def _encode(self, frame: Any | None) -> None:
        """None flushes the encoder."""
        for packet in self._stream.encode(frame):
            # It counts for the last picture only: the others are shown until the next one.
            packet.duration = self._times.last_shown_for
            self._container.mux(packet)

    def close(self) -> None:
        """Finishes the file: sound, index in front, on disk, final name.

        A live file is finished in place, with its index at the end: copying hours of it would keep
        its user waiting.

        Raises:
            InvalidInput: no picture was written.
        """
        if not self._is_open:
            return
        self._finish_partial()
        first = self._times.first
        if first is None:
            raise without_frames(self.path)
        if self._is_live:
            with encoding(self.path):
                put_in_place(self.partial_path, self.path)
            return
        whole = self.path.with_name(f"{self.path.stem}.whole.partial{self.path.suffix}")
        try:
            with encoding(self.path):
                self._remux(whole, first)
                put_in_place(whole, self.path)
        finally:
            whole.unlink(missing_ok=True)
        self.partial_path.unlink()

    def abort(self) -> None:
        """Finishes the partial file, so that it can be played, under its partial name."""
        # Called on the way out of another error, which is the one to be seen.
        with contextlib.suppress(Exception):
            self._finish_partial()

    def _finish_partial(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        try:
            with encoding(self.path), contextlib.closing(self._container):
                self._encode(None)
        finally:
            if self._times.first is None:
                self.partial_path.unlink(missing_ok=True)

    def _remux(self, whole: Path, first: int) -> None:
        """The partial's picture and the source's sound into one file.

        Packet by packet, in the order of time.
        """
        import av

        tick = self._times.tick
        options = {"movflags": "faststart", "video_track_timescale": str(tick.denominator)}
        begin = Fraction(0) if self._is_cut_at_start else None
        shown_until = (self._times.last + self._times.last_shown_for) * tick
        end = shown_until if self._is_cut_at_end else None
        with contextlib.ExitStack() as opened:
            partial = opened.enter_context(av.open(os.path.abspath(self.partial_path)))
            output = opened.enter_context(
                av.open(os.path.abspath(whole), "w", format="mp4", container_options=options)
            )
            picture = output.add_stream_from_template(partial.streams.video[0], opaque=True)
            picture.time_base = tick
            timed = [self._picture_packets(partial, picture, first)]
            if self._sound_from is not None:
                source = opened.enter_context(
                    av.open(_address(self._sound_from), metadata_errors="replace")
                )
                output.metadata.update(titles(source))
                tracks, offset = add_sound(source, output), self._times.offset * tick
                timed.append(sound_packets(source, tracks, offset, begin, end))
            output.start_encoding()
            for _, packet in heapq.merge(*timed, key=lambda timed_packet: timed_packet[0]):
                output.mux(packet)

    def _picture_packets(
        self, partial: Any, picture: Any, first: int
    ) -> Iterator[tuple[float, Any]]:
        """(time in seconds, packet).

        A fragmented file begins at 0 whatever its first time was: all is moved back to where it
        belongs.
        """
        shift: int | None = None
        for packet in partial.demux(video=0):
            if packet.dts is None:
                continue  # the empty packet that ends a stream
            shift = first - packet.pts if shift is None else shift
            packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, picture
            packet.duration = self._times.last_shown_for
            yield float(packet.dts * self._times.tick), packet


def closes_in_place() -> bool:
    """Whether this PyAV can close a fragmented file as a plain one without copying it.

    FFmpeg can from 7.1 on.
    """
    from av import library_versions

    return bool(library_versions["libavformat"] >= (61, 7, 100))


def _even(image: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H2 W2 3"]:
    """yuv420p needs even sides: the last row or column is repeated where one is odd."""
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        return np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(image)


def _address(source: str | Path) -> str:
    """As FFmpeg takes it.

    What stands before a colon is a protocol there, unless the path is absolute.
    """
    return str(source) if "://" in str(source) else os.path.abspath(source)

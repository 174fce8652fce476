"""The sound tracks of a source, moved into an mp4 packet by packet."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

COPIED_CODECS = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"})
"""Codecs that players expect in an mp4, copied as they are. Others become AAC."""

_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
"""Samples a second that AAC may have."""

_AAC_LAYOUTS = {1: "mono", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1"}
"""AAC layouts by number of channels; other numbers are mixed down to two."""
_TITLES = ("title", "artist", "album", "date", "comment", "description", "copyright")
"""Metadata that are copied."""


def titles(source: Any) -> dict[str, str]:
    """Metadata about the work in a container."""
    return {name: source.metadata[name] for name in _TITLES if name in source.metadata}


def add_sound(source: Any, output: Any) -> "dict[int, CopiedTrack | EncodedTrack]":
    """Adds a track to the open container ``output`` for each sound track of ``source``, and for its
    subtitles if mp4 takes them unchanged. Keyed by the source's stream index."""
    sound = [stream for stream in source.streams.audio if stream.codec_context is not None]
    subtitles = [
        stream
        for stream in source.streams.subtitles
        if stream.codec_context is not None and stream.codec_context.name == "mov_text"
    ]
    return {stream.index: _track(stream, output) for stream in sound + subtitles}


def sound_packets(
    source: Any,
    tracks: "dict[int, CopiedTrack | EncodedTrack]",
    offset: Fraction,
    begin: Fraction | None,
    end: Fraction | None,
) -> Iterator[tuple[float, Any]]:
    """(time in seconds, packet) of all tracks, ready to be muxed.

    ``offset`` (seconds) is added to every time; packets wholly before ``begin`` or after ``end``
    are left out. Where a source's clock is set back, as in joined files, sound continues from the
    last time, as pictures do. Damaged sound is left out; sound ends where the source breaks off.
    """
    import av

    if not tracks:
        return
    clocks = {index: _Clock() for index in tracks}
    try:
        for packet in source.demux([source.streams[index] for index in tracks]):
            if packet.pts is None and packet.dts is None:
                continue  # the empty packet that ends a stream
            clocks[packet.stream_index].make_good(packet)
            tick = _fraction(packet.time_base)
            shown_at = packet.pts * tick + offset
            shown_until = shown_at + (packet.duration or 0) * tick
            if (begin is None or shown_until > begin) and (end is None or shown_at < end):
                yield from _timed(tracks[packet.stream_index].moved(packet, offset))
    except (av.FFmpegError, IndexError):
        pass  # IndexError: PyAV trips over a stream that begins in the middle of the file
    for track in tracks.values():
        yield from _timed(track.flushed())


class _Clock:
    """Increasing times of a track's packets, in the stream's own ticks."""

    def __init__(self) -> None:
        self._end: int | None = None
        """Of the packet before."""
        self._last = self._offset = 0

    def make_good(self, packet: Any) -> None:
        stated = packet.dts if packet.pts is None else packet.pts
        if self._end is not None and stated + self._offset <= self._last:
            self._offset = self._end - stated
        ticks = stated + self._offset
        packet.pts = packet.dts = ticks
        self._last, self._end = ticks, ticks + max(1, packet.duration or 0)


class CopiedTrack:
    """A track whose packets are copied unchanged, moved in time."""

    def __init__(self, stream: Any, output: Any) -> None:
        self._stream = output.add_stream_from_template(stream, opaque=True)

    def moved(self, packet: Any, offset: Fraction) -> list[Any]:
        """Packets for the output, ``offset`` seconds later, of one of the source's."""
        ticks = round(offset / _fraction(packet.time_base))
        packet.dts += ticks
        packet.pts += ticks
        packet.stream = self._stream
        return [packet]

    def flushed(self) -> list[Any]:
        """The last packets for the output."""
        return []


class EncodedTrack:
    """A track that is decoded and encoded again, as AAC."""

    def __init__(self, stream: Any, output: Any) -> None:
        self._decoder = stream.codec_context
        sampled = stream.codec_context.sample_rate
        nearest = min(_AAC_RATES, key=lambda rate: abs(rate - sampled))
        self._stream = output.add_stream("aac", rate=nearest)
        layout = _AAC_LAYOUTS.get(stream.codec_context.channels, "stereo")
        self._stream.codec_context.layout = layout

    def moved(self, packet: Any, offset: Fraction) -> list[Any]:
        """Packets for the output, ``offset`` seconds later, of one of the source's."""
        import av

        try:
            pieces = self._decoder.decode(packet)
        except av.FFmpegError:
            return []
        for piece in pieces:
            if piece.pts is not None:
                piece.pts += round(offset / _fraction(piece.time_base))
        return [encoded for piece in pieces for encoded in self._stream.encode(piece)]

    def flushed(self) -> list[Any]:
        """The last packets for the output."""
        return list(self._stream.encode(None))


def _track(stream: Any, output: Any) -> CopiedTrack | EncodedTrack:
    codec = stream.codec_context.codec.canonical_name
    can_be_copied = stream.type == "subtitle" or codec in COPIED_CODECS
    track = CopiedTrack(stream, output) if can_be_copied else EncodedTrack(stream, output)
    made = output.streams[-1]
    made.disposition = stream.disposition.value  # a number: PyAV 15 takes no Disposition
    if "language" in stream.metadata:
        made.metadata["language"] = stream.metadata["language"]
    return track


def _timed(packets: list[Any]) -> Iterator[tuple[float, Any]]:
    for packet in packets:
        ticks = packet.pts if packet.dts is None else packet.dts
        yield float(ticks * _fraction(packet.time_base)), packet


def _fraction(value: Any) -> Fraction:
    """PyAV's rationals are Fractions or not, by version."""
    return Fraction(value.numerator, value.denominator)

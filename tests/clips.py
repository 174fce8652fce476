"""Small clips whose truth is known: the grey of a frame tells its index, and the sound clicks once
where it is told to."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SHARED_CLIPS = Path(__file__).parents[2] / "shared" / "clips"
"""Real files, not part of the project; tests that use them skip where they are absent."""

SOUND_RATE = 44100


def grey_of(index: int) -> int:
    """Far enough apart that no lossy codec can confuse two frames."""
    return 20 + 8 * (index % 27)


def index_of(image: np.ndarray) -> int:
    return round((float(image.mean()) - 20) / 8)


def write_clip(
    path: Path,
    pts: Iterable[int] = range(10),
    *,
    time_base: Fraction = Fraction(1, 25),
    size: tuple[int, int] = (48, 64),
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    pictures: Iterable[np.ndarray] | None = None,
    rotation: int = 0,
    aspect: Fraction = Fraction(1),
    sound: Iterable[str] = (),
    sound_seconds: float = 1.0,
    click_at: float = 0.5,
    **container_options: str,
) -> Path:
    """Writes a clip of (height, width) = size; ``sound`` names the codec of each sound track."""
    with av.open(str(path), "w", container_options=container_options) as container:
        stream = container.add_stream(codec, rate=25, pix_fmt=pixel_format, options={"g": "10"})
        stream.height, stream.width = size
        stream.codec_context.time_base, stream.codec_context.sample_aspect_ratio = time_base, aspect
        if rotation:
            stream.set_display_rotation(rotation)
        tracks = [container.add_stream(name, rate=SOUND_RATE, layout="mono") for name in sound]
        shown = (
            iter(pictures)
            if pictures is not None
            else (np.full((*size, 3), grey_of(i), np.uint8) for i in range(10**6))
        )
        for ticks, picture in zip(pts, shown, strict=False):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = ticks, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for track in tracks:
            for piece in _clicking(sound_seconds, click_at):
                container.mux(track.encode(piece))
            container.mux(track.encode(None))
    return path


def _clicking(seconds: float, click_at: float) -> Iterable[av.AudioFrame]:
    samples = np.zeros((1, round(seconds * SOUND_RATE)), np.float32)
    samples[0, round(click_at * SOUND_RATE) : round(click_at * SOUND_RATE) + 200] = 0.9
    for start in range(0, samples.shape[1], 1024):
        piece = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[:, start : start + 1024]), format="fltp", layout="mono"
        )
        piece.sample_rate, piece.pts, piece.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
        yield piece


def flip_bytes(path: Path, count: int, seed: int) -> None:
    """Damage a file in its last two thirds."""
    data = bytearray(path.read_bytes())
    for place in np.random.default_rng(seed).integers(len(data) // 3, len(data), count):
        data[place] ^= 0xFF
    path.write_bytes(data)


def pts_of(path: Path) -> list[Fraction]:
    """Presentation times as PyAV decodes them, exactly."""
    with av.open(str(path)) as container:
        stream = container.streams.best("video")
        return [
            frame.pts * Fraction(stream.time_base.numerator, stream.time_base.denominator)
            for frame in container.decode(stream)
        ]


def duration_of(path: Path) -> float:
    with av.open(str(path)) as container:
        return float(container.duration / 1_000_000)


def click_seconds(path: Path, track: int = 0) -> float:
    """When the click begins to be heard."""
    with av.open(str(path)) as container:
        heard = [(frame.time, frame.to_ndarray()) for frame in container.decode(audio=track)]
    for time, samples in heard:
        level = np.abs(samples[0] / (32768 if samples.dtype == np.int16 else 1))
        if level.max() > 0.5:
            return float(time) + int((level > 0.5).argmax()) / SOUND_RATE
    raise AssertionError("no click")


def noise(count: int, size: tuple[int, int]) -> list[np.ndarray]:
    """Pictures that compress badly, so that a file is long enough to be damaged in the middle."""
    texture = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    return [np.roll(texture, 3 * i, axis=1) for i in range(count)]


def boxes_of(path: Path) -> list[str]:
    """Names of the boxes at the top of an mp4, in order."""
    data, names, at = path.read_bytes(), [], 0
    while at < len(data):
        names.append(data[at + 4 : at + 8].decode())
        size = int.from_bytes(data[at : at + 4], "big")
        at += size if size > 1 else int.from_bytes(data[at + 8 : at + 16], "big")
    return names

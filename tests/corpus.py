"""A corpus of odd and broken videos, made on the spot: what people's folders hold. Each file has
the frames that must come out of it.

python tests/corpus.py FOLDER         writes it
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from clips import flip_bytes, noise, write_clip

SIZE = (96, 128)


@dataclass(frozen=True)
class Odd:
    """One file: what makes it odd, what becomes of it, and how many frames come out of it."""

    name: str
    make: Callable[[Path], object]
    status: str = "done"
    frames: int | range = 12
    reason: str = ""


def textured(path: Path, frames: int = 12, **options: object) -> Path:
    size: tuple[int, int] = options.pop("size", SIZE)  # type: ignore[assignment]
    pts = options.pop("pts", range(frames))
    return write_clip(path, pts, size=size, pictures=noise(frames, size), **options)  # type: ignore[arg-type]


def cut(path: Path, share: float, **options: object) -> None:
    textured(path, 50, **options)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])


def flipped(path: Path, count: int) -> None:
    textured(path, 50, movflags="faststart")
    flip_bytes(path, count, seed=3)


def damaged_tag(path: Path) -> None:
    data = textured(path).read_bytes()
    assert b"00:00:00.48" in data
    path.write_bytes(data.replace(b"00:00:00.48", b"\xff0:00:00.48"))


def sound_only(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        for start in range(0, 8192, 1024):
            piece = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
            )
            piece.sample_rate, piece.pts = 8000, start
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))


def no_frames(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = *SIZE, "yuv420p"
        container.start_encoding()


def two_streams(path: Path) -> None:
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("libx264", rate=25) for _ in range(2)]
        for stream, size in zip(streams, ((48, 64), SIZE), strict=True):
            stream.height, stream.width, stream.pix_fmt = *size, "yuv420p"
        for index, picture in enumerate(noise(12, SIZE)):
            for stream, image in zip(streams, (picture[:48, :64], picture), strict=True):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, 25)
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))


def size_change(path: Path) -> None:
    small, large = (
        textured(path.with_name(f"{size[0]}.h264"), 6, size=size) for size in (SIZE, (144, 192))
    )
    path.write_bytes(small.read_bytes() + large.read_bytes())
    for piece in (small, large):
        piece.unlink()


def encoded(path: Path, codec: str, pixel_format: str = "yuv420p", **context: object) -> None:
    """Frames that are made in the pixel format itself, with marks (colours, interlacing) that the
    writer of clips does not set."""
    options: dict[str, str] = context.pop("options", {})  # type: ignore[assignment]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.height, stream.width, stream.pix_fmt = *SIZE, pixel_format
        for name, value in context.items():
            setattr(stream.codec_context, name, value)
        for index, picture in enumerate(noise(12, SIZE)):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(
                format=pixel_format
            )
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def encoded_av1(path: Path) -> None:
    """In a thread of its own: as root, SVT-AV1 gives the thread that calls it real-time priority
    for good, under which browsers and worker processes of later tests would starve."""
    with ThreadPoolExecutor(1) as own:
        own.submit(encoded, path, "libsvtav1", options={"preset": "12"}).result()


CORPUS = [
    Odd("rotated_90.mp4", lambda path: textured(path, rotation=90)),
    Odd("rotated_180.mp4", lambda path: textured(path, rotation=180)),
    Odd("rotated_270.mp4", lambda path: textured(path, rotation=-90)),
    Odd(
        "vfr_with_gap.mp4",
        lambda path: textured(
            path, 6, pts=[0, 40, 80, 1080, 1093, 2000], time_base=Fraction(1, 1000)
        ),
        frames=6,
    ),
    Odd(
        "truncated_faststart.mp4",
        lambda path: cut(path, 0.6, movflags="faststart"),
        "partial",
        range(20, 40),
        "breaks off after",
    ),
    Odd("truncated.mkv", lambda path: cut(path, 0.6), "partial", range(20, 40), "breaks off after"),
    Odd("truncated.avi", lambda path: cut(path, 0.6), "partial", range(20, 40), "breaks off after"),
    Odd("no_moov.mp4", lambda path: cut(path, 0.6), "failed", 0, "has lost its index"),
    Odd(
        "bit_flipped.mp4",
        lambda path: flipped(path, 40),
        "partial",
        range(30, 51),
        "is damaged in more than 5%",
    ),
    Odd("damaged_tag.mkv", damaged_tag),
    Odd("odd_321x241.mp4", lambda path: textured(path, size=(241, 321), pixel_format="yuv444p")),
    Odd(
        "hevc_10_bit.mp4",
        lambda path: encoded(
            path, "libx265", "yuv420p10le", options={"x265-params": "log-level=none"}
        ),
    ),
    Odd(
        "h264_10_bit_hdr.mp4",
        lambda path: encoded(
            path, "libx264", "yuv420p10le", color_trc=16, color_primaries=9, colorspace=9
        ),
    ),
    Odd("full_range.mp4", lambda path: encoded(path, "libx264", "yuvj420p", color_range=2)),
    Odd("vp8.webm", lambda path: textured(path, codec="libvpx")),
    Odd(
        "vp9_alpha.webm",
        lambda path: encoded(path, "libvpx-vp9", "yuva420p", options={"auto-alt-ref": "0"}),
    ),
    Odd("av1.mp4", encoded_av1),
    Odd("mpeg2.mpg", lambda path: textured(path, codec="mpeg2video")),
    Odd("mjpeg.avi", lambda path: encoded(path, "mjpeg", "yuvj420p", color_range=2)),
    Odd("animated.gif", lambda path: encoded(path, "gif", "rgb8")),
    Odd("prores_422.mov", lambda path: encoded(path, "prores_ks", "yuv422p10le")),
    Odd("interlaced.mp4", lambda path: encoded(path, "libx264", options={"x264-params": "tff=1"})),
    Odd("b_frames.mp4", lambda path: encoded(path, "libx264", options={"bf": "3"})),
    Odd("negative_first_pts.mkv", lambda path: textured(path, pts=range(-3, 9))),
    Odd("starts_at_8_s.mp4", lambda path: textured(path, pts=range(200, 212))),
    Odd(
        "ntsc_30000_1001.mp4",
        lambda path: textured(
            path, pts=[1001 * i for i in range(12)], time_base=Fraction(1, 30000)
        ),
    ),
    Odd("missing_pts.h264", lambda path: textured(path)),
    Odd("non_square_pixels.mp4", lambda path: textured(path, aspect=Fraction(4, 3))),
    Odd("two_video_streams.mp4", two_streams),
    Odd("size_change.h264", size_change),
    Odd("sound_longer.mp4", lambda path: textured(path, sound=["aac"], sound_seconds=3.0)),
    Odd("sound_mp3_and_pcm.mkv", lambda path: textured(path, sound=["libmp3lame", "pcm_s16le"])),
    Odd("one_frame.mp4", lambda path: textured(path, 1), frames=1),
    Odd("no_frame.mp4", no_frames, "failed", 0),
    Odd("sound_only.mp4", sound_only, "failed", 0, "holds only sound"),
    Odd("empty.mp4", lambda path: path.touch(), "failed", 0, "is empty"),
    Odd("text.mp4", lambda path: path.write_text("this is no video\n" * 40), "failed", 0),
]


def write_corpus(folder: Path) -> None:
    folder.mkdir(parents=True)
    for odd in CORPUS:
        odd.make(folder / odd.name)


CONTAINERS = {
    "mp4": "libx264",
    "mov": "libx264",
    "mkv": "libx264",
    "avi": "mpeg4",
    "webm": "libvpx",
    "ts": "libx264",
    "mpg": "mpeg2video",
    "flv": "libx264",
    "gif": "gif",
    "mjpeg": "mjpeg",
}
"""Ten containers and what is put into each."""


def mutants(folder: Path, count: int, seed: int = 0) -> Iterator[Path]:
    """Seeded byte flips, cuts and insertions over ten containers."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(seed)
    whole: dict[str, bytes] = {}
    for suffix, codec in CONTAINERS.items():
        path = folder / f"whole.{suffix}"
        if codec == "gif":
            encoded(path, codec, "rgb8")
        elif codec == "mjpeg":
            encoded(path, codec, "yuvj420p", color_range=2)
        else:
            textured(path, codec=codec)
        whole[suffix] = path.read_bytes()
        path.unlink()
    for number in range(count):
        suffix = list(CONTAINERS)[number % len(CONTAINERS)]
        path = folder / f"mutant_{number:03d}.{suffix}"
        path.write_bytes(_mutated(whole[suffix], random))
        yield path


def _mutated(data: bytes, random: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for _ in range(int(random.integers(1, 30))):
        in_header = random.random() >= 0.7  # headers break more
        end = min(400, len(changed)) if in_header else len(changed)
        place = int(random.integers(end))
        match random.integers(4):
            case 0 | 1:
                changed[place] ^= int(random.integers(1, 256))
            case 2:
                del changed[place : place + int(random.integers(1, 40))]
            case _:
                changed[place:place] = random.bytes(int(random.integers(1, 40)))
        if len(changed) < 2:
            break
    if random.random() < 0.2:
        del changed[int(random.integers(1, len(changed) + 1)) :]
    return bytes(changed)


if __name__ == "__main__":
    write_corpus(Path(sys.argv[1]))

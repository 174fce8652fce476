"""Reading: every frame once, upright, with its own time."""

import collections
import os
import tracemalloc
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from clips import flip_bytes, index_of, noise, pts_of, write_clip
from corpus import encoded, textured
from PIL import Image

from glom_video.read import TruncatedSource, describe, read
from glom_video.read.clock import Clock
from glom_video.structures import Frame, InvalidInput


def test_frames_are_rgb_with_index_and_time(tmp_path: Path) -> None:
    frames = list(read(write_clip(tmp_path / "clip.mp4", range(12))))
    assert (
        [frame.index for frame in frames]
        == [index_of(frame.image) for frame in frames]
        == list(range(12))
    )
    assert [frame.pts_seconds for frame in frames] == [i / 25 for i in range(12)]
    red = np.full((48, 64, 3), (250, 10, 10), np.uint8)
    (frame,) = read(write_clip(tmp_path / "red.mp4", range(1), pictures=[red]))
    assert np.abs(frame.image.mean((0, 1)) - (250, 10, 10)).max() < 4


@pytest.mark.parametrize("rotation", [90, 180, -90])
def test_rotation_is_applied(tmp_path: Path, rotation: int) -> None:
    picture = np.full((48, 64, 3), 40, np.uint8)
    picture[:16, :16] = 220
    path = tmp_path / "turned.mp4"
    try:
        write_clip(
            path, range(2), pictures=[picture, picture], rotation=rotation, aspect=Fraction(4, 3)
        )
    except AttributeError:
        pytest.skip("this PyAV cannot write a rotation")
    image = next(read(path)).image
    assert image.shape == np.rot90(picture, rotation // 90).shape
    assert np.abs(image.astype(int) - np.rot90(picture, rotation // 90)).mean() < 3
    info = describe(path)
    assert (info.height, info.width, info.rotation_degrees % 360) == (
        *image.shape[:2],
        rotation % 360,
    )
    assert info.sample_aspect_ratio == (Fraction(4, 3) if rotation == 180 else Fraction(3, 4))


@pytest.mark.parametrize(
    ("pts", "time_base"),
    [
        pytest.param([0, 40, 80, 1080, 1093, 2000], Fraction(1, 1000), id="uneven with a gap"),
        pytest.param([i * 1001 for i in range(8)], Fraction(1, 30000), id="30000/1001"),
        pytest.param(range(200, 210), Fraction(1, 25), id="starts at 8 s"),
    ],
)
def test_times_are_those_of_the_source(tmp_path: Path, pts: list[int], time_base: Fraction) -> None:
    path = write_clip(tmp_path / "clip.mp4", pts, time_base=time_base)
    times = [frame.pts_seconds for frame in read(path)]
    assert times == [float(p) for p in pts_of(path)] == [float(p * time_base) for p in pts]
    info = describe(path)
    assert [round(t / info.time_base) * info.time_base for t in times] == [
        p * time_base for p in pts
    ]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "nut", "webm"])
def test_a_whole_clip_that_begins_late_is_whole_and_as_long_as_it_is(
    suffix: str, tmp_path: Path
) -> None:
    """Some formats state when the last picture ends."""
    codec = "libvpx" if suffix == "webm" else "libx264"
    clip = write_clip(tmp_path / f"clip.{suffix}", range(200, 250), codec=codec)
    assert len(list(read(clip))) == 50
    assert describe(clip).duration_seconds == pytest.approx(2, abs=0.1)
    whole = clip.read_bytes()
    clip.write_bytes(whole[: len(whole) // 2])
    if suffix in ("mkv", "webm"):
        with pytest.raises(TruncatedSource):
            list(read(clip))


def test_missing_times_are_filled_by_the_frame_rate(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "raw.h264", range(6))
    assert [frame.pts_seconds for frame in read(path)] == pytest.approx([i / 25 for i in range(6)])


def test_avi_with_reordered_pictures_runs_forward(tmp_path: Path) -> None:
    frames = list(read(write_clip(tmp_path / "clip.avi", range(12))))
    assert [index_of(frame.image) for frame in frames] == list(range(12))
    assert np.diff([frame.pts_seconds for frame in frames]) == pytest.approx(1 / 25)


def test_clock_goes_forward_whatever_the_source_says() -> None:
    stream = SimpleNamespace(
        time_base=Fraction(1, 100), average_rate=Fraction(25), guessed_rate=None
    )
    clock = Clock(SimpleNamespace(format=SimpleNamespace(name="mpegts")), stream)
    stated = [None, 4, None, 8, 12, 500, 0, 4]  # missing, missing, repeated, set back to 0
    seconds = [clock(SimpleNamespace(pts=pts, dts=None)) for pts in stated]
    assert seconds == [0.0, 0.04, 0.08, 0.10, 0.12, 5.0, 5.04, 5.08]


def test_odd_size_and_change_of_size(tmp_path: Path) -> None:
    assert next(
        read(write_clip(tmp_path / "odd.mp4", size=(49, 65), pixel_format="yuv444p"))
    ).image.shape == (49, 65, 3)
    small = write_clip(tmp_path / "small.h264", range(5)).read_bytes()
    large = write_clip(tmp_path / "large.h264", range(5), size=(64, 96)).read_bytes()
    (tmp_path / "both.h264").write_bytes(small + large)
    frames = list(read(tmp_path / "both.h264"))
    assert [frame.image.shape for frame in frames] == [(48, 64, 3)] * 10
    assert [index_of(frame.image) for frame in frames] == [*range(5), *range(5)]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_truncated_file_gives_its_good_frames_and_then_says_so(tmp_path: Path, suffix: str) -> None:
    options: dict[str, Any] = {"movflags": "faststart"} if suffix == "mp4" else {}
    path = write_clip(
        tmp_path / f"whole.{suffix}",
        range(50),
        size=(120, 160),
        pictures=noise(50, (120, 160)),
        **options,
    )
    assert len(list(read(path))) == 50
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    frames: list[Frame] = []
    with pytest.raises(TruncatedSource, match=r"breaks off after \d+ frames \(1\.\d of 2\.0 s\)"):
        collections.deque(map(frames.append, read(cut)))
    assert 20 < len(frames) < 40
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert len(list(read(cut, end_seconds=0.4))) == 10


def test_a_gif_that_broke_off_gives_its_frames_and_then_says_so(tmp_path: Path) -> None:
    path = tmp_path / "whole.gif"
    encoded(path, "gif", "rgb8")
    whole = len(list(read(path)))
    cut = tmp_path / "cut.gif"
    cut.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    frames: list[Frame] = []
    with pytest.raises(TruncatedSource, match="breaks off after"):
        collections.deque(map(frames.append, read(cut)))
    assert 1 < len(frames) < whole
    filled_up = tmp_path / "filled_up.gif"
    for zeros in (3, 200_000):
        filled_up.write_bytes(path.read_bytes() + bytes(zeros))
        assert len(list(read(filled_up))) == whole


def test_the_end_of_a_gif_is_found_without_holding_it_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.gif"
    encoded(path, "gif", "rgb8")
    with path.open("ab") as file:
        file.write(bytes(30_000_000))
    frames = read(path)
    next(frames)
    tracemalloc.start()
    try:
        collections.deque(frames, maxlen=0)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_stream_of_jpegs_that_broke_off_says_so(tmp_path: Path) -> None:
    """It states no duration; that it ends within a picture can be seen all the same."""
    path, other = tmp_path / "whole.mjpeg", tmp_path / "other.mjpeg"
    encoded(path, "mjpeg", "yuvj420p")
    data = path.read_bytes()
    for whole in (data, data + b"\r\n--boundary" + bytes(100_000)):
        other.write_bytes(whole)
        assert len(list(read(other))) == len(list(read(path)))
    other.write_bytes(data[: int(len(data) * 0.6)])
    with pytest.raises(TruncatedSource, match=r"breaks off after \d+ frames"):
        collections.deque(read(other), maxlen=0)


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp"])
def test_a_single_picture_that_broke_off_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"whole.{suffix}"
    Image.fromarray(noise(1, (48, 64))[0]).save(path)
    assert len(list(read(path))) == 1
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    with pytest.raises(InvalidInput, match="cannot be read as an image"):
        list(read(cut))


def test_damaged_pictures_are_flagged_and_keep_their_place(tmp_path: Path) -> None:
    path = textured(tmp_path / "clip.mp4", 60, size=(120, 160), movflags="faststart")
    flip_bytes(path, 40, seed=1)
    frames = list(read(path))
    assert 50 < len(frames) <= 60
    assert 0 < sum(frame.is_corrupt for frame in frames) < 60
    assert all(frame.pts_seconds == pytest.approx(frame.index / 25, abs=0.2) for frame in frames)


def test_start_end_and_stride(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", range(200, 225))
    frames = list(read(path, start_seconds=0.2, end_seconds=0.8, stride=4))
    assert [frame.index for frame in frames] == [5, 9, 13, 17]
    assert [frame.pts_seconds for frame in frames] == [
        pytest.approx((200 + frame.index) / 25) for frame in frames
    ]
    with pytest.raises(InvalidInput, match=r"at 7\.0 s; the last one lies at 0\.96 s"):
        next(read(path, start_seconds=7.0))
    with pytest.raises(InvalidInput, match="by steps of 0"):
        next(read(path, stride=0))


def test_source_is_closed_when_reading_stops(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4")
    open_before = (
        len(os.listdir("/proc/self/fd"))
        if Path("/proc/self/fd").exists()
        else pytest.skip("needs /proc")
    )
    frames = read(path)
    next(frames)
    frames.close()
    assert len(os.listdir("/proc/self/fd")) == open_before


def test_describe(tmp_path: Path) -> None:
    info = describe(write_clip(tmp_path / "a.clip.mp4", range(15), sound=["aac"]))
    assert (info.name, info.height, info.width, info.frame_rate, info.frames_declared) == (
        "a.clip",
        48,
        64,
        Fraction(25),
        15,
    )
    assert (info.codec, info.pixel_format, info.has_sound) == ("h264", "yuv420p", True)
    assert info.duration_seconds == pytest.approx(0.6)

"""Image folders are clips; what cannot be read is refused in one clear line."""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import grey_of, index_of, noise, write_clip
from corpus import sound_only
from PIL import Image

from glom_video.read import TruncatedSource, describe, expand, image_files, read, redacted
from glom_video.structures import InvalidInput


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "walk"
    folder.mkdir()
    for index in range(12):
        Image.new("RGB", (64, 48), (grey_of(index),) * 3).save(folder / f"{index}.png")
    (folder / "notes.txt").write_text("not an image")
    return folder


def test_image_folder_is_one_clip_in_natural_order(folder: Path) -> None:
    frames = list(read(folder))
    assert (
        [index_of(frame.image) for frame in frames]
        == [frame.index for frame in frames]
        == list(range(12))
    )
    assert [frame.pts_seconds for frame in frames] == [i / 25 for i in range(12)]
    assert [path.stem for path in image_files(folder)] == [str(i) for i in range(12)]
    assert [
        frame.index for frame in read(folder, start_seconds=0.08, end_seconds=0.4, stride=3)
    ] == [2, 5, 8]
    info = describe(folder)
    assert (info.name, info.height, info.width, info.frames_declared, info.time_base) == (
        "walk",
        48,
        64,
        12,
        Fraction(1, 25),
    )


def test_unreadable_image_repeats_the_one_before_and_other_sizes_are_fitted(folder: Path) -> None:
    (folder / "3.png").write_bytes((folder / "3.png").read_bytes()[:60])
    Image.new("RGB", (32, 24), (grey_of(5),) * 3).save(folder / "5.png")
    Image.fromarray(np.full((48, 64), grey_of(7) << 8, np.uint16)).save(folder / "7.png")
    frames = list(read(folder))
    assert [frame.is_corrupt for frame in frames] == [index == 3 for index in range(12)]
    assert [index_of(frame.image) for frame in frames] == [0, 1, 2, 2, *range(4, 12)]
    assert {frame.image.shape for frame in frames} == {(48, 64, 3)}


def test_photo_turned_by_exif_is_upright(tmp_path: Path) -> None:
    picture = Image.new("RGB", (64, 48))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "photo.jpg", exif=exif)
    assert next(read(tmp_path)).image.shape == (64, 48, 3)


def _lose_index(path: Path) -> None:
    write_clip(path, range(30), size=(120, 160), pictures=noise(30, (120, 160)))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


UNREADABLE: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "missing": ("clip.mp4", lambda path: None, "there is no file"),
    "empty": ("clip.mp4", lambda path: path.touch(), r"is empty \(0 bytes\)"),
    "text": (
        "notes.txt",
        lambda path: path.write_text("hello\n" * 50),
        "holds no video|cannot be read",
    ),
    "toml": (
        "notes.toml",
        lambda path: path.write_text("[a]\nb = 1\n" * 50),
        "holds no video|cannot be read",
    ),
    "noise": (
        "clip.mp4",
        lambda path: path.write_bytes(os.urandom(5000)),
        "cannot be read as video",
    ),
    "index lost": ("clip.mp4", _lose_index, "has lost its index"),
    "sound only": ("clip.m4a", sound_only, "holds only sound"),
    "empty folder": ("folder", lambda path: path.mkdir(), "holds no images"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_unreadable_sources_are_refused_in_one_line(tmp_path: Path, case: str) -> None:
    name, make, cause = UNREADABLE[case]
    make(tmp_path / name)
    for attempt in (describe, lambda source: next(read(source))):
        with pytest.raises(InvalidInput, match=cause) as refused:
            attempt(tmp_path / name)
        assert not isinstance(refused.value, TruncatedSource)
        assert refused.value.remedy
        assert "\n" not in refused.value.cause + refused.value.remedy


def test_expand(tmp_path: Path, folder: Path) -> None:
    clips = tmp_path / "clips"
    (clips / "more").mkdir(parents=True)
    for name in ("b10.mp4", "b9.mp4", "c[1].mp4", "left.partial.mp4", "notes.txt", "more/a.webm"):
        (clips / name).touch()
    in_clips = [clips / "b9.mp4", clips / "b10.mp4", clips / "c[1].mp4", clips / "more/a.webm"]
    assert expand([clips]) == in_clips
    assert expand([str(folder), clips / "c[1].mp4"]) == [folder, clips / "c[1].mp4"]
    assert expand([f"{clips}/b*.mp4", clips / "b9.mp4"]) == in_clips[:2]
    assert expand([f"{tmp_path}/**/*.webm"]) == in_clips[3:]
    assert expand([tmp_path]) == [*in_clips, folder]
    assert expand(["rtsp://host/live"]) == ["rtsp://host/live"]
    (tmp_path / "nothing").mkdir()
    for nothing in ("none.mp4", f"{tmp_path}/*.avi", tmp_path / "nothing"):
        with pytest.raises(InvalidInput, match=r"there is no file or folder|holds neither"):
            expand([nothing])


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("clip.mp4", "clip.mp4"),
        ("rtsp://host:554/live", "rtsp://host:554/live"),
        ("rtsp://ann:secret@host/live", "rtsp://***@host/live"),
        ("rtsp://ann:se@cr/et?x#y@host/live", "rtsp://***@host/live"),
        ("https://host/clip.mp4?token=secret#secret", "https://host/clip.mp4?***"),
    ],
)
def test_redacted(source: str, shown: str) -> None:
    assert redacted(source) == shown

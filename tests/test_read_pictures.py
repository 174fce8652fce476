"""Pictures that are more than one 8-bit image a file: deep ones, stacks, and folders of several
sizes."""

from pathlib import Path

import numpy as np
import pytest
from clips import grey_of, index_of
from PIL import Image

from glom_video.read import describe, frame_count, frame_names, inspect, read
from glom_video.structures import InvalidInput

RAMP = np.tile(np.linspace(0, 1, 64), (48, 1))
"""From black at the left to white at the right."""

DEEP: dict[str, tuple[np.ndarray, str]] = {
    "fractions": ((RAMP * 0.01).astype(np.float32), ".tif"),
    "fractions beyond 1": ((RAMP * 5000 - 700).astype(np.float32), ".tif"),
    "10 bits in 16": ((RAMP * 1023).astype(np.uint16), ".png"),
    "12 bits in 16": ((RAMP * 4095).astype(np.uint16), ".tiff"),
    "16 bits": ((RAMP * 65535).astype(np.uint16), ".png"),
    "32 bits": ((RAMP * 2_000_000).astype(np.int32), ".tif"),
}


@pytest.mark.parametrize("kind", DEEP)
def test_deep_pictures_are_seen_in_full_and_told_about(tmp_path: Path, kind: str) -> None:
    values, suffix = DEEP[kind]
    dark, bright = values[:, :32], values[:, 32:]
    for name, half in (("0", dark), ("1", bright)):
        Image.fromarray(np.ascontiguousarray(half)).save(tmp_path / f"{name}{suffix}")
    frames = list(read(tmp_path))
    seen = np.concatenate([frame.image for frame in frames], axis=1)
    assert np.abs(seen - (RAMP * 255)[..., None]).max() < 2, "one range for the whole clip"
    (note,) = describe(tmp_path).notes
    assert note.startswith("2 of 2 images hold more than 8 bits")
    assert next(read(tmp_path, start_seconds=0.04)).image.tobytes() == frames[1].image.tobytes()


def test_values_that_are_no_numbers_are_black_and_do_not_hide_the_others(tmp_path: Path) -> None:
    values = (RAMP * 3).astype(np.float32)
    values[0, 0], values[0, 1], values[0, 2] = np.nan, np.inf, -np.inf
    Image.fromarray(values).save(tmp_path / "0.tif")
    image = next(read(tmp_path)).image
    assert image[0, :3, 0].tolist() == [0, 255, 0]
    assert image[1].max() == 255


def test_a_flat_deep_picture_is_readable(tmp_path: Path) -> None:
    Image.fromarray(np.full((48, 64), 0.5, np.float32)).save(tmp_path / "0.tif")
    assert 127 <= next(read(tmp_path)).image.mean() <= 128


def test_ordinary_folders_have_nothing_to_tell(tmp_path: Path) -> None:
    for index in range(2):
        Image.new("RGB", (64, 48), (9, 9, 9)).save(tmp_path / f"{index}.png")
    assert describe(tmp_path).notes == ()


@pytest.mark.parametrize("suffix", [".tif", ".webp"])
@pytest.mark.parametrize("as_file", [False, True])
def test_every_page_of_a_stack_is_a_frame(tmp_path: Path, suffix: str, as_file: bool) -> None:
    stack = tmp_path / f"stack{suffix}"
    first, *others = [Image.new("RGB", (64, 48), (grey_of(index),) * 3) for index in range(6)]
    first.save(stack, save_all=True, append_images=others)
    source = stack if as_file else tmp_path
    frames = list(read(source))
    assert [index_of(frame.image) for frame in frames] == list(range(6))
    assert [index_of(frame.image) for frame in read(source, start_seconds=0.08, stride=2)] == [2, 4]
    assert (
        describe(source).frames_declared
        == frame_count(source)
        == inspect(source).decoded_frames
        == 6
    )
    assert frame_names(source) == [f"stack_{page:05d}" for page in range(6)]


def test_stacks_and_single_pictures_follow_each_other(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (64, 48), (grey_of(index),) * 3) for index in range(4)]
    pictures[0].save(tmp_path / "0.png")
    pictures[1].save(tmp_path / "1.tif", save_all=True, append_images=pictures[2:3])
    pictures[3].save(tmp_path / "2.jpg")
    assert [index_of(frame.image) for frame in read(tmp_path)] == [0, 1, 2, 3]
    assert frame_names(tmp_path) == ["0", "1_00000", "1_00001", "2"]


def test_other_sizes_are_told_and_turned_photos_are_not_of_another_size(tmp_path: Path) -> None:
    Image.new("RGB", (64, 48)).save(tmp_path / "0.jpg")
    turned = Image.new("RGB", (48, 64))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "1.jpg", exif=exif)
    assert describe(tmp_path).notes == ()
    Image.new("RGB", (48, 64)).save(tmp_path / "2.jpg")
    assert describe(tmp_path).notes == (
        "1 of 3 images have another size and were scaled to 64x48, the first one's",
    )


def test_a_picture_that_may_not_be_read_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (64, 48)).save(tmp_path / "0.jpg")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    for place in ("PIL.Image.open", "pathlib.Path.iterdir"):
        with monkeypatch.context() as patched:
            patched.setattr(place, refuse)
            with pytest.raises(InvalidInput, match="may not be read: permission denied") as refused:
                list(read(tmp_path))
            assert "right to read" in refused.value.remedy

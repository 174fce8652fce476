"""Damaged pictures in a folder: each stands for itself, whatever its decoder says about it."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from clips import noise
from conftest import Cli
from PIL import Image

from glom_video.formats.masks import PngMask, is_id_image
from glom_video.read import describe, read
from glom_video.structures import InvalidInput

FORMATS = {"a.png": "PNG", "b.jpg": "JPEG", "c.tif": "TIFF", "d.webp": "WEBP", "e.bmp": "BMP"}


def pictures(count: int) -> list[Image.Image]:
    return [Image.fromarray(image) for image in noise(count, (24, 32))]


def folder_of(path: Path, damaged: bytes, name: str) -> Path:
    """A folder of three pictures, the one in the middle damaged."""
    path.mkdir()
    pictures(1)[0].save(path / "1.png")
    (path / f"2{name}").write_bytes(damaged)
    pictures(2)[1].save(path / "3.png")
    return path


def mutant(whole: bytes, random: np.random.Generator) -> bytes:
    data = bytearray(whole)
    for _ in range(random.integers(1, 8)):
        data[random.integers(min(len(data), 200))] = random.integers(256)
    if random.random() < 0.3:
        del data[random.integers(len(data)) :]
    return bytes(data)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp", ".bmp"])
def test_a_picture_that_breaks_off_is_one_corrupt_frame(tmp_path: Path, suffix: str) -> None:
    pictures(1)[0].save(tmp_path / f"whole{suffix}")
    data = (tmp_path / f"whole{suffix}").read_bytes()
    folder = folder_of(tmp_path / "clip", data[: len(data) // 2], suffix)
    assert describe(folder).frames_declared == 3
    assert [frame.is_corrupt for frame in read(folder)] == [False, True, False]


@pytest.mark.filterwarnings("ignore::UserWarning")  # of Pillow, about what is damaged
def test_however_pictures_are_damaged_the_folder_is_read(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    first, *others = pictures(3)
    for number in range(240):
        name, format_ = list(FORMATS.items())[number % len(FORMATS)]
        whole = BytesIO()
        paged = {"save_all": True, "append_images": others} if name in ("c.tif", "d.webp") else {}
        first.save(whole, format_, **paged)
        damaged = mutant(whole.getvalue(), random)
        folder = folder_of(tmp_path / str(number), damaged, name)
        try:
            count = describe(folder).frames_declared
        except InvalidInput:
            pytest.fail("two pictures are whole")
        assert len(list(read(folder))) == count


def test_however_masks_are_damaged_they_are_refused_in_words(tmp_path: Path) -> None:
    random, whole = np.random.default_rng(0), BytesIO()
    pictures(1)[0].quantize(4).save(whole, "PNG")
    unread = 0
    for number in range(200):
        path = tmp_path / f"{number}.png"
        path.write_bytes(mutant(whole.getvalue(), random))
        is_id_image(path)
        try:
            PngMask(path).labels()
        except InvalidInput:
            unread += 1
    assert unread > 50


def test_a_mask_that_is_damaged_behind_its_first_piece_is_refused_in_words(tmp_path: Path) -> None:
    path, ids = (
        tmp_path / "mask.png",
        np.random.default_rng(0).integers(0, 255, (400, 400), np.uint8),
    )
    Image.fromarray(ids).save(path)
    before, piece, after = path.read_bytes().rpartition(b"IDAT")
    path.write_bytes(before + b"\xf3" + piece[1:] + after)
    assert not is_id_image(path)
    with pytest.raises(InvalidInput, match="cannot be read as a mask"):
        PngMask(path).labels()


def test_what_the_decoder_of_pictures_warns_of_stays_off_the_terminal(
    tmp_path: Path, glom_video: Cli
) -> None:
    pictures(1)[0].save(tmp_path / "whole.tif", compression="tiff_lzw")
    data = (tmp_path / "whole.tif").read_bytes()
    ran = glom_video("probe", folder_of(tmp_path / "clip", data[:-20], ".tif"))
    assert ran.code == 1
    assert ran.err == ""

"""A picture is shown as its display matrix says: turned, mirrored, both, or neither."""

import gc
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from clips import write_clip
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from glom_video.read import describe, read
from glom_video.read.upright import matrix_turn

ONE = 1 << 16
PLACES: dict[str, tuple[tuple[int, int, int, int], Callable[[np.ndarray], np.ndarray]]] = {
    "as it is": ((1, 0, 0, 1), lambda image: image),
    "mirrored left to right": ((-1, 0, 0, 1), np.fliplr),
    "mirrored top to bottom": ((1, 0, 0, -1), np.flipud),
    "half a turn": ((-1, 0, 0, -1), lambda image: np.rot90(image, 2)),
    "a quarter clockwise": ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
    "a quarter counter-clockwise": ((0, -1, 1, 0), lambda image: np.rot90(image, 1)),
    "rows and columns exchanged": ((0, 1, 1, 0), lambda image: image.transpose(1, 0, 2)),
    "exchanged along the other diagonal": (
        (0, -1, -1, 0),
        lambda image: np.rot90(image, 2).transpose(1, 0, 2),
    ),
    "all zero": ((0, 0, 0, 0), lambda image: image),
}
PICTURE = np.zeros((48, 64, 3), np.uint8)
PICTURE[:24, :32], PICTURE[:24, 32:], PICTURE[24:, :32] = (255, 255, 255), (200, 0, 0), (0, 0, 200)


def nine(a: float, b: float, c: float, d: float) -> list[int]:
    return [round(a * ONE), round(b * ONE), 0, round(c * ONE), round(d * ONE), 0, 0, 0, 1 << 30]


@given(
    name=st.sampled_from(sorted(PLACES)),
    scale=st.floats(0.01, 100),
    height=st.integers(1, 6),
    width=st.integers(1, 6),
    seed=st.integers(0, 99),
)
def test_a_matrix_is_numpys_flip_or_rotation(
    name: str, scale: float, height: int, width: int, seed: int
) -> None:
    entries, expected = PLACES[name]
    image = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    np.testing.assert_array_equal(
        matrix_turn(nine(*(scale * entry for entry in entries)))(image), expected(image)
    )


@pytest.mark.parametrize("name", PLACES)
def test_a_video_is_shown_as_its_matrix_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries, expected = PLACES[name]
    if not hasattr(av.VideoStream, "set_display_matrix"):
        pytest.skip("this PyAV cannot write a display matrix")
    plain = write_clip(tmp_path / "plain.mp4", range(2), pictures=[PICTURE, PICTURE])
    path = tmp_path / "turned.mp4"
    with av.open(str(plain)) as source, av.open(str(path), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        stream.set_display_matrix(nine(*entries))
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    image = next(read(path)).image
    assert image.shape == expected(PICTURE).shape
    assert np.abs(image.astype(int) - expected(PICTURE)).mean() < 3
    info = describe(path)
    assert (info.height, info.width) == image.shape[:2]
    assert info.rotation_degrees in (-90, 0, 90, 180)


def test_decoded_frames_go_when_they_are_no_longer_needed(tmp_path: Path) -> None:
    """Not only when the garbage collector comes: of 4K that would be gigabytes."""
    clip = write_clip(tmp_path / "clip.mp4", range(12), pictures=[PICTURE] * 12)
    gc.collect()
    gc.disable()
    try:
        for _ in read(clip):
            pass
        left = sum(type(each) is av.VideoFrame for each in gc.get_objects())
    finally:
        gc.enable()
    assert left <= 2, "the first one, whose matrix was asked for, and the last"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_shown_alike_alone_and_in_a_folder(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(PICTURE).save(tmp_path / "photo.jpg", exif=exif, quality=95)
    alone, inside = next(read(tmp_path / "photo.jpg")).image, next(read(tmp_path)).image
    assert alone.shape == inside.shape
    assert np.abs(alone.astype(int) - inside).mean() < 5


@given(degrees=st.integers(2, 88))
def test_an_odd_angle_turns_about_the_centre_and_keeps_the_size(degrees: int) -> None:
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn = matrix_turn(nine(cosine, sine, -sine, cosine))
    image = np.zeros((41, 41, 3), np.uint8)
    image[18:23, 33:38] = 255  # right of the centre, so that a clockwise turn takes it down
    turned = turn(image)
    rows, columns = np.nonzero(turned[..., 0] > 127)
    assert turned.shape == image.shape
    assert turn.degrees == -degrees
    assert np.degrees(np.arctan2(rows.mean() - 20, columns.mean() - 20)) == pytest.approx(
        degrees, abs=3
    )

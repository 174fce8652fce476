"""A piece of a clip is the same whether decord seeks to it, PyAV reads up to it, or the whole clip
is read."""

import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from clips import SHARED_CLIPS

from glom_video.read import frame_count, read, read_piece
from glom_video.structures import InvalidInput

CLIPS = Path(__file__).parents[1] / "sample_clips" / "JPEGImages" / "180p"


def assert_same_piece(source: Path, first: int = 5, count: int = 3) -> None:
    """Same indices, times within a tenth of a millisecond, sizes, and pixels within rounding."""
    whole = list(islice(read(source), first, first + count))
    for mine, theirs in zip(read_piece(source, first, count), whole, strict=True):
        assert (mine.index, mine.image.shape) == (theirs.index, theirs.image.shape)
        assert mine.pts_seconds == pytest.approx(theirs.pts_seconds, abs=1e-4)
        assert np.abs(mine.image.astype(int) - theirs.image).max() <= 3


def test_a_piece_of_an_image_folder() -> None:
    folder = next(CLIPS.iterdir())
    assert frame_count(folder) == 24
    assert_same_piece(folder)


@pytest.mark.parametrize("has_decord", [True, False])
@pytest.mark.parametrize(
    ("name", "frames"),
    [
        ("torchcodec__test_non_zero_start.mp4", 12),
        ("torchcodec__nasa_13013.mp4", 390),
        ("torchcodec__h265_10bits.mp4", 30),
        ("torchcodec__animated.gif", 4),
        ("Track-Anything__test-sample2.mp4", 149),
    ],
)
def test_a_piece_of_a_file(
    name: str, frames: int, has_decord: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (SHARED_CLIPS / name).exists():
        pytest.skip(f"{name} of ../shared/clips is not here")
    if not has_decord:
        monkeypatch.setitem(sys.modules, "decord", None)
    assert frame_count(SHARED_CLIPS / name) == frames
    assert_same_piece(SHARED_CLIPS / name, first=min(5, frames - 3))


def test_a_piece_beyond_the_end_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no 3 frames from frame 22"):
        read_piece(next(CLIPS.iterdir()), 22, 3)

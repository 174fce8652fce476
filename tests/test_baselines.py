"""Controls are what they claim, and the classical motion baseline finds what moves."""

from collections.abc import Callable

import numpy as np
import pytest

from glom_video.baselines import every_column, fixed_grid, motion_mask, one_island, shuffled, unlinked
from glom_video.structures import Motion

LABELS = np.array([[0, 3, 3], [9, 9, 0]], np.uint8)


@pytest.mark.parametrize(
    ("control", "height", "width", "islands"),
    [
        pytest.param(one_island, 36, 64, 1, id="one island"),
        pytest.param(every_column, 360, 640, 64 * 36, id="every column of a wide picture"),
        pytest.param(every_column, 480, 480, 48 * 48, id="every column of a square one"),
        pytest.param(fixed_grid, 240, 240, 16, id="grid of a square picture"),
        pytest.param(fixed_grid, 240, 427, 4 * 8, id="grid of a wide one, the last cells cut off"),
    ],
)
def test_still_controls_cover_everything(control: Callable[[int, int], np.ndarray], height: int, width: int, islands: int) -> None:
    labels = control(height, width)
    assert labels.shape == (height, width)
    assert np.unique(labels).tolist() == list(range(1, islands + 1))


def test_shuffled_ids_keep_the_segments_and_repeat_by_frame() -> None:
    first, again, second = shuffled(LABELS, 0), shuffled(LABELS, 0), shuffled(LABELS, 1)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, second)
    for labels in (first, second):
        assert (labels[LABELS == 0] == 0).all()
        assert len(np.unique(labels)) == 3
        assert labels[0, 1] == labels[0, 2] != labels[1, 0] == labels[1, 1]


def test_a_clip_of_one_object_loses_its_id_too() -> None:
    assert len({int(shuffled(LABELS * (LABELS == 9), frame).max()) for frame in range(20)}) > 4


def test_unlinked_ids_are_never_used_again() -> None:
    first, next_id = unlinked(LABELS, 1)
    second, after = unlinked(LABELS, next_id)
    assert first.tolist() == [[0, 1, 1], [2, 2, 0]]
    assert second.tolist() == [[0, 3, 3], [4, 4, 0]]
    assert after == 5


def moving(*boxes: tuple[int, int, int, int], is_cut: bool = False) -> Motion:
    """Nothing moves against the camera but these boxes (top, left, bottom, right), 3 pixels a frame."""
    residual = np.random.default_rng(0).normal(0, 0.1, (36, 64, 2)).astype(np.float32)
    for top, left, bottom, right in boxes:
        residual[top:bottom, left:right, 0] += 3
    return Motion(residual + 5, residual, np.ones((36, 64), np.float32), np.eye(3), is_cut)


def test_the_largest_moving_component_is_the_mask() -> None:
    mask = motion_mask(moving((8, 10, 24, 30), (28, 50, 32, 55)), 72, 128)
    wanted = np.zeros((72, 128), bool)
    wanted[16:48, 20:60] = True
    assert mask.shape == (72, 128)
    assert (mask & wanted).sum() / (mask | wanted).sum() > 0.9


@pytest.mark.parametrize(
    "motion",
    [
        pytest.param(moving((8, 10, 24, 30), is_cut=True), id="after a cut"),
        pytest.param(Motion(*(np.zeros((36, 64, 2), np.float32),) * 2, np.ones((36, 64), np.float32), np.eye(3)), id="nothing moves"),
    ],
)
def test_without_motion_there_is_no_mask(motion: Motion) -> None:
    assert not motion_mask(motion, 72, 128).any()

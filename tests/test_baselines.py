"""Controls are what they claim, and each peer sees what its kind can see."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from glom_video.baselines import (
    Answer,
    Linker,
    MovingMask,
    Peer,
    StillCamera,
    Superpixels,
    every_column,
    fixed_grid,
    motion_mask,
    one_island,
    shuffled,
    unlinked,
)
from glom_video.motion import no_motion
from glom_video.structures import Frame, Motion

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
def test_still_controls_cover_everything(
    control: Callable[[int, int], np.ndarray], height: int, width: int, islands: int
) -> None:
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
    """Nothing moves against the camera but these boxes (top, left, bottom, right), 3 pixels a
    frame."""
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


def test_what_moves_may_be_tiny_while_all_else_is_still() -> None:
    residual = np.zeros((36, 64, 2), np.float32)
    residual[10:12, 20:22] = 3
    motion = Motion(residual, residual, np.ones((36, 64), np.float32), np.eye(3))
    answer = MovingMask(72, 128)(Frame(np.zeros((72, 128, 3), np.uint8), 0, 0.0), motion)
    rows, columns = np.nonzero(answer.labels["object"])
    assert 8 <= len(rows) <= 64
    assert (rows.mean(), columns.mean()) == pytest.approx((21.5, 41.5), abs=1)


@pytest.mark.parametrize(
    "motion",
    [
        pytest.param(no_motion(36, 64), id="after a cut"),
        pytest.param(
            Motion(
                *(np.zeros((36, 64, 2), np.float32),) * 2, np.ones((36, 64), np.float32), np.eye(3)
            ),
            id="nothing moves",
        ),
    ],
)
def test_without_motion_there_is_no_mask(motion: Motion) -> None:
    assert not motion_mask(motion, 72, 128).any()


# --- linking and peers


def still(height: int = 36, width: int = 64, shift: int = 0, is_cut: bool = False) -> Motion:
    """Everything moved by so many pixels to the right."""
    flow = np.zeros((height, width, 2), np.float32)
    flow[..., 0] = -shift
    return Motion(flow, flow, np.ones((height, width), np.float32), np.eye(3), is_cut)


def box(left: int, number: int) -> np.ndarray:
    labels = np.zeros((36, 64), np.int32)
    labels[10:20, left : left + 10] = number
    return labels


def test_segments_go_on_under_their_id_where_the_flow_brings_them() -> None:
    link = Linker()
    assert np.unique(link(box(5, 9), still())).tolist() == [0, 1]
    assert np.unique(link(box(17, 3), still(shift=12))).tolist() == [0, 1], (
        "moved beyond its own place, as the flow says"
    )
    assert np.unique(link(box(40, 3), still())).tolist() == [0, 2], (
        "somewhere else is something else"
    )
    assert np.unique(link(box(40, 3), still(is_cut=True))).tolist() == [0, 3], (
        "nothing goes on across a cut"
    )


def test_of_two_pieces_the_larger_keeps_the_id() -> None:
    link = Linker()
    link(box(10, 1), still())
    pieces = box(10, 1)
    pieces[10:20, 17:20] = 2
    linked = link(pieces, still())
    assert (linked[12, 12], linked[12, 18]) == (1, 2)


def walking(t: int, size: tuple[int, int] = (264, 480)) -> np.ndarray:
    """A square of two colours that crosses a grey wall."""
    picture = np.full((*size, 3), 120, np.uint8) + np.random.default_rng(0).integers(
        0, 4, (*size, 3), np.uint8
    )
    left = 40 + 4 * t
    picture[60:140, left : left + 40], picture[60:140, left + 40 : left + 80] = (
        (220, 40, 40),
        (230, 200, 60),
    )
    return picture


def seen(peer: Peer, frames: int) -> list[Answer]:
    """What a peer answers on the walk; motion is told as it is."""
    answers = []
    for t in range(frames):
        motion = still(264, 480, is_cut=t == 0)
        motion.flow[60:140, 40 + 4 * t : 120 + 4 * t, 0] = -4
        answers.append(peer(Frame(walking(t), t, t / 25), motion))
    return answers


def test_superpixels_are_a_hierarchy_that_lasts() -> None:
    answers = seen(Superpixels(132, 240), 6)
    for t, answer in enumerate(answers):
        objects, parts = answer.labels["object"], answer.labels["part"]
        assert objects.shape == (132, 240)
        assert objects[5, 5] == parts[5, 5] == 0, "what holds the edge is background"
        assert parts[50, 30 + 2 * t] != 0 != parts[50, 50 + 2 * t]
        assert not parts[objects == 0].any()
    assert (
        len({int(answer.labels["part"][50, 30 + 2 * t]) for t, answer in enumerate(answers)}) == 1
    )


def test_a_still_camera_sees_what_changes() -> None:
    answers = seen(StillCamera(132, 240), 12)
    assert not answers[0].labels["object"].any(), "nothing is known yet"
    assert answers[-1].labels["object"][50, 20 + 2 * 11 + 39] != 0, (
        "the front of the square, where there was wall"
    )
    assert answers[-1].labels["object"][5, 5] == 0


def test_each_frame_alone_forgets_and_its_tracker_does_not() -> None:
    from glom_video.baselines.columns import EachAlone
    from glom_video.glom import Glom, GlomConfig

    torch.manual_seed(0)
    glom = Glom(GlomConfig(dim=16, hidden=32, encoder_widths=(8, 8, 16, 16)))
    (first, again) = (seen(EachAlone(132, 240, glom), 2)[1] for _ in range(2))
    assert all(
        np.array_equal(first.labels[level], again.labels[level]) for level in ("part", "object")
    )
    peer = EachAlone(132, 240, glom)
    seen(peer, 3)
    assert peer._perceiver.columns.state is not None
    assert peer._perceiver.columns.state.frames_seen == 1


def test_glom_pytorch_carries_its_levels_and_repeats_by_seed() -> None:
    pytest.importorskip("glom_pytorch")
    from glom_video.baselines.columns import GlomPytorch

    peer = GlomPytorch(132, 240)
    first, second = seen(peer, 2)
    assert set(first.labels) == set(first.vectors) == {"part", "object"}
    assert first.labels["object"].shape == (132, 240)
    assert first.labels["object"].any()
    assert peer._levels is not None
    assert peer._levels.shape == (1, 256, 5, 128)
    again = seen(GlomPytorch(132, 240), 2)[1]
    assert np.array_equal(second.labels["part"], again.labels["part"])

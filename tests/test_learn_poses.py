"""True poses and means of islands are measured rightly."""

import numpy as np
import pytest
import torch
from column_scenes import Scene, ellipse
from torch import Tensor

from glom_video.learn.pose import camera_flow, island_means, island_sizes, true_poses


def rectangle(
    top: int, left: int, height: int, width: int, rows: int = 18, columns: int = 32
) -> Tensor:
    ids = torch.zeros(rows, columns, dtype=torch.long)
    ids[top : top + height, left : left + width] = 1
    return ids


def test_poses_of_a_rectangle_that_moves() -> None:
    ids = torch.stack([rectangle(4, 6, 4, 12), rectangle(5, 8, 4, 12), rectangle(5, 8, 4, 12)])[
        None
    ]
    poses, exists = true_poses(ids)
    assert exists.all()
    first, second, third = poses[0, :, 0]
    torch.testing.assert_close(first[:2], torch.tensor([12 / 32, 6 / 18]))
    assert first[2].item() == pytest.approx(0.5 * np.log(48 / (18 * 32)), abs=1e-4)
    assert first[3] > 0.7
    assert abs(first[4]) < 1e-5
    torch.testing.assert_close(first[5:], torch.zeros(2))
    torch.testing.assert_close(second[5:], torch.tensor([10 * 2 / 32, 10 * 1 / 18]))
    torch.testing.assert_close(third[5:], torch.zeros(2))


def test_what_the_camera_does_is_no_velocity() -> None:
    """A figure that stands still is carried two columns to the right and one down by the camera;
    another keeps its place, so it moves against it."""
    ids = torch.stack([rectangle(4, 6, 4, 12), rectangle(5, 8, 4, 12)])[None]
    ids[:, :, 14:, 24:] = 2
    motion = torch.zeros(1, 2, 7, 18 * 6, 32 * 6)
    # Backward flow, all of it the camera's: the residual is 0.
    motion[:, 1, 0], motion[:, 1, 1] = (
        -2 * 6,
        -1 * 6,
    )
    poses, _ = true_poses(ids, camera_flow(motion, torch.ones(motion.shape[:2]), (18, 32)))
    torch.testing.assert_close(
        poses[0, 1, :, 5:],
        torch.tensor([[0.0, 0.0], [-10 * 2 / 32, -10 * 1 / 18]]),
        atol=1e-5,
        rtol=0,
    )


def test_orientation_is_that_of_square_columns() -> None:
    upright, square = (
        true_poses(ids[None, None])[0][0, 0, 0]
        for ids in (rectangle(2, 6, 12, 4), rectangle(2, 6, 6, 6))
    )
    assert upright[3] < -0.7
    torch.testing.assert_close(square[3:5], torch.zeros(2), atol=1e-5, rtol=0)


def test_means_are_those_of_an_islands_columns_and_nought_where_it_is_not_seen() -> None:
    ids = torch.tensor([[[0, 1, 1, 3], [0, 0, 3, 3]]])
    values = torch.tensor([[[9.0, 1.0, 3.0, 5.0], [9.0, 9.0, 2.0, 4.0]]])[..., None]
    sizes = island_sizes(ids, 3)
    assert sizes[0, :, :, 0].tolist() == [[2, 0, 1], [0, 0, 2]]
    assert island_means(values, ids, sizes)[0, :, :, 0].tolist() == [[2, 0, 5], [0, 0, 3]]


def test_what_is_out_of_sight_has_no_pose_and_no_velocity() -> None:
    ids = torch.stack(
        [rectangle(4, 6, 4, 12), torch.zeros(18, 32, dtype=torch.long), rectangle(9, 20, 4, 8)]
    )[None]
    poses, exists = true_poses(ids)
    assert exists[0, :, 0].tolist() == [True, False, True]
    assert not poses[0, :, 0, 5:].any()


@pytest.mark.parametrize("degrees", [0, 30, 70, -40])
def test_the_pose_that_is_taught_is_the_pose_that_is_exported(degrees: float) -> None:
    """The same ellipse, as truth of the loss and as an island of a parse: same centre, scale and
    orientation."""
    mask = ellipse((14, 8), (8, 3), degrees)
    taught = true_poses(torch.from_numpy(mask)[None, None])[0][0, 0, 0].numpy()
    exported = Scene(mask).parse().islands["object"].pose[0]
    np.testing.assert_allclose(taught[:2], exported[:2], atol=0.005)
    assert np.exp(taught[2]) == pytest.approx(exported[2], rel=0.08)
    apart = np.degrees(0.5 * np.arctan2(taught[4], taught[3]) - exported[3])
    assert abs((apart + 90) % 180 - 90) < 4

"""Where islands lie, how they move, and where their borders are drawn."""

import numpy as np
import pytest
from column_scenes import (
    COLUMNS,
    ROWS,
    THREE,
    Scene,
    boxes,
    ellipse,
    number_of,
)

from glom_video.islands.poses import Moved, measured_poses
from glom_video.motion import no_motion


def test_an_island_that_wins_no_cell_lies_where_its_shares_are() -> None:
    still = no_motion(48, 72)
    moved = Moved(still, np.zeros((8, 12, 2), np.float32), 0.04)

    def pose(share: float) -> np.ndarray:
        here = np.zeros((8, 12), np.float32)
        here[2:4, 6:10] = share
        return measured_poses(np.stack([1 - here, here]), moved)

    weak, strong = pose(0.3)[0], pose(0.9)[0]
    np.testing.assert_allclose(weak[:2], (8 / 12, 3 / 8), atol=1e-5)
    np.testing.assert_allclose(np.delete(weak, 2), np.delete(strong, 2), atol=1e-5)
    assert weak[2] == pytest.approx(strong[2] * 0.3**0.5), "in size, by its share of them"


@pytest.mark.parametrize("degrees", [0, 30, 60, 89, -30, -75])
@pytest.mark.parametrize(("centre", "axes"), [((16, 9), (8, 3)), ((11.5, 8.5), (6, 2.5))])
def test_pose_of_an_ellipse(
    centre: tuple[float, float], axes: tuple[float, float], degrees: float
) -> None:
    x, y, scale, orientation, *velocity = (
        Scene(ellipse(centre, axes, degrees)).parse().islands["object"].pose[0]
    )
    assert x * COLUMNS == pytest.approx(centre[0], abs=0.2)
    assert y * ROWS == pytest.approx(centre[1], abs=0.2)
    assert scale == pytest.approx((np.pi * axes[0] * axes[1] / (ROWS * COLUMNS)) ** 0.5, rel=0.1)
    turned = (np.degrees(orientation) - degrees + 90) % 180 - 90
    assert abs(turned) < 5
    assert -np.pi / 2 <= orientation <= np.pi / 2
    assert not np.any(velocity)


def test_velocity_is_against_the_backward_flow_in_frame_sizes_per_second() -> None:
    """Content came from (-6, 3) pixels away within 0.1 s: it moves right by 6/192 of the width and
    up by 3/108 of the height."""
    velocity = THREE.parse(flow=(-6, 3), seconds=0.1).islands["object"].pose[:, 4:]
    np.testing.assert_allclose(
        velocity, np.tile([6 / 192 / 0.1, -3 / 108 / 0.1], (3, 1)), rtol=1e-4
    )


# The pose read-out


def test_the_pose_read_out_is_asked_of_each_island_and_put_into_units() -> None:
    objects = THREE.parse(seconds=0.5).islands["object"]
    for row, pose in enumerate(objects.read_pose):
        number = number_of(objects, row)
        turned = 0.5 * np.arctan2(0, -number)
        np.testing.assert_allclose(
            pose, [number / 10, 0, 0.25, turned, 1 / (10 * 0.5), 0], atol=1e-5
        )


def test_what_the_camera_does_is_added_to_the_velocity_that_is_read_out() -> None:
    """The model tells of motion against the camera; a camera that zooms in by a tenth carries what
    it sees away from the corner, the further out the faster."""
    zooming_in = np.diag([1 / 1.1, 1 / 1.1, 1])
    still, zoomed = (
        THREE.parse(seconds=0.5, camera=camera).islands["object"].read_pose
        for camera in (np.eye(3), zooming_in)
    )
    np.testing.assert_array_equal(zoomed[:, :4], still[:, :4])
    np.testing.assert_allclose(
        zoomed[:, 4:] - still[:, 4:], still[:, :2] * (1 - 1 / 1.1) / 0.5, atol=1e-5
    )
    assert np.ptp(zoomed[:, 4] - still[:, 4]) > 0.01


@pytest.mark.parametrize("box", [(2, 4, 12, 8), (3, 9, 13, 12), (1, 20, 15, 23)])
def test_an_upright_shape_lies_on_one_end_of_the_range_wherever_it_is(
    box: tuple[int, int, int, int],
) -> None:
    """Its mixed moment is nought: rounding must not turn it from a quarter turn one way to a
    quarter turn the other."""
    (pose,) = Scene(boxes(box)).parse().islands["object"].pose
    assert pose[3] == pytest.approx(np.pi / 2)

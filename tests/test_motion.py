"""Motion with known truth: shifts, zooms, turns and a patch of its own, cut out of one large
texture."""

import inspect
import threading

import cv2
import numpy as np
import pytest
from percepts import noise

from glom_video.motion import (
    GRID_MULTIPLE,
    WORKING_PIXELS,
    estimate_motion,
    grey,
    motion_array,
    no_motion,
    working_image,
    working_size,
)
from glom_video.structures import Motion

H, W = 216, 384
LEFT, TOP = 100, 90
"""Where the window lies in the texture, so that it can move by this much either way."""


def texture(seed: int = 0, height: int = 400, width: int = 600) -> np.ndarray:
    """Grey (height width) uint8 with detail of several sizes and mean 128."""
    random = np.random.default_rng(seed)
    picture = np.full((height, width), 128, np.float32)
    for cell, contrast in ((4, 30), (12, 40), (48, 50)):
        coarse = random.standard_normal((height // cell + 1, width // cell + 1)).astype(np.float32)
        picture += contrast * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return picture.clip(0, 255).astype(np.uint8)


def window(picture: np.ndarray, left: int = LEFT, top: int = TOP) -> np.ndarray:
    return np.ascontiguousarray(picture[top : top + H, left : left + W])


def pan(dx: int, dy: int) -> Motion:
    """Motion where everything in the picture moves by (dx, dy): the window on the texture moves the
    other way."""
    ground = texture()
    return estimate_motion(window(ground), window(ground, LEFT - dx, TOP - dy))


@pytest.mark.parametrize(("dx", "dy"), [(3, -2), (-5, 4), (0, 7)])
def test_flow_leads_back_to_where_the_picture_was(dx: int, dy: int) -> None:
    flow = pan(dx, dy).flow
    np.testing.assert_allclose(np.median(flow, (0, 1)), (-dx, -dy), atol=0.05)
    assert np.abs(flow - (-dx, -dy)).mean() < 0.1
    assert flow.shape == (H, W, 2)


@pytest.mark.parametrize(("dx", "dy"), [(3, -2), (12, 0), (24, 0)])
def test_a_pan_is_the_camera_and_leaves_no_residual(dx: int, dy: int) -> None:
    motion = pan(dx, dy)
    shift = np.eye(3)
    shift[:2, 2] = -dx, -dy
    np.testing.assert_allclose(motion.camera, shift, atol=0.1)
    assert np.median(np.abs(motion.residual)) < 0.02 * np.hypot(dx, dy)
    assert not motion.is_cut


@pytest.mark.parametrize(("degrees", "zoom"), [(0.0, 1.04), (2.0, 1.0), (1.0, 0.97)])
def test_zoom_and_rotation_are_the_camera_and_leave_no_residual(
    degrees: float, zoom: float
) -> None:
    ground = texture()
    to_previous = np.vstack([cv2.getRotationMatrix2D((W / 2, H / 2), degrees, zoom), [0, 0, 1]])
    to_texture = np.array([[1, 0, LEFT], [0, 1, TOP], [0, 0, 1]]) @ to_previous
    current = cv2.warpPerspective(
        ground, to_texture, (W, H), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    )
    motion = estimate_motion(window(ground), current)
    corners = np.array([[[0, 0]], [[W - 1, 0]], [[0, H - 1]], [[W - 1, H - 1]]], np.float32)
    np.testing.assert_allclose(
        cv2.perspectiveTransform(corners, motion.camera),
        cv2.perspectiveTransform(corners, to_previous),
        atol=0.3,
    )
    assert np.median(np.linalg.norm(motion.flow, axis=-1)) > 2
    assert np.median(np.linalg.norm(motion.residual, axis=-1)) < 0.1


@pytest.fixture(scope="module")
def patch_before_a_moving_camera() -> Motion:
    """The camera makes everything move by (2, 1); a patch of 60x60 at (150, 80) moves by (6, 4)."""
    ground, patch = texture(), texture(9, 60, 60)
    previous, current = window(ground), window(ground, LEFT - 2, TOP - 1)
    previous[80:140, 150:210] = patch
    current[84:144, 156:216] = patch
    return estimate_motion(previous, current)


def test_a_patch_that_moves_by_itself_stands_out_of_the_residual(
    patch_before_a_moving_camera: Motion,
) -> None:
    residual = patch_before_a_moving_camera.residual
    np.testing.assert_allclose(np.median(residual[94:134, 166:206], (0, 1)), (-4, -3), atol=0.2)
    assert np.abs(residual[:60]).mean() < 0.2


def test_a_patch_that_moves_by_itself_does_not_move_the_camera(
    patch_before_a_moving_camera: Motion,
) -> None:
    np.testing.assert_allclose(
        patch_before_a_moving_camera.camera, [[1, 0, -2], [0, 1, -1], [0, 0, 1]], atol=0.1
    )


def test_validity_is_low_where_the_patch_uncovered_the_ground(
    patch_before_a_moving_camera: Motion,
) -> None:
    validity = patch_before_a_moving_camera.validity
    assert validity.min() >= 0
    assert validity.max() <= 1
    uncovered_left, uncovered_above = validity[84:140, 150:155], validity[80:83, 155:205]
    assert max(uncovered_left.mean(), uncovered_above.mean()) < 0.6
    assert validity[94:134, 166:206].mean() > 0.95
    assert validity[:60, 5:].mean() > 0.95


def test_validity_is_zero_where_the_picture_came_from_outside() -> None:
    validity = pan(20, -8).validity
    assert validity[: H - 10, :18].max() == 0
    assert validity[H - 6 :].max() == 0
    assert validity[: H - 12, 26:].mean() > 0.9


def test_an_unrelated_picture_is_a_cut() -> None:
    scene = window(texture())
    for seed in (1, 2, 3):
        other = window(texture(seed)) // 2
        assert estimate_motion(scene, other).is_cut
        assert estimate_motion(other, scene).is_cut


@pytest.mark.parametrize(("dx", "dy"), [(24, 0), (40, 10), (0, 30)])
def test_a_fast_pan_is_no_cut(dx: int, dy: int) -> None:
    assert not pan(dx, dy).is_cut


def test_a_still_scene_and_a_slow_change_of_exposure_are_no_cut() -> None:
    scene = window(texture())
    still = estimate_motion(scene, scene)
    assert not still.is_cut
    assert np.abs(still.flow).max() < 0.05
    assert still.validity.min() > 0.9
    assert not estimate_motion(scene, (scene * 0.96).astype(np.uint8)).is_cut


@pytest.mark.parametrize("gain", [0.6, 0.8, 1.3])
def test_light_that_changes_at_once_is_no_cut(gain: float) -> None:
    """A lamp goes on while the camera turns: tones are others, edges go on where they were."""
    ground = texture()
    before, after = window(ground), window(ground, LEFT - 6)
    lit = np.clip(after * gain, 0, 255).astype(np.uint8)
    motion = estimate_motion(before, lit)
    assert motion.validity.mean() < 0.6
    assert not motion.is_cut
    assert np.median(np.abs(motion.flow[..., 0] + 6)) < 0.5


def test_water_and_a_lamp_are_no_cut() -> None:
    """What flow cannot follow but keeps its tones, and new tones where flow can follow the rest,
    are changes within a scene."""
    scene = window(texture())
    churned = np.random.default_rng(0).permutation(scene.reshape(-1, 8, W)).reshape(H, W)
    assert estimate_motion(scene, churned).validity.mean() < 0.5
    assert not estimate_motion(scene, churned).is_cut
    lit = scene.copy()
    lit[:, : W // 5] = 250
    assert not estimate_motion(scene, lit).is_cut


def test_pictures_without_texture_have_no_motion() -> None:
    flat = np.full((48, 72), 90, np.uint8)
    motion = estimate_motion(flat, flat)
    assert not motion.is_cut
    for array in (motion.flow, motion.residual, motion.camera):
        assert np.isfinite(array).all()
    assert np.abs(motion.residual).max() < 0.5


def test_before_a_second_frame_nothing_is_known() -> None:
    motion = no_motion(48, 72)
    assert motion.is_cut
    assert not motion.flow.any()
    assert not motion.validity.any()


def test_two_sizes_are_refused() -> None:
    # As it runs outside tests, without the check of shapes.
    unchecked = inspect.unwrap(estimate_motion)
    with pytest.raises(ValueError, match="one size"):
        unchecked(np.zeros((48, 72), np.uint8), np.zeros((72, 48), np.uint8))


def test_the_same_pair_gives_the_same_motion_whatever_came_between() -> None:
    ground = texture()
    first = estimate_motion(window(ground), window(ground, LEFT - 3))
    estimate_motion(window(texture(4)), window(texture(5)))
    for smaller in (48, 72), (24, 32):  # of which the last has no room for all scales
        estimate_motion(np.zeros(smaller, np.uint8), np.zeros(smaller, np.uint8))
    again = estimate_motion(window(ground), window(ground, LEFT - 3))
    for name in ("flow", "residual", "validity", "camera"):
        assert np.array_equal(getattr(first, name), getattr(again, name))


def test_threads_do_not_disturb_each_other() -> None:
    """Several live sources are parsed in one process."""
    ground = texture(0, 150, 200)
    pairs = [
        (ground[30:102, 30:126].copy(), ground[30 - k : 102 - k, 30 + 2 * k : 126 + 2 * k].copy())
        for k in range(4)
    ]
    alone = [estimate_motion(*pair).flow for pair in pairs]
    wrong: list[int] = []

    def work(k: int) -> None:
        wrong.extend(
            k for _ in range(25) if not np.array_equal(estimate_motion(*pairs[k]).flow, alone[k])
        )

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_planes_are_flow_residual_validity_trail_in_this_order() -> None:
    flow, residual, trail = (np.zeros((2, 3, 2), np.float32) for _ in range(3))
    flow[1, 2], residual[1, 2], trail[1, 2] = (1, 2), (3, 4), (6, 7)
    validity = np.zeros((2, 3), np.float32)
    validity[1, 2] = 5
    planes = motion_array(Motion(flow, residual, validity, np.eye(3)), trail)
    assert planes[:, 1, 2].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert planes.sum() == 28


@pytest.mark.parametrize(
    "size", [(48, 64), (479, 641), (1080, 1920), (720, 576), (97, 96), (1920, 1080), (300, 2000)]
)
def test_the_working_grid_keeps_area_and_aspect(size: tuple[int, int]) -> None:
    height, width = working_size(*size)
    assert height % GRID_MULTIPLE == width % GRID_MULTIPLE == 0
    assert 0.85 < height * width / WORKING_PIXELS < 1.18
    exact = (WORKING_PIXELS * size[0] / size[1]) ** 0.5, (WORKING_PIXELS * size[1] / size[0]) ** 0.5
    assert abs(height - exact[0]) <= GRID_MULTIPLE / 2
    assert abs(width - exact[1]) <= GRID_MULTIPLE / 2


def test_the_thinnest_picture_still_has_columns() -> None:
    assert min(working_size(2, 5000)) >= 2 * GRID_MULTIPLE
    assert min(working_size(1, 1)) >= 2 * GRID_MULTIPLE


@pytest.mark.parametrize("size", [(37, 53), (431, 767), (540, 960)])
def test_pictures_of_any_size_are_brought_to_the_working_grid(size: tuple[int, int]) -> None:
    image = np.zeros((*size, 3), np.uint8)
    image[:, size[1] // 2 :] = (200, 100, 50)
    working = working_image(image)
    assert working.shape == (*working_size(*size), 3)
    assert working[:, :10].max() == 0
    assert (working[:, -10:] == (200, 100, 50)).all()


def test_a_picture_of_working_size_is_left_as_it_is() -> None:
    image = noise(*working_size(H, W))
    assert np.array_equal(working_image(image), image)


def test_grey_is_luma() -> None:
    colours = np.array([[[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    np.testing.assert_allclose(grey(colours)[0], [255, 76, 150, 29], atol=1)

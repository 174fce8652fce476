"""What was made faster says the same as the plain way of saying it."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from percepts import tracks_of

from glom_video.glom.cell import agreement, rescaled, unit_variance
from glom_video.glom.encoder import STRIDE
from glom_video.glom.warp import column_flow
from glom_video.islands.clustering import MEAN_SHIFT_ITERATIONS, NEAR, SAMPLE, SHARPNESS, mean_shift
from glom_video.islands.evidence import BLOCK, LEAST_PLACES, MOST, Band, Evidence
from glom_video.motion import (
    estimate_motion,
    motion_array,
    no_motion,
    trailed,
    working_image,
)
from glom_video.motion.planes import TRAIL_MEMORY
from glom_video.motion.reach import SAMPLED, farthest
from glom_video.motion.working import pixels, working_size
from glom_video.structures import id_image
from glom_video.structures.id_images import id_images

FloatArray = NDArray[np.float32]


def smooth(seed: int, *shape: int) -> FloatArray:
    noise = np.random.default_rng(seed).random(shape).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), np.float32)


def side_density(
    feature: FloatArray, share: FloatArray, block: tuple[int, int], noise: float
) -> tuple[FloatArray, FloatArray, float]:
    """Mean, inverse covariance and log determinant of a side in a block and its neighbours."""
    rows, columns = (slice(max((at - 1) * BLOCK, 0), (at + 2) * BLOCK) for at in block)
    x, weight = feature[rows, columns].reshape(-1, feature.shape[2]), share[rows, columns].ravel()
    total = weight.sum() + LEAST_PLACES
    mean = weight @ x / total
    covariance = (x * weight[:, None]).T @ x / total - np.outer(mean, mean)
    covariance += noise * np.eye(len(mean))
    return mean, np.linalg.inv(covariance), float(np.log(np.linalg.det(covariance)))


@pytest.mark.parametrize("channels", [2, 3])
def test_evidence_is_that_of_normal_distributions_on_either_side(channels: int) -> None:
    """In the middle of the only block that a place is near, where nothing is interpolated."""
    side, noise = 3 * BLOCK, 0.01
    feature = smooth(1, side, side, channels) * 4
    inside = np.clip(smooth(2, side, side) * 8 - 3.5, 0, 1)
    is_in = np.zeros((side, side), bool)
    middle = slice(BLOCK + BLOCK // 2 - 1, BLOCK + BLOCK // 2 + 1)
    is_in[middle, middle] = True
    found = Evidence.of(feature, Band.of(is_in), noise).likelier_inside(inside)
    feature = feature - feature[is_in].mean(0)  # a side counts a hundredth of a place of this
    # Factors of the nine blocks are interpolated: the middle ones alone weigh .94 squared.
    weights = np.array([0.0625, 0.9375])
    expected = []
    for y, x in zip(*np.nonzero(is_in), strict=True):
        blocks_y = (0, 1) if y < BLOCK * 1.5 else (2, 1)
        blocks_x = (0, 1) if x < BLOCK * 1.5 else (2, 1)
        total = 0.0
        for weight_y, block_y in zip(weights, blocks_y, strict=True):
            for weight_x, block_x in zip(weights, blocks_x, strict=True):
                logs = []
                for share in (inside, 1 - inside):
                    mean, precision, log = side_density(feature, share, (block_y, block_x), noise)
                    off = feature[y, x] - mean
                    logs.append(-0.5 * (off @ precision @ off + log))
                total += weight_y * weight_x * (logs[0] - logs[1])
        expected.append(np.clip(total, -MOST, MOST))
    assert np.abs(found).max() > 0.05
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("far", [0.0, 500.0])
def test_a_side_that_is_empty_or_of_one_feature_far_from_nought_is_no_error(far: float) -> None:
    """As where everything moves at 500 pixels a frame."""
    random = np.random.default_rng(0)
    side, inside = 4 * BLOCK + 3, np.ones((4 * BLOCK + 3, 4 * BLOCK + 3), np.float32)
    inside[: 2 * BLOCK, : 2 * BLOCK] -= (
        random.random((2 * BLOCK, 2 * BLOCK)).astype(np.float32) / 1e6
    )
    feature = np.float32(far) + random.random((side, side, 3)).astype(np.float32) / 100
    with np.errstate(all="raise"):
        found = Evidence.of(feature, Band.of(inside > 0), 2e-3).likelier_inside(inside)
    assert np.isfinite(found).all()


def test_a_place_alone_in_its_block_is_in_the_band() -> None:
    is_in = np.zeros((5 * BLOCK, 5 * BLOCK + 3), bool)
    is_in[2 * BLOCK, 2 * BLOCK] = True
    band = Band.of(is_in)
    assert band.near.sum() == 9
    assert band.summed.sum() == 25


@pytest.mark.parametrize(
    ("products", "least_cosine"), [(torch.float32, 0.999999), (torch.bfloat16, 0.999)]
)
def test_mean_shift_is_the_weighted_mean_by_distance_and_likeness(
    products: torch.dtype, least_cosine: float
) -> None:
    generator = torch.Generator().manual_seed(0)
    places = torch.nonzero(torch.ones(25, 40))
    kind = (places[:, 1] // 10)[:, None] == torch.arange(4)
    unit = kind.float() @ torch.randn(4, 64, generator=generator)
    unit = unit + 0.3 * torch.randn(unit.shape, generator=generator)
    unit = torch.nn.functional.normalize(unit, dim=1)
    step = -(-len(unit) // SAMPLE)
    nearness = torch.cdist(places.float(), places[::step].float()).square() / (-2 * NEAR**2)
    sample = unit[::step]
    for _ in range(MEAN_SHIFT_ITERATIONS):
        weights = (SHARPNESS * sample @ sample.T + nearness[::step]).exp()
        sample = torch.nn.functional.normalize(weights @ sample, dim=1)
    weights = (SHARPNESS * unit @ sample.T + nearness).exp()
    expected = torch.nn.functional.normalize(weights @ sample, dim=1)
    found = mean_shift(unit, places, products)
    assert (found * expected).sum(1).min() > least_cosine


@torch.inference_mode()
def test_vectors_without_a_mean_are_rescaled_as_all_are_and_agree_as_they_do() -> None:
    generator = torch.Generator().manual_seed(1)
    some, others = unit_variance(torch.randn(2, 3, 50, 16, generator=generator) * 3 + 1)
    mixed = 0.3 * some + 0.2 * others
    unit, agreed = rescaled(mixed)
    torch.testing.assert_close(unit, unit_variance(mixed))
    torch.testing.assert_close(agreed, agreement(mixed, unit))
    with torch.enable_grad():
        for found, expected in zip(rescaled(mixed), (unit, agreed), strict=True):
            torch.testing.assert_close(found, expected)


def test_flow_of_a_column_is_the_mean_over_its_pixels() -> None:
    height, width = 4 * STRIDE, 8 * STRIDE
    planes = torch.randn(2, 7, height, width, generator=torch.Generator().manual_seed(3))
    flow, validity = column_flow(planes)
    mean = torch.nn.functional.avg_pool2d(planes, STRIDE)
    torch.testing.assert_close(flow, mean[:, :2] / STRIDE)
    torch.testing.assert_close(validity, mean[:, 4].flatten(1)[..., None])


def test_a_trail_is_the_motion_and_what_is_left_of_the_trail_brought_here() -> None:
    picture = (smooth(3, 96, 144) * 255).astype(np.uint8)
    motion = estimate_motion(picture, np.roll(picture, 2, 1))
    before = smooth(4, 96, 144, 2)
    brought = cv2.remap(before, pixels(96, 144) + motion.flow, None, cv2.INTER_LINEAR)
    expected = motion.residual + TRAIL_MEMORY * motion.validity[..., None] * brought
    assert np.array_equal(trailed(before, motion), expected)
    planes = motion_array(motion, expected)
    assert np.array_equal(planes[5:], expected.transpose(2, 0, 1))
    written = np.zeros_like(planes)
    motion_array(motion, expected, written)
    assert np.array_equal(written, planes)


def test_how_far_things_moved_is_the_length_of_the_flow() -> None:
    flow = smooth(5, 96, 144, 2) * 20
    lengths = np.hypot(*flow[2::SAMPLED, 2::SAMPLED].transpose(2, 0, 1))
    np.testing.assert_allclose(farthest(flow), np.quantile(lengths, (0.95, 0.995)), rtol=1e-5)


@pytest.mark.parametrize("size", [(4, 4), (96, 144)])
def test_percentiles_of_the_flow_are_those_of_numpy_to_the_last_bit(size: tuple[int, int]) -> None:
    flow = smooth(7, *size, 2) * 20
    x, y = cv2.split(flow[2::SAMPLED, 2::SAMPLED])
    assert farthest(flow) == tuple(np.quantile(cv2.magnitude(x, y), (0.95, 0.995)).tolist())


def test_flow_in_cells_is_told_in_cells_across_and_down() -> None:
    """30 x 20 pixels in 15 x 5 cells: two pixels across are a cell, and four down."""
    flow = np.tile(np.array([3, 6], np.float32), (20, 30, 1))
    motion = replace(no_motion(20, 30), flow=flow)
    in_cells = motion.flow_in_cells(5, 15)
    np.testing.assert_allclose(in_cells, np.tile([1.5, 1.5], (5, 15, 1)), rtol=1e-6)
    np.testing.assert_array_equal(flow[0, 0], [3, 6])


def test_the_camera_alone_leaves_no_residual() -> None:
    """A picture that is turned and shifted: what the homography explains is taken out."""
    picture = (smooth(6, 120, 168) * 255).astype(np.uint8)
    picture = cv2.normalize(picture, None, 0, 255, cv2.NORM_MINMAX)
    turn = cv2.getRotationMatrix2D((84, 60), 1.0, 1.0) + np.array([[0, 0, 2.0], [0, 0, 1.0]])
    motion = estimate_motion(
        picture, cv2.warpAffine(picture, turn, (168, 120), borderMode=cv2.BORDER_REFLECT)
    )
    middle = slice(20, -20), slice(20, -20)
    assert np.linalg.norm(motion.flow[middle], axis=-1).mean() > 1.5
    assert np.linalg.norm(motion.residual[middle], axis=-1).mean() < 0.2


@pytest.mark.parametrize("size", [(360, 640), (720, 1280), (1080, 1920), (431, 767)])
def test_a_working_picture_is_close_to_the_mean_of_areas(size: tuple[int, int]) -> None:
    image = np.ascontiguousarray((smooth(7, *size, 3) * 255).astype(np.uint8))
    height, width = working_size(*size)
    areas = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    assert np.abs(working_image(image).astype(int) - areas).mean() < 1


def test_levels_that_share_an_outline_are_drawn_as_each_alone() -> None:
    inside = np.zeros((48, 64), np.float32)
    inside[8:30, 10:14], inside[8:30, 6:9] = 1, -1
    objects = tracks_of({3: (4, 4, 16, 18)}, 24, 32)
    parts = tracks_of({1: (4, 4, 10, 18), 2: (10, 4, 16, 18)}, 24, 32)
    objects, parts = (
        type(each)(**{name: getattr(each, name) for name in each.__slots__} | {"inside": inside})
        for each in (objects, parts)
    )
    together = id_images([objects, parts], 90, 121)
    alone = [id_image(each, 90, 121) for each in (objects, parts)]
    assert all(np.array_equal(one, other) for one, other in zip(together, alone, strict=True))
    assert [np.unique(each).tolist() for each in together] == [[0, 3], [0, 1, 2]]

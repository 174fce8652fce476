"""Position, size, orientation and velocity of each island: measured on it, and read by the model
from the island's vector."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64
from torch import Tensor

from glom_video.islands.reading import Reading
from glom_video.islands.regions import means
from glom_video.structures import Motion


@dataclass(frozen=True, slots=True)
class Moved:
    """Motion since the previous frame."""

    motion: Motion
    flow: Float32[np.ndarray, "hs ws 2"]
    """Backward flow, in cells of the finer grid."""
    seconds: float


def measured_poses(
    memberships: Float32[np.ndarray, "rows hs ws"], moved: Moved
) -> Float32[np.ndarray, "rows-1 6"]:
    """Centre, scale and orientation from moments of the cells in which an island is the largest,
    velocity from the flow under them.

    Moments of the shares themselves would be wrong: the small shares that islands have in every
    background cell add up to more than a small island.
    """
    height, width = memberships.shape[1:]
    mass, x, y, xx, yy, xy, flow_x, flow_y = _summed(memberships, moved.flow).T
    mass = np.maximum(mass, 1e-6)
    cx, cy = x / mass, y / mass
    # Rounded, or where an upright shape's mixed moment should be 0 the sign of its error would turn
    # it by half a turn.
    across = (2 * (xy / mass - cx * cy)).round(9) + 0.0
    along = (xx / mass - cx**2 - yy / mass + cy**2).round(9) + 0.0
    orientation = 0.5 * np.arctan2(across, along)
    scale = (mass / (height * width)) ** 0.5
    passed = mass * max(moved.seconds, 1e-3)
    velocity = -flow_x / (passed * width), -flow_y / (passed * height)
    numbers = [cx / width, cy / height, scale, orientation, *velocity]
    return np.stack(numbers, 1).astype(np.float32)


def _summed(
    memberships: Float32[np.ndarray, "rows hs ws"], flow: Float32[np.ndarray, "hs ws 2"]
) -> Float64[np.ndarray, "rows-1 8"]:
    """The moments of ``_moments`` and the flow, summed over the cells of each island; over its
    shares where it is the largest in no cell."""
    count, (height, width) = len(memberships) - 1, memberships.shape[1:]
    shares = memberships[1:].reshape(count, height * width)
    moments, flow_at = _moments(height, width), flow.reshape(-1, 2)
    # Most of a frame is background.
    won = np.flatnonzero(shares.max(0, initial=0) > memberships[0].ravel())
    winner = shares[:, won].argmax(0) if count else won
    of_cells = [*(each.take(won) for each in moments), *flow_at.take(won, axis=0).T]
    # Of no cells, bincount gives whole numbers.
    sums = np.stack([np.bincount(winner, each, count) for each in of_cells], 1).astype(float)
    nowhere = sums[:, 0] == 0
    if nowhere.any():
        sums[nowhere] = shares[nowhere] @ np.concatenate([moments, flow_at.T]).T
    return sums


@lru_cache(8)
def _moments(height: int, width: int) -> Float64[np.ndarray, "6 cells"]:
    """1, x, y, x squared, y squared and x times y of each cell's centre."""
    y, x = np.mgrid[0:height, 0:width].reshape(2, -1) + 0.5
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y])


def read_poses(
    reading: Reading,
    vectors: Float[Tensor, "n d"],
    regions: list[Bool[np.ndarray, "h w"]],
    moved: Moved,
) -> Float32[np.ndarray, "k 6"]:
    """The model's own pose of each island, from its columns' mean vector, in the units of
    ``Islands.pose``.

    The model sees motion without the camera's and predicts it so; here the camera's is added again.
    """
    poses = in_units(reading.pose(means(vectors, regions)).float().numpy(), moved.seconds)
    poses[:, 4:] += _still_world(moved.motion, poses[:, :2]) / moved.seconds
    return poses


def _still_world(motion: Motion, places: Float32[np.ndarray, "k 2"]) -> Float32[np.ndarray, "k 2"]:
    """Motion of the still world at these places since the previous frame, caused by the camera, in
    fractions of the frame."""
    size = np.array(motion.flow.shape[1::-1])
    now = np.concatenate([places * size, np.ones((len(places), 1))], 1)
    before = now @ motion.camera.T
    return ((now[:, :2] - before[:, :2] / before[:, 2:]) / size).astype(np.float32)


def in_units(outputs: Float32[np.ndarray, "k 7"], seconds: float) -> Float32[np.ndarray, "k 6"]:
    """The outputs that the pose read-out is trained for, in the units of ``Islands.pose``.
    ``seconds``: since the previous frame."""
    centre, log_scale, turned, velocity = np.split(outputs, [2, 3, 5], axis=1)
    orientation = 0.5 * np.arctan2(turned[:, 1:], turned[:, :1])
    numbers = [centre, np.exp(log_scale), orientation, velocity / (10 * seconds)]
    return np.concatenate(numbers, 1).astype(np.float32)

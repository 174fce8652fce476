"""Motion against the camera and contact of islands, from which ``pieces`` tells which go
together."""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float32, Float64

from glom_video.structures import Islands, Motion

BESIDE = np.ones((5, 5), np.uint8)
"""Two cells around an island count as beside it, since outlines leave a gap between pieces."""


def own_velocities(islands: Islands, motion: Motion, passed: float) -> Float32[np.ndarray, "k 2"]:
    """Velocity of each island against the camera, in roots of the frame's area per second.

    Args:
        passed: seconds since the previous frame.
    """
    height, width = islands.memberships.shape[1:]
    if motion.is_cut or passed <= 0:
        return np.zeros((len(islands.embeddings), 2), np.float32)
    against_camera = replace(motion, flow=motion.residual).flow_in_cells(height, width)
    won, count = islands.memberships.argmax(0).ravel(), len(islands.memberships)
    area: Float64[np.ndarray, " rows"] = np.bincount(won, minlength=count).clip(1)
    summed = [np.bincount(won, each, count) for each in against_camera.reshape(-1, 2).T]
    moved = -np.stack(summed, 1) / area[:, None] / (passed * (height * width) ** 0.5)
    return moved[1:].astype(np.float32)


def touching(islands: Islands) -> Bool[np.ndarray, "k k"]:
    """Which islands are beside which; the diagonal is False."""
    import cv2

    won, count = islands.memberships.argmax(0), len(islands.memberships)
    are = np.zeros((count, count), bool)
    for row in range(1, count):
        near = cv2.dilate((won == row).astype(np.uint8), BESIDE).astype(bool)
        are[row] = np.bincount(won[near], minlength=count) > 0
    are = are | are.T
    np.fill_diagonal(are, False)
    return are[1:, 1:]

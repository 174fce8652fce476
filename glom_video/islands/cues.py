"""What tells an object from a piece of its surroundings, measured on each island.

Objectness from a few cheap cues: Alexe, Deselaers, Ferrari, "Measuring the objectness of image
windows", PAMI 2012. Their weights are learnt: ``glom_video.track.objectness``.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float32

from glom_video.islands.poses import Moved
from glom_video.islands.regions import Region, dilated, window_of
from glom_video.structures import CUES

RING = 4
"""Width in cells of the ring whose motion is compared with the island's. The cells next to the
island are left out, because flow is blurred there."""
MOTION_SCALE = 10.0
"""Factor of velocities in frames per second before the log, which makes slow and fast motion count
alike."""


def measured_cues(
    memberships: Float32[np.ndarray, "rows hs ws"],
    ground: Float32[np.ndarray, "h w"],
    regions: Sequence[Region],
    moved: Moved,
) -> Float32[np.ndarray, "rows-1 c"]:
    """CUES of each island.

    Groundness: mean cosine of its columns to the background's vector. Sharpness: mean share that it
    has of the cells in which it is the largest. Motion: log(1 + 10 v), with v its speed relative to
    its surroundings, without the camera's motion, in frame sides per second.

    Args:
        ground: cosine of each column to the background's vector.
        regions: columns of each island.
    """
    residual = _velocity(moved, *memberships.shape[1:])
    winner = memberships.argmax(0)
    cues = np.zeros((len(regions), len(CUES)), np.float32)
    for row, region in enumerate(regions):
        cells = winner == row + 1
        if not cells.any():
            cells = memberships[row + 1] >= memberships[row + 1].max()
        near = _window_around(cells)
        inside, moving = np.ascontiguousarray(cells[near]), residual[near]
        against = moving[inside].mean(0) - _ring_mean(moving, inside)
        cues[row] = (
            ground[region.columns].mean(),
            memberships[row + 1][near][inside].mean(),
            np.log1p(MOTION_SCALE * np.hypot(*against)),
        )
    return cues


def _velocity(moved: Moved, height: int, width: int) -> Float32[np.ndarray, "hs ws 2"]:
    """Velocity of each cell against the camera, in frame sides per second."""
    import cv2

    residual = moved.motion.residual
    sides = np.array(residual.shape[1::-1], np.float32) * np.float32(max(moved.seconds, 1e-3))
    return cv2.resize(residual, (width, height), interpolation=cv2.INTER_AREA) / -sides


def _window_around(cells: Bool[np.ndarray, "hs ws"]) -> tuple[slice, slice]:
    """Rows and columns of an island with its ring."""
    rows, columns = window_of(cells)
    return (
        slice(max(rows.start - RING, 0), rows.stop + RING),
        slice(max(columns.start - RING, 0), columns.stop + RING),
    )


def _ring_mean(
    moving: Float32[np.ndarray, "h w 2"], inside: Bool[np.ndarray, "h w"]
) -> Float32[np.ndarray, " 2"]:
    """Mean in a ring around an island; inside it if there is no ring."""
    ring = dilated(inside, RING) & ~dilated(inside, 1)
    return moving[ring if ring.any() else inside].mean(0)

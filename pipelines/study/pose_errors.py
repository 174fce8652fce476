"""Poses of the same segment, compared: centre, scale, orientation and velocity, each in a unit of
its own."""

from dataclasses import astuple, dataclass

import numpy as np
from jaxtyping import Float

Poses = Float[np.ndarray, "k 6"]
"""As ``Islands.pose``."""


@dataclass(frozen=True, slots=True)
class PoseError:
    """Medians over segments; None where no segment defines it."""

    centre: float | None
    """Distance as a share of the frame's diagonal."""
    scale: float | None
    """Difference of the logarithms: 0.1 is a tenth too large or too small."""
    orientation: float | None
    """Degrees, of elongated segments."""
    velocity: float | None
    """Share of the diagonal per second, of segments that were seen in the frame before."""

    def cells(self) -> list[str]:
        """For a table."""
        shown = ("{:.2%}", "{:.3f}", "{:.1f}", "{:.2%}")
        return [
            "-" if value is None else form.format(value)
            for form, value in zip(shown, astuple(self), strict=True)
        ]


@dataclass(frozen=True, slots=True)
class TruePoses:
    """What the true poses of some segments can be held against."""

    poses: Poses
    elongated: np.ndarray
    """(k) whether it has an orientation."""
    moving: np.ndarray
    """(k) whether its velocity is known."""
    sides: tuple[int, int]
    """Of the frame: width, height in pixels."""


def pose_error(found: Poses, known: TruePoses) -> PoseError:
    """Median error of poses against those of the same segments."""
    sides = np.array(known.sides, np.float64)
    diagonal = float(np.hypot(*sides))
    offset = np.linalg.norm((found[:, :2] - known.poses[:, :2]) * sides, axis=1) / diagonal
    size = np.abs(np.log(np.maximum(found[:, 2], 1e-3) / np.maximum(known.poses[:, 2], 1e-3)))
    turned = np.degrees(np.abs((found[:, 3] - known.poses[:, 3] + np.pi / 2) % np.pi - np.pi / 2))
    speed = np.linalg.norm((found[:, 4:] - known.poses[:, 4:]) * sides, axis=1) / diagonal
    return PoseError(
        _median(offset),
        _median(size),
        _median(turned[known.elongated]),
        _median(speed[known.moving]),
    )


def constant_pose(known: TruePoses) -> Poses:
    """The mean pose of all segments, for each: a control."""
    poses = known.poses
    doubled = 2 * poses[known.elongated, 3]
    turned = 0.5 * np.arctan2(np.sin(doubled).sum(), np.cos(doubled).sum())
    scale = np.exp(np.log(np.maximum(poses[:, 2], 1e-3)).mean())
    velocity = poses[known.moving, 4:].sum(0) / max(known.moving.sum(), 1)
    mean = np.array([*poses[:, :2].mean(0), scale, turned, *velocity])
    return np.repeat(mean[None], len(poses), 0)


def _median(values: np.ndarray) -> float | None:
    return round(float(np.median(values)), 5) if len(values) else None

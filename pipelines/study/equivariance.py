"""Whether a pose moves with the picture: clips are shifted, turned and zoomed, and each read-out is
compared with where it should have gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64, Integer, UInt8

from glom_video.glom import Glom
from glom_video.perceive import Settings
from glom_video_pipelines.study.held_out_clips import StudyClip
from glom_video_pipelines.study.pose_errors import PoseError, Poses, TruePoses, pose_error
from glom_video_pipelines.study.pose_measurements import PoseMeasurement, measure_poses

WHOLE = 0.95
"""Share of a segment that has to stay inside the frame."""


@dataclass(frozen=True, slots=True)
class Move:
    """A similarity of the picture about its centre, and a shift."""

    name: str
    shift: tuple[float, float] = (0.0, 0.0)
    """Share of width and height."""
    angle: float = 0.0
    """Radians, clockwise on the screen."""
    zoom: float = 1.0

    def matrix(self, height: int, width: int) -> Float64[np.ndarray, "2 3"]:
        """Where a point (x, y) of the picture goes, in pixels from its corner."""
        c, s = self.zoom * np.cos(self.angle), self.zoom * np.sin(self.angle)
        slope, centre = np.array([[c, -s], [s, c]]), np.array([width, height]) / 2
        return np.column_stack(
            [slope, centre - slope @ centre + np.array(self.shift) * [width, height]]
        )

    def poses(self, poses: Poses, height: int, width: int) -> Poses:
        """Where poses should go."""
        matrix, sides = self.matrix(height, width), np.array([width, height])
        centre = (poses[:, :2] * sides) @ matrix[:, :2].T + matrix[:, 2]
        velocity = (poses[:, 4:] * sides) @ matrix[:, :2].T
        return np.column_stack(
            [centre / sides, poses[:, 2] * self.zoom, poses[:, 3] + self.angle, velocity / sides]
        )


MOVES = (
    Move("shift", shift=(0.09, -0.07)),
    Move("turn", angle=np.radians(15)),
    Move("zoom", zoom=1.25),
)


def moved_pictures(
    images: UInt8[np.ndarray, "t H W 3"], move: Move
) -> UInt8[np.ndarray, "t H W 3"]:
    """What comes in from outside is mirrored at the edge."""
    import cv2

    return np.stack(
        [_warped(image, move, cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101) for image in images]
    )


def moved_ids(ids: Integer[np.ndarray, "t H W"], move: Move) -> Integer[np.ndarray, "t H W"]:
    """What comes in from outside is background."""
    import cv2

    return np.stack([_warped(plane, move, cv2.INTER_NEAREST, cv2.BORDER_CONSTANT) for plane in ids])


def _warped(plane: np.ndarray, move: Move, interpolation: int, border: int) -> np.ndarray:
    import cv2

    height, width = plane.shape[:2]
    matrix = move.matrix(height, width)
    # OpenCV counts from the middle of the first pixel.
    matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    return cv2.warpAffine(plane, matrix, (width, height), flags=interpolation, borderMode=border)


def equivariance(
    glom: Glom,
    clips: Sequence[StudyClip],
    straight: Sequence[Sequence[PoseMeasurement]],
    move: Move,
    settings: Settings,
) -> list[dict[str, Any]]:
    """Errors by level and method, of segments that were found in both versions of a clip and lie
    inside the frame in both.

    Args:
        straight: what was seen of each clip as it is.
    """
    pairs: dict[str, list[tuple[PoseMeasurement, PoseMeasurement]]] = {"part": [], "object": []}
    for clip, seen in zip(clips, straight, strict=True):
        truth = {
            "part": moved_ids(clip.clip.parts, move),
            "object": moved_ids(clip.clip.objects, move),
        }
        before = {(one.frame, one.level, one.id): one for one in seen}
        for after in measure_poses(glom, moved_pictures(clip.clip.images, move), truth, settings):
            here = before.get((after.frame, after.level, after.id))
            if here is not None and after.cells >= WHOLE * here.cells * move.zoom**2:
                pairs[after.level].append((here, after))
    height, width = clips[0].size
    return [
        row
        for level, both in pairs.items()
        if both
        for row in _errors(level, both, move, height, width)
    ]


def _errors(
    level: str,
    pairs: Sequence[tuple[PoseMeasurement, PoseMeasurement]],
    move: Move,
    height: int,
    width: int,
) -> list[dict[str, Any]]:
    """The read-out, the measured pose, and, as control, a read-out that stays where it was."""
    befores, afters = zip(*pairs, strict=True)
    read = np.stack([one.read for one in befores])
    elongated = np.array([one.is_elongated for one in befores])
    moving = np.array([one.is_moving for one in befores])

    def error(after: Poses, before: Poses) -> PoseError:
        expected = move.poses(before, height, width)
        return pose_error(after, TruePoses(expected, elongated, moving, (width, height)))

    errors = {
        "read-out": error(np.stack([one.read for one in afters]), read),
        "measured": error(
            np.stack([one.measured for one in afters]), np.stack([one.measured for one in befores])
        ),
        "stays where it was": error(read, read),
    }
    return [
        {"move": move.name, "level": level, "method": name, "pairs": len(pairs), "error": found}
        for name, found in errors.items()
    ]

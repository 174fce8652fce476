"""``glom-video study pose``: how right the pose is that the model reads out of an island's vector,
and whether it moves with the picture."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from glom_video.glom import Glom
from glom_video.perceive import Settings
from glom_video.structures import LEVEL_NAMES
from glom_video.synth import Clip
from glom_video_pipelines.model import load_glom
from glom_video_pipelines.study.equivariance import MOVES, equivariance
from glom_video_pipelines.study.held_out_clips import held_out_clips
from glom_video_pipelines.study.options import StudyOptions
from glom_video_pipelines.study.pose_errors import TruePoses, constant_pose, pose_error
from glom_video_pipelines.study.pose_measurements import PoseMeasurement, measure_poses
from glom_video_pipelines.study.report import (
    console,
    origin,
    print_origin,
    print_result,
    print_table,
)

HEADINGS = ("centre", "scale", "orientation", "velocity")
LEGEND = (
    (
        "Medians over segments and frames. Centre: share of the diagonal. Scale: difference of "
        "logarithms. Orientation: degrees, of elongated segments."
    ),
    (
        "Velocity: share of the diagonal a second. Islands are held against the true segment that "
        "they share half or more of their union with."
    ),
)


def run_pose(options: StudyOptions) -> int:
    """Measure, print and return 0."""
    glom = load_glom(options.weights, options.device)
    (height, width), held_out = options.size, held_out_clips(options)
    measurements = [_measured(clip.clip, glom, options.settings) for clip in held_out]
    found = [
        row
        for level in LEVEL_NAMES
        for row in accuracy(level, _of_level(level, measurements), options.size)
    ]
    moved = [
        row
        for move in MOVES
        for row in equivariance(glom, held_out, measurements, move, options.settings)
    ]
    shape = f"{options.frames} frames of {width}x{height}"
    result = origin(glom) | {
        "clips": f"{options.clips} of each held-out family, {shape}",
        "accuracy": found,
        "moved": moved,
    }
    print_result(result, _print, as_json=options.as_json)
    return 0


def _measured(clip: Clip, glom: Glom, settings: Settings) -> list[PoseMeasurement]:
    truth = {"part": clip.parts, "object": clip.objects}
    return list(measure_poses(glom, clip.images, truth, settings))


def _of_level(
    level: str, measurements: Sequence[Sequence[PoseMeasurement]]
) -> list[PoseMeasurement]:
    return [one for of_clip in measurements for one in of_clip if one.level == level]


def accuracy(
    level: str, measurements: Sequence[PoseMeasurement], size: tuple[int, int]
) -> list[dict[str, Any]]:
    """Errors of the read-out against truth, beside those of the pose measured on the island, and of
    one constant pose."""
    if not measurements:
        return []
    elongated = np.array([one.is_elongated for one in measurements])
    moving = np.array([one.is_moving for one in measurements])
    known = TruePoses(np.stack([one.true for one in measurements]), elongated, moving, size[::-1])
    methods = {
        "read-out": np.stack([one.read for one in measurements]),
        "measured": np.stack([one.measured for one in measurements]),
        "one constant pose": constant_pose(known),
    }
    return [
        {
            "level": level,
            "method": name,
            "segments": len(measurements),
            "error": pose_error(poses, known),
        }
        for name, poses in methods.items()
    ]


def _print(result: dict[str, Any]) -> None:
    out = console()
    print_origin(out, result)
    rows = [
        [row["level"], row["method"], str(row["segments"]), *row["error"].cells()]
        for row in result["accuracy"]
    ]
    print_table(
        out,
        f"pose against truth, {result['clips']}",
        ["level", "method", "segments", *HEADINGS],
        rows,
        names=2,
    )
    rows = [
        [row["move"], row["level"], row["method"], str(row["pairs"]), *row["error"].cells()]
        for row in result["moved"]
    ]
    title = "the same clips shifted, turned, zoomed: pose against where it should have gone"
    print_table(out, title, ["clip", "level", "method", "pairs", *HEADINGS], rows, names=3)
    for line in LEGEND:
        out.print(line)

"""``glom-video study field``: are masks sharper with the field between the columns than where
cosines are upsampled cubically."""

import json
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from glom_video.evaluate import ClipScore
from glom_video.structures import LEVEL_NAMES
from glom_video_pipelines.model import load_glom
from glom_video_pipelines.study.clips import held_out_clips
from glom_video_pipelines.study.options import StudyOptions
from glom_video_pipelines.study.report import console, origin, print_origin, print_table
from glom_video_pipelines.study.scoring import score_clips
from glom_video_pipelines.study.switched import switched

METHODS = {"field": {"field": True}, "cubic": {"field": False}}
"""Switched off at inference: the same weights."""
FIGURES = {
    "mBO image": ("mbo_image",),
    "mBO video": ("mbo_video",),
    "J": ("J", "J_best"),
    "F": ("F", "F_best"),
}
"""By heading: the metric, and the one that stands for it where the truth is one segment."""
LEGEND = (
    (
        "At the clips' own resolution. mBO: best IoU of any island (image) or tube (video). J and "
        "F (boundary, within .008 of the diagonal) as DAVIS"
    ),
    (
        "defines them, one id per true segment over the clip. Gain: field less cubic, mean over "
        "clips; won: share of clips in which it is above 0."
    ),
)


def run_field(options: StudyOptions) -> int:
    """Measure, print and return 0."""
    glom = load_glom(options.weights, options.device)
    (height, width), held_out = options.size, held_out_clips(options)
    scores = {
        name: score_clips(switched(glom, change), name, held_out, options.settings)
        for name, change in METHODS.items()
    }
    title = f"{options.clips} of each held-out family, {options.frames} frames of {width}x{height}"
    result = origin(glom) | {
        "clips": title,
        "levels": {
            level: compare(level, scores["field"], scores["cubic"]) for level in LEVEL_NAMES
        },
    }
    if options.as_json:
        print(json.dumps(result))
    else:
        _print(result)
    return 0


def compare(
    level: str, field: Sequence[ClipScore], cubic: Sequence[ClipScore]
) -> dict[str, dict[str, float]]:
    """Means over the clips that define a figure for both, by heading. Both sequences hold the same
    clips in the same order."""
    compared = {}
    for heading, names in FIGURES.items():
        both = (
            (_figure(one, names), _figure(other, names))
            for one, other in zip(field, cubic, strict=True)
            if one.level == level
        )
        pairs = [(one, other) for one, other in both if one is not None and other is not None]
        if pairs:
            gains = [with_field - without for with_field, without in pairs]
            means = {
                name: fmean(pair[place] for pair in pairs) for place, name in enumerate(METHODS)
            }
            compared[heading] = means | {
                "gain": fmean(gains),
                "won": fmean(gain > 0 for gain in gains),
                "clips": len(gains),
            }
    return compared


def _figure(score: ClipScore, names: Sequence[str]) -> float | None:
    return next((score.figures[name] for name in names if name in score.figures), None)


def _print(result: dict[str, Any]) -> None:
    out = console()
    print_origin(out, result)
    rows = [
        [
            level,
            heading,
            str(row["clips"]),
            f"{row['field']:.3f}",
            f"{row['cubic']:.3f}",
            f"{row['gain']:+.4f}",
            f"{row['won']:.0%}",
        ]
        for level, compared in result["levels"].items()
        for heading, row in compared.items()
    ]
    print_table(
        out,
        f"masks between the columns, {result['clips']}",
        ["level", "figure", "clips", "field", "cubic", "gain", "won"],
        rows,
        names=2,
    )
    for line in LEGEND:
        out.print(line)

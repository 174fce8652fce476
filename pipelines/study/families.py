"""``glom-video study families``: how right the model is on rendered clips of each family, those
that training never shows and those it does."""

from typing import Any

from glom_video.evaluate import METRICS
from glom_video.synth import Textures
from glom_video_pipelines.model import load_glom
from glom_video_pipelines.study.held_out_clips import (
    ALSO_HELD_OUT,
    HELD_OUT,
    TRAINED,
    render_family,
)
from glom_video_pipelines.study.options import StudyOptions
from glom_video_pipelines.study.report import (
    console,
    origin,
    print_origin,
    print_result,
    print_table,
)
from glom_video_pipelines.study.scoring import by_level, score_clips

FIGURES = ("fg_ari_video", "fg_ari_image", "ari_video", "mbo_video", "AssA")
LEGEND = (
    (
        "The first six families are held out: their pictures, outlines, camera motions, crowds "
        "and people at desks are of no training clip."
    ),
    "The others are new clips of what training shows.",
)


def run_families(options: StudyOptions) -> int:
    """Measure, print and return 0."""
    glom, textures = load_glom(options.weights, options.device), Textures.load(options.photos)
    height, width = options.size
    shape = {"frames": options.frames, "height": height, "width": width}
    scores = {
        family: score_clips(
            glom,
            family,
            render_family(family, options.clips, **shape, textures=textures),
            options.settings,
        )
        for family in (*HELD_OUT, *ALSO_HELD_OUT, *TRAINED)
    }
    title = f"{options.clips} clips of each family, {options.frames} frames of {width}x{height}"
    result = origin(glom) | {
        "clips": title,
        "families": {family: by_level(of_family, FIGURES) for family, of_family in scores.items()},
    }
    print_result(result, _print, as_json=options.as_json)
    return 0


def _print(result: dict[str, Any]) -> None:
    out = console()
    print_origin(out, result)
    rows = [
        [family, level, *(f"{figures[name]:.3f}" if name in figures else "-" for name in FIGURES)]
        for family, levels in result["families"].items()
        for level, figures in levels.items()
    ]
    print_table(
        out,
        result["clips"],
        ["family", "level", *(METRICS[name].heading for name in FIGURES)],
        rows,
        names=2,
    )
    for line in LEGEND:
        out.print(line)

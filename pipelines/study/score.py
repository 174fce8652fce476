"""``glom-video study score``: whether a track's score is the probability that it is correct, and
fitting it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from rich.console import Console

from glom_video.structures import InvalidInput
from glom_video.track import shipped
from glom_video_pipelines.evaluate.inputs import find_clips
from glom_video_pipelines.model import load_glom
from glom_video_pipelines.study.report import (
    console,
    origin,
    print_origin,
    print_result,
    print_table,
)
from glom_video_pipelines.study.score_figures import ON, accuracy, bins, by_group
from glom_video_pipelines.study.score_fit import fitted, write_objectness
from glom_video_pipelines.study.score_masks import (
    OFF,
    RIGHT,
    ClipReading,
    LabelledClip,
    read_clips,
    rendered_clips,
    tree_clips,
)

RENDERED_FRAMES = 12
HEADINGS = {
    "masks": "masks",
    "right": "right",
    "auc": "score AUC",
    "calibration_error": "calibration error",
    "right_shown": "right shown",
    "beside_all": "false a frame",
    "beside_shown": "shown",
    "fg_ari_video_all": "FG-ARI video",
    "fg_ari_video_shown": "shown",
    "J_best_all": "J-best",
    "J_best_shown": "shown",
    "J_fg_all": "J-fg",
    "J_fg_shown": "shown",
}


def run_score(
    *,
    trees: Sequence[Path],
    only_main: Sequence[Path],
    clips: int,
    frames: int | None,
    size: tuple[int, int],
    photos: Sequence[Path],
    fit: Path | None,
    weights: str | None,
    device: str,
    as_json: bool,
) -> int:
    """Measure, print and return 0. With ``fit`` the score is learnt first and written there.

    Args:
        trees: DAVIS trees whose truth names all objects.
        only_main: those whose truth names the main object alone.
        clips: of each family of the renderer.
        frames: of each clip; None: RENDERED_FRAMES of rendered ones, all of those of trees.

    Raises:
        InvalidInput: nothing to measure on, or trees that cannot be read.
    """
    for tree in (*trees, *only_main):
        find_clips([tree], tree)  # before clips are rendered for minutes
    glom = load_glom(weights, device)
    sources: Iterable[LabelledClip] = chain(
        rendered_clips(clips, frames or RENDERED_FRAMES, size, photos),
        *(tree_clips(tree, frames, only_main=False) for tree in trees),
        *(tree_clips(tree, frames, only_main=True) for tree in only_main),
    )
    readings = list(_watched(read_clips(glom, sources)))
    if not any(len(reading.masks.iou) for reading in readings):
        raise InvalidInput("no clip holds an object mask", "Name trees, or ask for --clips.")
    result = origin(glom) | (_measured(readings) if fit is None else _fitted(readings, fit))
    print_result(result, _print, as_json=as_json)
    return 0


def _watched(readings: Iterable[ClipReading]) -> Iterable[ClipReading]:
    out = Console(stderr=True, highlight=False)
    for reading in readings:
        out.print(f"{reading.group} {reading.name}: {len(reading.masks.iou)} masks")
        yield reading


def _measured(readings: Sequence[ClipReading]) -> dict[str, Any]:
    """Figures of the objectness that is shipped."""
    scores = [shipped()(reading.masks.inputs) for reading in readings]
    groups, right = by_group(readings, scores, shipped().min_score), accuracy(readings)
    return {
        "measured": "the objectness that is shipped",
        "min_score": shipped().min_score,
        "groups": {name: figures | right[name] for name, figures in groups.items()},
        "reliability": bins(readings, scores),
    }


def _fitted(readings: Sequence[ClipReading], path: Path) -> dict[str, Any]:
    """Figures of what was learnt, each clip held out, and what is written."""
    objectness, scores = fitted([reading.masks for reading in readings])
    write_objectness(objectness, path)
    return {
        "measured": "each half of the clips scored by what the other half taught",
        "min_score": objectness.min_score,
        "groups": by_group(readings, scores, objectness.min_score),
        "reliability": bins(readings, scores),
        "learnt": asdict(objectness),
    }


def _print(result: dict[str, Any]) -> None:
    out = console()
    print_origin(out, result)
    rows = [[name, *map(_text, figures.values())] for name, figures in result["groups"].items()]
    headings = [HEADINGS[name] for name in next(iter(result["groups"].values()))]
    title = f"{result['measured']}; shown: score of at least {result['min_score']:.2f}"
    print_table(out, title, ["clips", *headings], rows)
    bins = result["reliability"]
    print_table(
        out,
        "reliability: masks by their score",
        ["", *(f"{place / 10:.1f}-{(place + 1) / 10:.1f}" for place in range(len(bins["masks"])))],
        [[name, *map(_text, values)] for name, values in bins.items()],
    )
    out.print(
        (
            f"right: IoU of at least {RIGHT} with a true object. AUC: masks more than {ON:.0%} of "
            f"which lie on true objects against those of which less than {OFF:.0%} do, which are "
            "false; some of these are things that nobody annotated."
        ),
        markup=False,
    )
    if "learnt" in result:
        out.print(json.dumps(result["learnt"]), markup=False)


def _text(value: float | None) -> str:
    """A dash for what was not measured; counts in full."""
    if value is None:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.3f}"

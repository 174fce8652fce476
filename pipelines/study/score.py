"""``glom-video study score``: whether a track's score says how likely it is right; and fitting
it."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, product
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Bool, Float32, Float64
from rich.console import Console

from glom_video.evaluate import ClipScore
from glom_video.evaluate.calibration import area_under_curve, reliability
from glom_video.structures import InvalidInput
from glom_video.track import Objectness, shipped
from glom_video.track.objectness import INPUTS
from glom_video_pipelines.model import load_glom
from glom_video_pipelines.study.report import console, origin, print_origin, print_table
from glom_video_pipelines.study.score_masks import (
    ALL,
    SHOWN,
    ClipReading,
    LabelledClip,
    read_clips,
    rendered_clips,
    tree_clips,
)

RIGHT = 0.5
"""IoU with a true object from which a mask is right."""
ON, OFF = 0.5, 0.1
"""A mask more than ON of which lies on true objects is on one; less than OFF, beside all."""
KEPT = 0.95
"""Share of right masks that the least score leaves."""
STRENGTH = 0.01
"""Inverse of the weight of the penalty on squared coefficients, of inputs of unit variance. Weak
penalties lean on sharpness alone, which tells pieces of objects and not backgrounds."""
FIGURES = ("fg_ari_video", "J_best", "J_fg")
Column = TypeVar("Column", bound=np.ndarray)


def run_score(
    *,
    trees: Sequence[Path],
    only_main: Sequence[Path],
    clips: int,
    frames: int,
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
        clips: of each family of the renderer, ``frames`` long; trees are read to their end, or to
            ``frames`` of each clip where the score is learnt.

    Raises:
        InvalidInput: nothing to measure on, or trees that cannot be read.
    """
    glom = load_glom(weights, device)
    first = frames if fit is not None else None
    sources: Iterable[LabelledClip] = chain(
        rendered_clips(clips, frames, size, photos),
        *(tree_clips(tree, first, only_main=False) for tree in trees),
        *(tree_clips(tree, first, only_main=True) for tree in only_main),
    )
    readings = list(_watched(read_clips(glom, sources)))
    if not any(reading.masks for reading in readings):
        raise InvalidInput("no clip holds an object mask", "Name trees, or ask for --clips.")
    result = origin(glom)
    if fit is None:
        scores = [_scored(shipped(), reading) for reading in readings]
        measured = "the objectness that is shipped"
        result |= {"measured": measured, **_by_group(readings, scores, shipped().min_score)}
        for group, accuracy in _accuracy(readings).items():
            result["groups"][group] |= accuracy
    else:
        result |= _fitted(readings, fit)
    if as_json:
        print(json.dumps(result))
    else:
        _print(result)
    return 0


def _watched(readings: Iterable[ClipReading]) -> Iterable[ClipReading]:
    out = Console(stderr=True, highlight=False)
    for reading in readings:
        out.print(f"{reading.group} {reading.name}: {len(reading.masks)} masks")
        yield reading


def _fitted(readings: Sequence[ClipReading], path: Path) -> dict[str, Any]:
    """Each half of the clips is scored by what the other half taught; what is written is learnt
    from all."""
    halves = [readings[0::2], readings[1::2]]
    taught = [_learn(half) for half in halves]
    scores = [_scored(taught[1 - place % 2], each) for place, each in enumerate(readings)]
    known_right = _joined(readings, _right) & _joined(readings, _labelled)
    held_out = np.concatenate(scores)[known_right]
    learnt = _learn(readings)
    least = math.floor(100 * np.quantile(held_out, 1 - KEPT)) / 100
    made = {
        "weights": dict(zip(INPUTS, learnt.weights, strict=True)),
        "bias": learnt.bias,
        "min_score": least,
    }
    path.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    return {
        "measured": "each half of the clips with what the other half taught",
        "learnt": made,
        **_by_group(readings, scores, least),
    }


def _learn(readings: Sequence[ClipReading]) -> Objectness:
    """Needs scikit-learn. Raises InvalidInput where no mask is right, or none wrong."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise InvalidInput(
            "fitting needs scikit-learn", "Install it: pip install scikit-learn."
        ) from error
    labelled = _joined(readings, _labelled)
    x = _joined(readings, _inputs)[labelled].astype(np.float64)
    y = _joined(readings, _right)[labelled]
    if y.all() or not y.any():
        raise InvalidInput(
            f"of {len(y)} masks {int(y.sum())} are right: there is nothing to learn",
            "Give more clips.",
        )
    mean, spread = x.mean(0), np.maximum(x.std(0), 1e-9)
    model = LogisticRegression(C=STRENGTH, max_iter=1000).fit((x - mean) / spread, y)
    weights = model.coef_[0] / spread
    bias = float(model.intercept_[0] - weights @ mean)
    return Objectness([round(weight, 4) for weight in weights.tolist()], round(bias, 4), 0.0)


def _inputs(reading: ClipReading) -> Float32[np.ndarray, "n c"]:
    rows = [mask.inputs for mask in reading.masks]
    return np.stack(rows) if rows else np.zeros((0, len(INPUTS)), np.float32)


def _scored(objectness: Objectness, reading: ClipReading) -> Float32[np.ndarray, " n"]:
    return objectness(_inputs(reading))


def _on_object(reading: ClipReading) -> Float64[np.ndarray, " n"]:
    return np.array([mask.on_object for mask in reading.masks], np.float64)


def _right(reading: ClipReading) -> Bool[np.ndarray, " n"]:
    return np.array([mask.iou >= RIGHT for mask in reading.masks], bool)


def _labelled(reading: ClipReading) -> Bool[np.ndarray, " n"]:
    """Whether it is known of each mask that it is right or wrong."""
    return np.array([not reading.only_main or m.on_object >= OFF for m in reading.masks], bool)


def _joined(readings: Sequence[ClipReading], column: Callable[[ClipReading], Column]) -> Column:
    """A column over the masks of all clips."""
    return np.concatenate([column(each) for each in readings])


def _groups(readings: Sequence[ClipReading]) -> dict[str, list[int]]:
    """Places of the clips of each group, and of all where there are several."""
    places: dict[str, list[int]] = {}
    for place, reading in enumerate(readings):
        places.setdefault(reading.group, []).append(place)
    return places | {"all": list(range(len(readings)))} if len(places) > 1 else places


def _by_group(
    readings: Sequence[ClipReading], scores: Sequence[Float32[np.ndarray, " n"]], least: float
) -> dict[str, Any]:
    """Figures of each group of clips and of all, and the reliability of all."""
    groups = {
        name: _figures([readings[i] for i in chosen], [scores[i] for i in chosen], least)
        for name, chosen in _groups(readings).items()
    }
    labelled = _joined(readings, _labelled)
    every = reliability(np.concatenate(scores)[labelled], _joined(readings, _right)[labelled])
    bins = {
        "masks": every.counts.tolist(),
        "score": every.scores.round(3).tolist(),
        "right": every.right.round(3).tolist(),
    }
    return {"min_score": least, "groups": groups, "reliability": bins}


def _figures(
    readings: Sequence[ClipReading], scores: Sequence[Float32[np.ndarray, " n"]], least: float
) -> dict[str, float | None]:
    """Of some clips: how well the score tells masks on objects from others, how calibrated it is,
    and what the least score takes away."""
    labelled = _joined(readings, _labelled)
    score = np.concatenate(scores)[labelled]
    on, right = _joined(readings, _on_object)[labelled], _joined(readings, _right)[labelled]
    clear, beside = (on > ON) | (on < OFF), on < OFF
    frames = sum(each.frames for each in readings if not each.only_main)
    figures: dict[str, float | None] = {
        "masks": len(score),
        "right": right.sum() / max(len(right), 1),
        "auc": area_under_curve(score[clear], on[clear] > ON),
        "calibration_error": reliability(score, right).error,
        "right_shown": (right & (score >= least)).sum() / max(right.sum(), 1),
        "beside_all": beside.sum() / frames if frames else None,
        "beside_shown": (beside & (score >= least)).sum() / frames if frames else None,
    }
    return {
        name: value if value is None or isinstance(value, int) else float(value)
        for name, value in figures.items()
    }


def _accuracy(readings: Sequence[ClipReading]) -> dict[str, dict[str, float | None]]:
    """How right each group of clips is with all masks, and with those shown."""
    return {
        group: {
            f"{name}_{which}": _mean([readings[place].scores[which] for place in chosen], name)
            for name, which in product(FIGURES, (ALL, SHOWN))
        }
        for group, chosen in _groups(readings).items()
    }


def _mean(scores: Sequence[ClipScore], name: str) -> float | None:
    """Over the clips that define it."""
    found = [score.figures[name] for score in scores if name in score.figures]
    return float(np.mean(found)) if found else None


COLUMNS = {
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
"""Figures and their headings."""


def _print(result: dict[str, Any]) -> None:
    out = console()
    print_origin(out, result)
    rows = [[name, *map(_text, figures.values())] for name, figures in result["groups"].items()]
    headings = [COLUMNS[name] for name in next(iter(result["groups"].values()))]
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
    return "-" if value is None else str(value) if isinstance(value, int) else f"{value:.3f}"

"""``glom-video study time``: whether ids survive the events of scripted clips, with each temporal
feature on and off.

Features are switched off in a model that was trained with all of them, so this measures how far it
relies on them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise, product
from statistics import fmean
from typing import Any

from glom_video.glom import Glom
from glom_video.perceive import Perceiver, PreparedFrame, Settings
from glom_video.structures import Frame, InvalidInput
from glom_video.synth import Textures
from glom_video_pipelines.model import load_glom
from glom_video_pipelines.study.id_outcome import IdOutcome, id_outcomes
from glom_video_pipelines.study.matching import at_cells
from glom_video_pipelines.study.options import StudyOptions
from glom_video_pipelines.study.pairs import PAIRS, pair
from glom_video_pipelines.study.report import (
    console,
    origin,
    print_origin,
    print_result,
    print_table,
)
from glom_video_pipelines.study.scripts import SCRIPTS, SUBJECT, ClipInputs, DrawScript, Script

ALL_SCRIPTS: Mapping[str, DrawScript] = {**SCRIPTS, **dict.fromkeys(PAIRS, pair)}
FORGETTING_SECONDS = 0.1
"""A tracker with so short a memory knows the previous frame, and nothing that was hidden."""
LEGEND = (
    (
        "Found before: share of clips in which one id covers the object in most of the last five "
        "frames before the event; all else is of these clips."
    ),
    (
        "Same id at once / in the end: in the first frame after the event / in most of the last "
        "five frames of the clip. After a cut another object"
    ),
    (
        "is shown: the same id is a mistake there. Recovery: frames after the event until the old "
        "id (after a cut: any) covers the object again, IoU"
    ),
    (
        "of half or more; a clip in which none does counts with all its frames. Features are "
        "switched off at inference; the weights learnt with them."
    ),
)


@dataclass(frozen=True, slots=True)
class Feature:
    """A temporal feature, switched off."""

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Settings of GlomConfig."""
    forgets_hidden: bool = False
    """Whether the tracker forgets tracks that are out of sight."""
    ignores_gaps: bool = False
    """Whether the model is told that one frame has passed, however many were dropped."""


LEAST_ASPECT = 1.25
"""Width by height."""
FEATURES = (
    Feature("all on"),
    Feature("no carry", {"carry": False}),
    Feature("no warp", {"warp": False}),
    Feature("no gate", {"gate": False}),
    Feature("no next state", {"next_state": False}),
    Feature("no memory of hidden tracks", forgets_hidden=True),
    Feature("no true time step", ignores_gaps=True),
)


def run_time(
    options: StudyOptions,
    features: Sequence[Feature],
    scripts: Mapping[str, DrawScript],
) -> int:
    """Measure every script with every feature, print the table and return 0. Raises InvalidInput
    for a picture too narrow for what the scripts show."""
    height, width = options.size
    if width < LEAST_ASPECT * height:
        raise InvalidInput(
            f"in clips of {width}x{height} the object that hides another fills the picture",
            "Ask for a --size at least 5:4 wide, such as 384x216.",
        )
    glom = load_glom(options.weights, options.device)
    textures = Textures.load(options.photos)
    models = [(feature, switched(glom, feature.changes)) for feature in features]
    seen: dict[tuple[str, str], list[list[IdOutcome]]] = {}
    cuts_seen: list[bool] = []
    for seed, (name, draw) in product(range(options.clips), scripts.items()):
        drawn = draw(name, ClipInputs(seed, textures, height, width))
        prepared = prepared_frames(drawn.frames, glom, options.settings)
        if drawn.subject_after != SUBJECT:
            cuts_seen.append(prepared[drawn.after].reset == "cut")
        for feature, model in models:
            if not feature.ignores_gaps or _has_gaps(drawn.frames):
                outcome = _outcome(drawn, prepared, model, feature, options.settings)
                seen.setdefault((drawn.name, feature.name), []).append(outcome)
    rows = [
        {"script": name, "features": feature, **summary(outcomes)}
        for (name, feature), outcomes in seen.items()
    ]
    title = f"{options.clips} of each script, {width}x{height}"
    result = origin(glom) | {
        "clips": title,
        "cuts_seen": sum(cuts_seen),
        "cuts": len(cuts_seen),
        "rows": rows,
    }
    print_result(result, _print, as_json=options.as_json)
    return 0


def chosen_scripts(names: Sequence[str] | None) -> dict[str, DrawScript]:
    """The scripts of these names, or all without names.

    Raises:
        InvalidInput: no script has one of the names.
    """
    if unknown := [name for name in names or () if name not in ALL_SCRIPTS]:
        raise InvalidInput(
            f"there is no script {unknown[0]!r}", f"Name one of: {', '.join(ALL_SCRIPTS)}."
        )
    return {name: draw for name, draw in ALL_SCRIPTS.items() if not names or name in names}


def switched(glom: Glom, changes: Mapping[str, Any]) -> Glom:
    """The same weights, ready for inference, with some settings of their config changed."""
    return glom.switched(changes).to(glom.ground.device).for_inference(glom.cell.products)


def _has_gaps(frames: Sequence[Frame]) -> bool:
    return any(later.index > frame.index + 1 for frame, later in pairwise(frames))


def prepared_frames(frames: Sequence[Frame], glom: Glom, settings: Settings) -> list[PreparedFrame]:
    """What moved, which is the same whatever the model does with it."""
    return list(Perceiver(glom, settings).prepare_recording(frames))


def _outcome(
    script: Script,
    prepared: Sequence[PreparedFrame],
    glom: Glom,
    feature: Feature,
    settings: Settings,
) -> list[IdOutcome]:
    if feature.forgets_hidden:
        settings = replace(
            settings, track=replace(settings.track, max_missed_seconds=FORGETTING_SECONDS)
        )
    if feature.ignores_gaps:
        prepared = [replace(each, elapsed_frames=1) for each in prepared]
    perceiver = Perceiver(glom, settings)
    found = [
        perceiver.parse_and_track(perceiver.update_columns(each)).tracks["object"]
        for each in prepared
    ]
    truth = [
        at_cells(ids, tracks.memberships.shape[1:])
        for ids, tracks in zip(script.truth, found, strict=True)
    ]
    return id_outcomes(script, truth, found)


def summary(outcomes: Sequence[Sequence[IdOutcome]]) -> dict[str, Any]:
    """Shares of clips, and means. ``outcomes``: of each clip those of its objects, which all have
    to be found and to keep their ids."""
    known = [clip for clip in outcomes if all(outcome.before is not None for outcome in clip)]
    figures: dict[str, Any] = {
        "clips": len(outcomes),
        "found_before": round(len(known) / len(outcomes), 3),
    }
    if not known:
        return figures
    at_once = fmean(all(each.at_once == each.before for each in clip) for clip in known)
    in_the_end = fmean(all(each.in_the_end == each.before for each in clip) for clip in known)
    recovery = fmean(max(each.recovery for each in clip) for clip in known)
    return figures | {
        "same_at_once": round(at_once, 3),
        "same_in_the_end": round(in_the_end, 3),
        "recovery_frames": round(recovery, 2),
        "outcomes": [[asdict(outcome) for outcome in clip] for clip in known],
    }


def _print(result: dict[str, Any]) -> None:
    out = console()
    print_origin(out, result)
    headings = [
        "what happens",
        "features",
        "clips",
        "found before",
        "same id at once",
        "same id in the end",
        "recovery, frames",
    ]
    print_table(
        out,
        f"ids before and after, {result['clips']}",
        headings,
        [_row(row) for row in result["rows"]],
        names=2,
    )
    for line in LEGEND:
        out.print(line)
    if result["cuts"]:
        out.print(f"The cut itself was seen in {result['cuts_seen']} of {result['cuts']} clips.")


def _row(row: dict[str, Any]) -> list[str]:
    cells = [row["script"], row["features"], str(row["clips"]), f"{row['found_before']:.0%}"]
    if "same_at_once" not in row:
        return [*cells, "-", "-", "-"]
    return [
        *cells,
        f"{row['same_at_once']:.0%}",
        f"{row['same_in_the_end']:.0%}",
        f"{row['recovery_frames']:.1f}",
    ]

"""The object masks of clips with truth: what their score is made of, and how right they are."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Integer

from glom_video.evaluate import VOID, ClipScore, ClipScorer, count_overlaps, segments
from glom_video.glom import Glom
from glom_video.perceive import Perceiver, PreparedFrame, prepare_recording
from glom_video.perceive.prepared import RESET_GAP_SECONDS, FramePreparation
from glom_video.structures import Tracks, id_image
from glom_video.synth import FAMILIES, Textures
from glom_video.track import inputs, shipped, shown
from glom_video_pipelines.evaluate.clips import find_clips
from glom_video_pipelines.evaluate.frames import given_frames
from glom_video_pipelines.evaluate.truth import find_truth
from glom_video_pipelines.study.clips import frames_of, render_family

Labels = Integer[np.ndarray, "H W"]
LabelledFrames = Iterator[tuple[PreparedFrame, Labels]]
ALL, SHOWN = "all", "shown"


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """A clip whose true objects are known."""

    group: str
    """What it is one of: the folder of a tree, or the renderer."""
    name: str
    frames: LabelledFrames
    only_main: bool = False
    """The truth is the main object alone: what lies elsewhere may be an object or not."""


class MaskReading(NamedTuple):
    """One object mask in one frame."""

    inputs: Float32[np.ndarray, " c"]
    iou: float
    """Of the true object that it fits best."""
    on_object: float
    """Share of it that lies on true objects."""


@dataclass(frozen=True, slots=True)
class ClipReading:
    """All masks of a clip, and how right they are with all of them and with those shown."""

    group: str
    name: str
    only_main: bool
    frames: int
    masks: list[MaskReading]
    scores: dict[str, ClipScore]
    """By ALL and SHOWN; of the object level."""


def rendered_clips(
    per_family: int, frames: int, size: tuple[int, int], photos: Sequence[Path]
) -> Iterator[LabelledClip]:
    """So many clips of each family of the renderer, that training never shows."""
    textures, (height, width) = Textures.load(photos), size
    for family in FAMILIES if per_family else ():
        drawn = render_family(
            family, per_family, frames=frames, height=height, width=width, textures=textures
        )
        for clip in drawn:
            prepared = prepare_recording(
                FramePreparation(RESET_GAP_SECONDS, None), frames_of(clip.clip.images)
            )
            labelled = zip(prepared, clip.clip.objects, strict=True)
            yield LabelledClip("rendered", clip.name, labelled)


def tree_clips(tree: Path, frames: int | None, *, only_main: bool) -> Iterator[LabelledClip]:
    """The clips of a DAVIS tree with truth, the first ``frames`` of each.

    Raises InvalidInput where there is no such tree.
    """
    for clip in find_clips([tree], tree):
        truth = find_truth(tree, clip.name)
        given = (
            (each.prepared, each.truth["object"])
            for each in islice(given_frames(clip, truth, for_models=False), frames)
            if each.prepared is not None and "object" in each.truth
        )
        yield LabelledClip(tree.resolve().name, clip.name, given, only_main)


def read_clips(glom: Glom, clips: Iterable[LabelledClip]) -> Iterator[ClipReading]:
    """The masks of each clip, one clip after the other."""
    for clip in clips:
        yield _read(glom, clip)


def _read(glom: Glom, clip: LabelledClip) -> ClipReading:
    perceiver = Perceiver(glom, min_score=0)
    scorers = {which: ClipScorer(which, clip.name) for which in (ALL, SHOWN)}
    masks: list[MaskReading] = []
    frames = 0
    for prepared, truth in clip.frames:
        tracks = perceiver.parse_and_track(perceiver.update_columns(prepared)).tracks
        whole = id_image(tracks["object"], *truth.shape)
        masks += _masks(tracks["object"], _inputs(perceiver, tracks["object"]), whole, truth)
        visible = shown(tracks, shipped().min_score)["object"]
        kept = np.where(np.isin(whole, visible.ids), whole, 0)
        for which, ids in ((ALL, whole), (SHOWN, kept)):
            scorers[which].add({"object": ids}, {"object": truth}, None)
        frames += 1
    scores = {which: scorer.result()[0] for which, scorer in scorers.items()}
    return ClipReading(clip.group, clip.name, clip.only_main, frames, masks, scores)


def _inputs(perceiver: Perceiver, objects: Tracks) -> Float32[np.ndarray, "k c"]:
    """What the scores of the frame just answered for are made of."""
    by_id = {track.id: track.cues for track in perceiver.tracker.live["object"]}
    cues = [by_id[number] for number in objects.ids.tolist()]
    return inputs(np.stack(cues), objects.age_seconds) if cues else np.zeros((0, 0), np.float32)


def _masks(
    objects: Tracks, of_tracks: Float32[np.ndarray, "k c"], ids: Labels, truth: Labels
) -> list[MaskReading]:
    """Those that have pixels; what is VOID in the truth counts for nothing."""
    counted = truth != VOID
    pairs = segments(count_overlaps(truth[counted], ids[counted]))
    best, on_objects = pairs.iou.max(0, initial=0), pairs.intersections.sum(0)
    rows = {number: row for row, number in enumerate(objects.ids.tolist())}
    return [
        MaskReading(of_tracks[rows[int(number)]], float(best[j]), float(on_objects[j] / size))
        for j, (number, size) in enumerate(
            zip(pairs.predicted_ids, pairs.predicted_sizes, strict=True)
        )
    ]

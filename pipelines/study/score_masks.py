"""The object masks of clips with truth: what their score is made of, and how right they are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32, Float64, Integer

from glom_video.evaluate import VOID, ClipScore, ClipScorer, count_overlaps, segments
from glom_video.glom import Glom
from glom_video.perceive import Perceiver, PreparedFrame, prepare_recording
from glom_video.perceive.prepared import FramePreparation
from glom_video.structures import Tracks, id_image
from glom_video.synth import FAMILIES, Textures
from glom_video.track import inputs, shipped, shown
from glom_video.track.objectness import INPUTS
from glom_video.track.objects import Objects
from glom_video_pipelines.evaluate.frames import given_frames
from glom_video_pipelines.evaluate.inputs import find_clips
from glom_video_pipelines.evaluate.truth import find_truth
from glom_video_pipelines.study.held_out_clips import frames_of, render_family
from glom_video_pipelines.study.options import STUDY_SETTINGS

Labels = Integer[np.ndarray, "H W"]
LabelledFrames = Iterator[tuple[PreparedFrame, Labels]]
ALL, SHOWN = "all", "shown"
RIGHT = 0.5
"""IoU with a true object from which a mask is right."""
OFF = 0.1
"""A mask of which less lies on true objects is beside all of them."""


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """A clip whose true objects are known."""

    group: str
    """What it is one of: the folder of a tree, or the renderer."""
    name: str
    frames: LabelledFrames
    only_main: bool = False
    """The truth is the main object alone: what lies elsewhere may be an object or not."""


@dataclass(frozen=True, slots=True)
class Masks:
    """Object masks, of one frame or of many."""

    inputs: Float32[np.ndarray, "n c"]
    """What the score of each is made of."""
    iou: Float64[np.ndarray, " n"]
    """Of the true object that each fits best."""
    on_object: Float64[np.ndarray, " n"]
    """Share of each that lies on true objects."""
    has_label: Bool[np.ndarray, " n"]
    """Whether it is known of each that it is right or wrong."""

    @classmethod
    def joined(cls, several: Sequence["Masks"]) -> "Masks":
        """All masks of several; none of none."""
        columns = zip(*(astuple(each) for each in (NO_MASKS, *several)), strict=True)
        return cls(*map(np.concatenate, columns))

    @property
    def right(self) -> Bool[np.ndarray, " n"]:
        """Whether each fits a true object with an IoU of at least RIGHT."""
        return self.iou >= RIGHT


NO_MASKS = Masks(
    np.zeros((0, len(INPUTS)), np.float32), np.zeros(0), np.zeros(0), np.zeros(0, bool)
)


@dataclass(frozen=True, slots=True)
class ClipReading:
    """All object masks of a clip, and how right they are with all of them and with those shown."""

    group: str
    name: str
    only_main: bool
    frames: int
    masks: Masks
    scores: Mapping[str, ClipScore]
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
                FramePreparation(STUDY_SETTINGS.motion), frames_of(clip.clip.images)
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
            for each in islice(
                given_frames(clip, truth, STUDY_SETTINGS.motion, for_models=False, for_peers=False),
                frames,
            )
            if each.prepared is not None and "object" in each.truth
        )
        yield LabelledClip(tree.resolve().name, clip.name, given, only_main)


def read_clips(glom: Glom, clips: Iterable[LabelledClip]) -> Iterator[ClipReading]:
    """The masks of each clip, one clip after the other."""
    for clip in clips:
        yield _read(glom, clip)


def _read(glom: Glom, clip: LabelledClip) -> ClipReading:
    perceiver = Perceiver(glom, STUDY_SETTINGS)
    scorers = {which: ClipScorer(which, clip.name) for which in (ALL, SHOWN)}
    masks: list[Masks] = []
    for prepared, truth in clip.frames:
        tracks = perceiver.parse_and_track(perceiver.update_columns(prepared)).tracks
        whole = id_image(tracks["object"], *truth.shape)
        cues = cues_of_objects(perceiver.tracker.objects)
        masks.append(_masks(tracks["object"], cues, whole, truth, clip.only_main))
        visible = shown(tracks, shipped().min_score)["object"]
        kept = np.where(np.isin(whole, visible.ids), whole, 0)
        for which, ids in ((ALL, whole), (SHOWN, kept)):
            scorers[which].add({"object": ids}, {"object": truth}, None)
    scores = {which: score for which, scorer in scorers.items() for score in scorer.result()}
    return ClipReading(
        clip.group, clip.name, clip.only_main, len(masks), Masks.joined(masks), scores
    )


def cues_of_objects(objects: Objects) -> dict[int, Float32[np.ndarray, " c"]]:
    """Of each object so far, by id: those of its own track, or of a piece of it where that is
    forgotten."""
    of_pieces = {objects.pieces.of(track.id): track.cues for track in reversed(objects.live)}
    return of_pieces | {track.id: track.cues for track in objects.live}


def _masks(
    objects: Tracks,
    cues: Mapping[int, Float32[np.ndarray, " c"]],
    ids: Labels,
    truth: Labels,
    only_main: bool,
) -> Masks:
    """Those that have pixels; what is VOID in the truth counts for nothing. ``cues``: of each
    object so far."""
    counted = truth != VOID
    pairs = segments(count_overlaps(truth[counted], ids[counted]))
    if not len(pairs.predicted_ids):
        return NO_MASKS
    rows = [objects.ids.tolist().index(number) for number in pairs.predicted_ids.tolist()]
    made_of = inputs(
        np.stack([cues[number] for number in pairs.predicted_ids.tolist()]),
        objects.age_seconds[rows],
    )
    on_object = pairs.intersections.sum(0) / pairs.predicted_sizes
    has_label = on_object >= OFF if only_main else np.ones(len(rows), bool)
    return Masks(made_of, pairs.iou.max(0, initial=0), on_object, has_label)

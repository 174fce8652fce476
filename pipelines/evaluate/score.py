"""One clip -> its scores: the method's own, and those of controls and peers that were given the same frames."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from jaxtyping import Float32, Int32, Integer

from glom_video.baselines import every_column, fixed_grid, motion_mask, one_island, shuffled, unlinked
from glom_video.evaluate import ClipScore, ClipScorer, read_mask, visible_step
from glom_video.motion import estimate_motion, grey, no_motion, working_image
from glom_video.read import image_files, read
from glom_video.structures import Frame, InvalidInput, Motion, Percept, id_image
from pipelines.evaluate.clips import Clip, Truth, check_fit, check_frames

Perceive = Callable[[Iterable[Frame]], Iterable[Percept]]
"""The model on one clip."""

NO_TRUTH = Truth({}, {}, (0, 0))
MOTION_PEER = "flow minus camera"
SHUFFLED = "truth, ids shuffled"
STILL = {"one island": one_island, "every column": every_column, "fixed grid": fixed_grid}
UNLINKED, FROZEN = "ids unlinked", "last map frozen"


def is_control(method: str) -> bool:
    """Whether a method of the tables is a control: something to lose against is no result."""
    return method in {*STILL, SHUFFLED} or method.endswith((UNLINKED, FROZEN))


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a method says of one frame."""

    name: str
    labels: Mapping[str, Integer[np.ndarray, "H W"]]
    """By level, at the scored size."""
    motion: Motion | None
    vectors: Mapping[str, tuple[Int32[np.ndarray, " k"], Float32[np.ndarray, "k d"]]] = field(default_factory=dict)
    """Ids and embeddings of the islands by level, where the method has any."""


def score_clip(
    clip: Clip,
    truth: Truth | None,
    perceive: Perceive | None,
    *,
    controls: bool = False,
    peers: bool = False,
    first_frames: int | None = None,
    on_frame: Callable[[], None] = lambda: None,
) -> list[ClipScore]:
    """Scores of the clip's method per level, then of controls and peers; ``perceive`` may be None for clips that are masks.

    Accuracy is measured at the truth's resolution, on the frames that have truth. Memory does not grow with the clip but for ids and,
    with truth, an overlap table per frame. Raises InvalidInput for clips that cannot be read and truth that does not fit.
    """
    if truth is not None:
        check_fit(clip, truth)
    size = truth.size if truth is not None else clip.size()
    known = truth or NO_TRUTH
    scorer, loose = ClipScorer(clip.method, clip.name), ClipScorer(f"{clip.method}, {UNLINKED}", clip.name)
    names: list[str] = []
    last: Mapping[str, Integer[np.ndarray, "H W"]] = {}
    next_id = 1
    for frame in islice(_predicted(clip, size, perceive), first_frames):
        true, joints = known.labels(frame.name), known.joints.get(frame.name, ())
        step = visible_step(frame.motion, *size)
        scorer.add(frame.labels, true, step, joints)
        for level, vectors in frame.vectors.items():
            scorer.add_embeddings(level, *vectors)
        if controls:
            fresh = {}
            for level, labels in frame.labels.items():
                fresh[level], next_id = unlinked(labels, next_id)
            loose.add(fresh, true, step, joints)
        names.append(frame.name)
        last = frame.labels
        on_frame()
    if truth is not None and first_frames is None:
        check_frames(clip, truth, names)
    scores = scorer.result() + (loose.result() if controls else [])
    if controls or peers:
        scores += _score_others(clip, known, last, islice(_moved(clip), len(names)), controls=controls, peers=peers)
    return scores


def _predicted(clip: Clip, size: tuple[int, int], perceive: Perceive | None) -> Iterator[Predicted]:
    return _from_masks(clip, size) if clip.masks else _from_model(clip, size, perceive)


def _from_model(clip: Clip, size: tuple[int, int], perceive: Perceive | None) -> Iterator[Predicted]:
    assert clip.pictures is not None, "a clip has masks or pictures"
    assert perceive is not None, "a clip without masks is run through the model"
    names = clip.frame_names()
    for percept in perceive(read(clip.pictures)):
        index = percept.frame.index
        yield Predicted(
            names[index] if names is not None else f"{index:05d}",
            {level: id_image(tracks, *size) for level, tracks in percept.tracks.items()},
            percept.motion,
            {level: (tracks.ids, tracks.embeddings) for level, tracks in percept.tracks.items()},
        )


def _from_masks(clip: Clip, size: tuple[int, int]) -> Iterator[Predicted]:
    for name, motion in _moved(clip):
        files = {level: masks[name] for level, masks in clip.masks.items() if name in masks}
        labels = {level: read_mask(path) for level, path in files.items()}
        for level, mask in labels.items():
            if mask.shape != size:
                raise InvalidInput(f"{files[level]} is of another size than the masks before it", "Write all masks of a clip in one size.")
        if labels:
            yield Predicted(name, labels, motion)


def _moved(clip: Clip) -> Iterator[tuple[str, Motion | None]]:
    """Frame names and the motion that leads to each; None where there are no pictures to see it in."""
    if clip.pictures is None:
        yield from ((name, None) for name in clip.frame_names() or [])
        return
    files = image_files(clip.pictures) if clip.pictures.is_dir() else None
    previous: tuple[int, np.ndarray] | None = None
    for frame in read(clip.pictures):
        now = grey(working_image(frame.image))
        follows = previous is not None and previous[0] == frame.index - 1 and previous[1].shape == now.shape
        motion = estimate_motion(previous[1], now) if follows and previous is not None else no_motion(*now.shape)
        previous = frame.index, now
        yield files[frame.index].stem if files else f"{frame.index:05d}", motion


def _score_others(
    clip: Clip,
    truth: Truth,
    last: Mapping[str, Integer[np.ndarray, "H W"]],
    frames: Iterable[tuple[str, Motion | None]],
    *,
    controls: bool,
    peers: bool,
) -> list[ClipScore]:
    """Scores of what needs no model, over the same frames; ``last`` is the method's map of the last frame, by level."""
    size = next(iter(last.values())).shape
    maps = {title: dict.fromkeys(last, make(*size)) for title, make in STILL.items()} | {f"{clip.method}, {FROZEN}": last} if controls else {}
    scorers = {title: ClipScorer(title, clip.name) for title in (MOTION_PEER, *maps, SHUFFLED)}
    for index, (name, motion) in enumerate(frames):
        true, joints, step = truth.labels(name), truth.joints.get(name, ()), visible_step(motion, *size)
        for title, labels in maps.items():
            scorers[title].add(labels, true, step, joints)
        if controls and true and true.keys() == truth.masks.keys():
            scorers[SHUFFLED].add({level: shuffled(labels, index) for level, labels in true.items()}, true, step, joints)
        else:
            scorers[SHUFFLED].skip()
        if peers and motion is not None:
            scorers[MOTION_PEER].add({"object": motion_mask(motion, *size).astype(np.int32)}, true, step)
    return [score for scorer in scorers.values() for score in scorer.result()]

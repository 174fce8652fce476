"""One clip -> its scores: the method's own, and those of controls and peers that were given the same frames."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from jaxtyping import Integer

from glom_video.baselines import Answer, Peer, every_column, fixed_grid, one_island, shuffled, unlinked
from glom_video.evaluate import ClipScore, ClipScorer, FrameFigures, Step, visible_step
from glom_video.read import TruncatedSource
from glom_video.structures import InvalidInput, Joint
from pipelines.evaluate.clips import Clip
from pipelines.evaluate.frames import Perceive, Predicted, moved, predicted
from pipelines.evaluate.peers import is_peer
from pipelines.evaluate.truth import Truth, check_fit, check_frames, with_background

NO_TRUTH = Truth({}, {}, (0, 0))
SHUFFLED = "truth, ids shuffled"
STILL = {"one island": one_island, "every column": every_column, "fixed grid": fixed_grid}
UNLINKED, FROZEN = "ids unlinked", "last map frozen"

MakePeer = Callable[[int, int], Peer]
"""(height, width) of the answers -> a peer for one clip."""


def is_control(method: str) -> bool:
    """Whether a method of the tables is a control: something to lose against is no result."""
    return method in {*STILL, SHUFFLED} or method.endswith((UNLINKED, FROZEN))


def is_still(method: str) -> bool:
    """Whether a method of the tables is a control whose map never changes, so that its stability means nothing."""
    return method in STILL or method.endswith(FROZEN)


def is_other(method: str) -> bool:
    """Whether a method of the tables is a control or a peer, and not what is evaluated."""
    return is_peer(method) or is_control(method)


@dataclass(frozen=True, slots=True)
class Observed:
    """One frame of the method that is evaluated, as it was scored."""

    predicted: Predicted
    truth: Mapping[str, Integer[np.ndarray, "H W"]]
    step: Step | None
    figures: Mapping[str, FrameFigures]
    """By level."""
    metric_seconds: float
    """Of one core, that the metrics took."""


def _refuse(error: TruncatedSource) -> None:
    raise error


def score_clip(
    clip: Clip,
    truth: Truth | None,
    perceive: Perceive | None,
    *,
    controls: bool = False,
    peers: Mapping[str, MakePeer] | None = None,
    beside: Mapping[str, Perceive] | None = None,
    first_frames: int | None = None,
    on_frame: Callable[[Observed, ClipScorer], None] = lambda observed, scorer: None,
    on_break: Callable[[TruncatedSource], None] = _refuse,
) -> list[ClipScore]:
    """Scores of the clip's method per level, then of the models ``beside`` it, peers and controls; ``perceive`` may be None for clips that are masks.

    Accuracy is measured at the truth's resolution, on the frames that have truth. Memory does not grow with the clip but for ids and,
    with truth, an overlap table per frame. Peers and models need pictures and are left out where there are none. A video that breaks off is
    scored up to there if ``on_break`` takes it.
    Raises InvalidInput for clips that cannot be read and truth that does not fit.
    """
    clip = with_background(clip, truth)
    if truth is not None:
        check_fit(clip, truth)
    size = truth.size if truth is not None else clip.size()
    known = truth or NO_TRUTH
    scorer, loose = ClipScorer(clip.method, clip.name), ClipScorer(f"{clip.method}, {UNLINKED}", clip.name)
    unseen, frames, next_id = known.frame_names, 0, 1
    last: Mapping[str, Integer[np.ndarray, "H W"]] = {}
    breaks: list[TruncatedSource] = []
    for frame in islice(_until_break(predicted(clip, size, perceive), breaks), first_frames):
        true, joints = known.labels(frame.name), known.joints.get(frame.name, ())
        started = time.thread_time()
        step = visible_step(frame.motion, *size)
        figures = _add(scorer, frame, true, step, joints)
        spent = time.thread_time() - started
        if controls:
            fresh = {}
            for level, labels in frame.labels.items():
                fresh[level], next_id = unlinked(labels, next_id)
            loose.add(fresh, true, step, joints)
        unseen.discard(frame.name)
        last, frames = frame.labels, frames + 1
        shown = {level: np.maximum(labels, 0) for level, labels in true.items()}
        on_frame(Observed(frame, shown, step, figures, spent), scorer)
    if not frames:
        raise InvalidInput(f"{clip.name} holds no frame that could be scored", "Give a clip with frames, or masks named after its frames.")
    for error in breaks:
        on_break(error)
    if truth is not None and first_frames is None and not breaks:
        check_frames(clip, truth, unseen)
    scores = scorer.result() + (loose.result() if controls else [])
    scores += _score_beside(clip, known, size, frames, beside or {}) if clip.pictures is not None else []
    return scores + _score_others(clip, known, last, frames, controls=controls, peers=peers or {})


def _add(
    scorer: ClipScorer, told: Predicted | Answer, truth: Mapping[str, Integer[np.ndarray, "H W"]], step: Step | None, joints: Sequence[Joint]
) -> dict[str, FrameFigures]:
    """What a method says of one frame, with its islands' embeddings where they have any."""
    figures = scorer.add(told.labels, truth, step, joints)
    for level, vectors in told.vectors.items():
        scorer.add_embeddings(level, *vectors)
    return figures


def _until_break(frames: Iterator[Predicted], breaks: list[TruncatedSource]) -> Iterator[Predicted]:
    """Frames up to where the file breaks off, if it does, which is then noted in ``breaks``."""
    try:
        yield from frames
    except TruncatedSource as error:
        breaks.append(error)


def _score_beside(clip: Clip, truth: Truth, size: tuple[int, int], frames: int, beside: Mapping[str, Perceive]) -> list[ClipScore]:
    """Scores of other models that are run on the clip's pictures, over the frames that its method answered for."""
    answered = clip.answered
    scores = []
    for title, perceive in beside.items():
        scorer = ClipScorer(title, clip.name)
        shown = predicted(replace(clip, masks=None), size, perceive)
        for frame in islice((frame for frame in shown if not answered or frame.name in answered), frames):
            _add(scorer, frame, truth.labels(frame.name), visible_step(frame.motion, *size), truth.joints.get(frame.name, ()))
        scores += scorer.result()
    return scores


def _score_others(
    clip: Clip,
    truth: Truth,
    last: Mapping[str, Integer[np.ndarray, "H W"]],
    frames: int,
    *,
    controls: bool,
    peers: Mapping[str, MakePeer],
) -> list[ClipScore]:
    """Scores of controls and peers over the same frames; ``last`` is the method's map of the last frame, by level."""
    size = next(iter(last.values())).shape
    running = {title: make(size[0], size[1]) for title, make in peers.items()} if clip.pictures is not None else {}
    if not controls and not running:
        return []
    maps = {title: dict.fromkeys(last, make(*size)) for title, make in STILL.items()} | {f"{clip.method}, {FROZEN}": last} if controls else {}
    scorers = {title: ClipScorer(title, clip.name) for title in (*running, *maps, SHUFFLED)}
    for index, (name, frame, motion) in enumerate(islice(moved(clip), frames)):
        true, joints, step = truth.labels(name), truth.joints.get(name, ()), visible_step(motion, *size)
        for title, labels in maps.items():
            scorers[title].add(labels, true, step, joints)
        if controls and true and true.keys() == truth.masks.keys():
            scorers[SHUFFLED].add({level: shuffled(np.maximum(labels, 0), index) for level, labels in true.items()}, true, step, joints)
        else:
            scorers[SHUFFLED].skip()
        for title, peer in running.items():
            if frame is not None and motion is not None:
                _add(scorers[title], peer(frame, motion), true, step, joints)
    return [score for scorer in scorers.values() for score in scorer.result()]

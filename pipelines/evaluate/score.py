"""One clip -> its scores: all methods get the same frames, one by one."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from jaxtyping import Integer

from glom_video.baselines import Answer
from glom_video.evaluate import ClipScore, ClipScorer, FrameFigures, VisibleStep, visible_step
from glom_video.read import TruncatedSource
from glom_video.structures import LEVEL_NAMES, Frame, InvalidInput, Joint
from glom_video_pipelines.evaluate.controls import (
    FROZEN,
    SHUFFLED,
    UNLINKED,
    ShuffledTruth,
    Unlinked,
    still_controls,
)
from glom_video_pipelines.evaluate.frames import GivenFrame, given_frames
from glom_video_pipelines.evaluate.inputs import Clip
from glom_video_pipelines.evaluate.methods import (
    Method,
    Methods,
    ModelMethod,
    PeerMethod,
    own_method,
)
from glom_video_pipelines.evaluate.steps import KeptSteps
from glom_video_pipelines.evaluate.truth import Truth, check_fit, check_frames, with_background
from glom_video_pipelines.overlap import ahead

AHEAD = 2
"""Frames that wait between two threads, as in ``annotate``."""
NO_TRUTH = Truth({}, {}, (0, 0))
"""Where no truth is given."""
ALONE = Methods()
"""The clip's own method and nothing beside it."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One frame of the method that is evaluated, as it was scored."""

    name: str
    frame: Frame | None
    """None where there are no pictures."""
    labels: Mapping[str, Integer[np.ndarray, "H W"]]
    """By level, at the scored size."""
    step: VisibleStep | None
    figures: Mapping[str, FrameFigures]
    """By level."""
    metric_seconds: float
    """Of one core, that the metrics took."""


_Answered = tuple[GivenFrame, Answer | None]
"""A frame, and what the clip's method says of it; None where it does not answer."""


def _refuse(error: TruncatedSource) -> None:
    raise error


def score_clip(
    clip: Clip,
    truth: Truth | None,
    methods: Methods = ALONE,
    *,
    first_frames: int | None = None,
    on_frame: Callable[[Observed, ClipScorer], None] = lambda observed, scorer: None,
    on_break: Callable[[TruncatedSource], None] = _refuse,
) -> list[ClipScore]:
    """Scores of the clip's method per level, then of the models beside it, other methods and
    controls.

    Three threads: one decodes and prepares, one runs the clip's method, and this one scores.
    Accuracy is measured at the truth's resolution, on frames with truth. Memory does not grow with
    the clip, except for ids and, with truth, an overlap table per frame. The model of ``methods``
    may be None for clips that are masks. Methods that need pictures are left out without them. A
    video that breaks off is scored up to there if ``on_break`` is given.

    Raises:
        InvalidInput: the clip cannot be read, or the truth does not fit.
    """
    clip = with_background(clip, truth)
    if truth is not None:
        check_fit(clip, truth)
    size = clip.size() if truth is None else truth.size
    scoring = _Scoring(clip, truth or NO_TRUTH, size, methods)
    breaks: list[TruncatedSource] = []
    with closing(ahead(scoring.answers(), AHEAD, "answer")) as answers:
        for given, answer in _until_break(answers, breaks):
            if answer is None:
                scoring.perceive(given)
                continue
            on_frame(scoring.add(given, answer), scoring.scorer)
            if scoring.frames == first_frames:
                break
    if not scoring.frames:
        raise InvalidInput(
            f"{clip.name} holds no frame that could be scored",
            "Give a clip with frames, or masks named after its frames.",
        )
    for error in breaks:
        on_break(error)
    if truth is not None and first_frames is None and not breaks:
        check_frames(clip, truth, scoring.unseen)
    return scoring.result()


def _until_break(frames: Iterator[_Answered], breaks: list[TruncatedSource]) -> Iterator[_Answered]:
    """Frames up to where the file breaks off, if it does, which is then noted in ``breaks``."""
    try:
        yield from frames
    except TruncatedSource as error:
        breaks.append(error)


class _Scoring:
    """All methods on one clip, each with its scorer, frame by frame."""

    def __init__(self, clip: Clip, truth: Truth, size: tuple[int, int], methods: Methods) -> None:
        self._clip, self._truth, self._size = clip, truth, size
        self._method = own_method(clip, size, methods.model)
        self._answer = Answer({})
        """Of that method, for the frame at hand: controls are made of it."""
        self._motion, self._levels = methods.motion, tuple(clip.masks or LEVEL_NAMES)
        self._models: dict[str, Method] = {}
        self._peers: dict[str, Method] = {}
        if clip.pictures is not None:
            for title, make in methods.beside.items():
                self._models[title] = ModelMethod(make(), size)
            for title, make_peer in methods.peers.items():
                self._peers[title] = PeerMethod(make_peer(*size))
        before, after = self._controls() if methods.controls else ({}, {})
        self.scorer = ClipScorer(clip.method, clip.name)
        self._others = [
            (method, ClipScorer(title, clip.name))
            for title, method in (before | self._models | self._peers | after).items()
        ]
        self._steps = KeptSteps() if methods.controls else None
        self.frames = 0
        self.unseen = truth.frame_names
        """Names of the frames whose truth was not held against a prediction of its level."""

    def _controls(self) -> tuple[dict[str, Method], dict[str, Method]]:
        """Those that stand before peers in tables, and those after them."""
        unlinked = Unlinked(lambda: self._answer)
        return {f"{self._clip.method}, {UNLINKED}": unlinked}, {
            **still_controls(self._levels, self._size),
            SHUFFLED: ShuffledTruth(self._truth.masks),
        }

    def answers(self) -> Generator[_Answered, None, None]:
        """All given frames, each with what the clip's method says of it."""
        given_ahead = given_frames(
            self._clip,
            self._truth,
            self._motion,
            for_models=bool(self._models),
            for_peers=bool(self._peers),
        )
        with closing(ahead(given_ahead, AHEAD, "prepare")) as frames:
            for given in frames:
                yield given, self._method(given) if given.is_answered else None

    def perceive(self, given: GivenFrame) -> None:
        """A frame between those that are scored."""
        for model in self._models.values():
            model(given)

    def add(self, given: GivenFrame, answer: Answer) -> Observed:
        """Score what every method says of a frame, of which the clip's own said ``answer``; returns
        what that did."""
        self._answer, joints = answer, self._truth.joints.get(given.name, ())
        started = time.thread_time()
        step = visible_step(given.motion, *self._size)
        figures = _add(self.scorer, answer, given, step, joints)
        spent = time.thread_time() - started
        for method, scorer in self._others:
            _add(scorer, method(given), given, step, joints)
        if self._steps is not None:
            self._steps.add(given.name, given.seconds, step)
        if given.truth.keys() & self._levels <= answer.labels.keys():
            self.unseen.discard(given.name)
        self.frames += 1
        frame = given.prepared.frame if given.prepared is not None else None
        return Observed(given.name, frame, answer.labels, step, figures, spent)

    def result(self) -> list[ClipScore]:
        """Of all methods, in the order of tables; thrown away afterwards."""
        scorers = [self.scorer, *(scorer for _, scorer in self._others)]
        if self._steps is not None:
            scorers.insert(-1, self._frozen(self._steps))
        return [score for scorer in scorers for score in scorer.result()]

    def _frozen(self, steps: Iterable[tuple[str, float | None, VisibleStep | None]]) -> ClipScorer:
        """The control that says of every frame what the method said of the last one."""
        scorer = ClipScorer(f"{self._clip.method}, {FROZEN}", self._clip.name)
        for name, seconds, step in steps:
            scorer.add(
                self._answer.labels,
                self._truth.labels(name),
                step,
                self._truth.joints.get(name, ()),
                seconds=seconds,
            )
        return scorer


def _add(
    scorer: ClipScorer,
    answer: Answer | None,
    given: GivenFrame,
    step: VisibleStep | None,
    joints: Sequence[Joint],
) -> dict[str, FrameFigures]:
    """What a method says of one frame, with its islands' embeddings where they have any."""
    if answer is None:
        scorer.skip()
        return {}
    return scorer.add(
        answer.labels, given.truth, step, joints, seconds=given.seconds, vectors=answer.vectors
    )

"""One clip -> its frames, each decoded and prepared once, for all methods."""

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import tee

from glom_video.evaluate import LabelMaps
from glom_video.motion import MotionSettings
from glom_video.perceive import FramePreparation, PreparedFrame, prepare_recording
from glom_video.read import frame_names, is_images, read
from glom_video.structures import Frame, InvalidInput, Motion
from glom_video_pipelines.evaluate.inputs import Clip
from glom_video_pipelines.evaluate.truth import Truth


@dataclass(frozen=True, slots=True)
class GivenFrame:
    """What a method is given of one frame."""

    name: str
    truth: LabelMaps
    """By level, empty where there is none. Only a control uses it."""
    prepared: PreparedFrame | None
    """With the motion since the frame given before; None where there are no pictures. A frame with
    nothing before it has the motion to the next one, reversed."""
    recorded: PreparedFrame | None
    """The same frame among all those of the recording, as models are given it."""
    follows: bool = False
    """Whether the frame before is the one before it in the clip, and none is missing."""
    is_answered: bool = True
    """Whether the clip's method answers for it. If not, models run on it and nothing is scored."""

    @property
    def seconds(self) -> float | None:
        """When it is shown; None where there are no pictures."""
        return self.prepared.frame.pts_seconds if self.prepared is not None else None

    @property
    def motion(self) -> Motion | None:
        """From the frame before; None where nothing leads from there to here."""
        if self.prepared is None or not self.follows:
            return None
        return self.prepared.motion_since_frame


class StrideCheck:
    """How many frames of the source lie between two that are scored: as many as between the first
    two, or something is missing."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._stride: int | None = None

    def is_kept(self, index: int) -> bool:
        """Whether this frame follows the one before without a gap."""
        gap = index - self._last if self._last is not None else None
        self._last = index
        self._stride = self._stride or gap
        return gap is not None and gap == self._stride


def given_frames(
    clip: Clip, truth: Truth, motion: MotionSettings, *, for_models: bool, for_peers: bool
) -> Generator[GivenFrame, None, None]:
    """The frames that the clip's method answers for, in order.

    ``for_models``: where a prediction lacks some, with those between them, which models remember.
    The pictures are then decoded twice, since motion is another between other frames.
    ``for_peers``: with motion as fine as it gets in every frame, tick or not.

    Raises InvalidInput for pictures that cannot be read, or if no mask is named after a picture.
    """
    if clip.pictures is None:
        for name in clip.frame_names() or []:
            yield GivenFrame(name, truth.labels(name), None, None)
        return
    name_of, stride_check, is_empty = _names(clip), StrideCheck(), True
    pairs = _prepared(clip, name_of, motion, for_models=for_models, for_peers=for_peers)
    for prepared, recorded in pairs:
        name = name_of(recorded.frame.index)
        if prepared is None:
            yield GivenFrame(name, {}, None, recorded, is_answered=False)
            continue
        is_empty = False
        follows = stride_check.is_kept(prepared.frame.index)
        yield GivenFrame(name, truth.labels(name), prepared, recorded, follows)
    if is_empty:
        raise InvalidInput(
            f"no mask of {clip.name} is named after a frame of {clip.pictures}",
            "Name masks after the pictures, or by five-digit index for videos.",
        )


def _names(clip: Clip) -> Callable[[int], str]:
    """Frame index -> name."""
    assert clip.pictures is not None, "only pictures have an index"
    return frame_names(clip.pictures).__getitem__ if is_images(clip.pictures) else "{:05d}".format


def _prepared(
    clip: Clip,
    name_of: Callable[[int], str],
    motion: MotionSettings,
    *,
    for_models: bool,
    for_peers: bool,
) -> Iterator[tuple[PreparedFrame | None, PreparedFrame]]:
    """Each frame among those that the clip's method answers for, None where it does not, and among
    all of the recording, as models are given it."""
    fine = replace(motion, tick_seconds=0.0) if for_peers else motion
    if clip.masks is None:
        yield from _recording(clip, fine, motion)
        return
    answered = _answered(clip, name_of, fine)
    if for_models and (for_peers or not _is_complete(clip, name_of)):
        recording = (recorded for recorded, _ in _recording(clip, motion, motion))
        yield from _beside(answered, recording)
    else:
        yield from ((each, each) for each in answered)


def _beside(
    answered: Iterator[PreparedFrame], recording: Iterator[PreparedFrame]
) -> Iterator[tuple[PreparedFrame | None, PreparedFrame]]:
    """The frames of a recording up to the last that is answered for, each beside its answered
    one."""
    for prepared in answered:
        for recorded in recording:
            if recorded.frame.index == prepared.frame.index:
                yield prepared, recorded
                break
            yield None, recorded


def _is_complete(clip: Clip, name_of: Callable[[int], str]) -> bool:
    """Whether the prediction answers for all frames from the first one on, up to some frame."""
    answered = clip.answered
    try:
        return all(name_of(index) in answered for index in range(len(answered)))
    except IndexError:  # masks of more frames than there are
        return False


def _recording(
    clip: Clip, motion: MotionSettings, other: MotionSettings
) -> Iterator[tuple[PreparedFrame, PreparedFrame]]:
    """All frames of a recording, each decoded once and prepared by both settings."""
    assert clip.pictures is not None, "there is something to read"
    with closing(read(clip.pictures)) as frames:
        if motion == other:
            prepared = prepare_recording(FramePreparation(motion), frames)
            yield from ((each, each) for each in prepared)
            return
        copies = zip((motion, other), tee(frames), strict=True)
        one, two = (prepare_recording(FramePreparation(each), copy) for each, copy in copies)
        yield from zip(one, two, strict=True)


def _answered(
    clip: Clip, name_of: Callable[[int], str], motion: MotionSettings
) -> Iterator[PreparedFrame]:
    """The frames that a prediction answers for. A gap among them begins a new scene, a long pause
    between two of them does not: they may be far apart."""
    answered, stride_check = clip.answered, StrideCheck()
    preparation = FramePreparation(replace(motion, reset_gap_seconds=math.inf))

    def kept() -> Iterator[Frame]:
        assert clip.pictures is not None, "there is something to read"
        with closing(read(clip.pictures)) as frames:
            for frame in frames:
                if name_of(frame.index) in answered:
                    if not stride_check.is_kept(frame.index):
                        preparation.forget()
                    yield frame

    return prepare_recording(preparation, kept())

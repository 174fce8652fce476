"""One clip -> its frames as they are scored: what the method says of each, and the motion that leads to it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Integer, UInt8

from glom_video.baselines import Vectors
from glom_video.formats import ClipMasks
from glom_video.motion import MotionHistory, estimate_motion, grey, no_motion, reverse_motion, working_image
from glom_video.read import frame_names, is_images, read
from glom_video.structures import Frame, InvalidInput, Motion, Percept, id_image
from pipelines.evaluate.clips import Clip, as_size

Perceive = Callable[[Iterable[Frame]], Iterable[Percept]]
"""The model on one clip."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a method says of one frame."""

    name: str
    frame: Frame | None
    """None where there are no pictures."""
    motion: Motion | None
    """From the frame before; None where there are no pictures, or where frames between the two are missing."""
    labels: Mapping[str, Integer[np.ndarray, "H W"]]
    """By level, at the scored size."""
    vectors: Vectors = field(default_factory=dict)


class Pace:
    """How many frames of the source lie between two that are scored: as many as between the first two, or something is missing."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._stride: int | None = None

    def is_kept(self, index: int) -> bool:
        """Whether this frame follows the one before without a gap."""
        gap = index - self._last if self._last is not None else None
        self._last = index
        self._stride = self._stride or gap
        return gap is not None and gap == self._stride


def predicted(clip: Clip, size: tuple[int, int], perceive: Perceive | None) -> Iterator[Predicted]:
    """What the clip's method says, frame by frame, at ``size`` (height, width). ``perceive`` is needed by clips without masks only."""
    return _from_model(clip, size, perceive) if clip.masks is None else _from_masks(clip, clip.masks, size)


def _from_model(clip: Clip, size: tuple[int, int], perceive: Perceive | None) -> Iterator[Predicted]:
    assert clip.pictures is not None, "a clip has masks or pictures"
    assert perceive is not None, "a clip without masks is run through the model"
    names, pace = clip.frame_names(), Pace()
    for percept in perceive(read(clip.pictures)):
        index = percept.frame.index
        yield Predicted(
            names[index] if names is not None else f"{index:05d}",
            percept.frame,
            percept.motion if pace.is_kept(index) else None,
            {level: id_image(tracks, *size) for level, tracks in percept.tracks.items()},
            {level: (tracks.ids, tracks.embeddings) for level, tracks in percept.tracks.items()},
        )


def _from_masks(clip: Clip, predicted: ClipMasks, size: tuple[int, int]) -> Iterator[Predicted]:
    for name, frame, motion in moved(clip):
        masks = {level: of_level[name] for level, of_level in predicted.items() if name in of_level}
        labels = {level: mask.labels() for level, mask in masks.items()}
        for level, found in labels.items():
            if found.shape != size:
                raise InvalidInput(
                    f"{masks[level]} is {as_size(found.shape)}, the masks before it {as_size(size)}", "Write all masks of a clip in one size."
                )
        yield Predicted(name, frame, motion, labels)


def moved(clip: Clip) -> Iterator[tuple[str, Frame | None, Motion | None]]:
    """The frames that the method answers for: name, picture, and the motion from the one before; None for both where there are no pictures.

    A frame with nothing before it, at the beginning or after a gap, is told what moves until the next one, turned round, as the model is.
    Raises InvalidInput if no mask is named after a picture.
    """
    answered = clip.answered
    if clip.pictures is None:
        yield from ((name, None, None) for name in clip.frame_names() or [])
        return
    names, pace = frame_names(clip.pictures) if is_images(clip.pictures) else None, Pace()
    previous: UInt8[np.ndarray, "Hm Wm"] | None = None
    history = MotionHistory()
    waiting: tuple[str, Frame] | None = None
    for frame in read(clip.pictures):
        name = names[frame.index] if names else f"{frame.index:05d}"
        if answered and name not in answered:
            continue
        now = grey(working_image(frame.image))
        before = previous if pace.is_kept(frame.index) and previous is not None and previous.shape == now.shape else None
        if waiting is not None and previous is not None:
            yield *waiting, no_motion(*previous.shape) if before is None else reverse_motion(estimate_motion(now, before))
        waiting = (name, frame) if before is None else None
        if before is None:
            history = MotionHistory()
        else:
            yield name, frame, history.measure(now, frame.pts_seconds)
        history.remember(now, frame.pts_seconds)
        previous = now
    if waiting is not None and previous is not None:
        yield *waiting, no_motion(*previous.shape)
    if previous is None:
        raise InvalidInput(
            f"no mask of {clip.name} is named after a frame of {clip.pictures}", "Name masks after the pictures, or by five-digit index for videos."
        )

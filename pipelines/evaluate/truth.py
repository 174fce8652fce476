"""The truth of a clip, and whether it fits the predictions."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Integer

from glom_video.evaluate import VOID
from glom_video.formats import ClipMasks, Mask, RleMask, annotation_levels, mask_files, read_joints
from glom_video.structures import LEVEL_NAMES, InvalidInput, Joint, naturally_sorted
from glom_video_pipelines.evaluate.inputs import Clip, as_size

VOID_LABEL = 255
"""As in davis2017-evaluation."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of one clip."""

    masks: ClipMasks
    """Files by level and frame name; a frame may have none."""
    joints: Mapping[str, Sequence[Joint]]
    """By frame name, in pixels of the masks."""
    size: tuple[int, int]
    with_void: frozenset[str] = frozenset()
    """Levels at which the label 255 of a mask of 8 bits stands for pixels that count for
    nothing."""

    @property
    def frame_names(self) -> set[str]:
        """Names of the frames that have a mask at some level."""
        return {name for files in self.masks.values() for name in files}

    def labels(self, frame: str) -> dict[str, Integer[np.ndarray, "H W"]]:
        """True ids of one frame by level, VOID where they count for nothing; only levels that have
        them.

        Raises InvalidInput for an unreadable mask or one of another size.
        """
        found = {
            level: (files[frame], files[frame].labels())
            for level, files in self.masks.items()
            if frame in files
        }
        for mask, labels in found.values():
            if labels.shape != self.size:
                raise InvalidInput(
                    (
                        f"{mask} is {as_size(labels.shape)}, the clip's first mask "
                        f"{as_size(self.size)}"
                    ),
                    "Give all masks of a clip one size.",
                )
        return {level: self._marked(level, labels) for level, (_, labels) in found.items()}

    def _marked(self, level: str, labels: Integer[np.ndarray, "H W"]) -> Integer[np.ndarray, "H W"]:
        if level not in self.with_void or labels.dtype != np.uint8:
            return labels
        return np.where(labels == VOID_LABEL, VOID, labels.astype(np.int32))


def find_truth(root: Path, clip: str) -> Truth:
    """Truth of one clip.

    Raises:
        InvalidInput: there is none, at any level.
    """
    levels = annotation_levels(root)
    masks = {level: mask_files(folder / clip) for level, folder in levels.items()}
    masks = {level: files for level, files in masks.items() if files}
    if not masks:
        place = next(iter(levels.values())) / clip
        remedy = (
            f"Put its masks in {place}, or leave the clip out; a bare list of results names a "
            "clip by its video_id."
        )
        raise InvalidInput(f"{root} has no truth for the clip {clip}", remedy)
    height, width = next(iter(next(iter(masks.values())).values())).labels().shape
    with_void = frozenset(level for level, files in masks.items() if _has_void(files.values()))
    return Truth(masks, read_joints(root, clip, height, width), (height, width), with_void)


def _has_void(masks: Iterable[Mask]) -> bool:
    """Whether 255 is void: in masks of 8 bits of several objects, not where it is the one object of
    binary masks. The first mask of any object tells, as DAVIS annotates all objects from the first
    frame on."""
    told = next((labels for mask in masks if (labels := mask.labels()).any()), None)
    return told is not None and told.dtype == np.uint8 and not np.isin(told, (0, VOID_LABEL)).all()


def with_background(clip: Clip, truth: Truth | None) -> Clip:
    """A prediction that found nothing in a clip, at some level or at all, says background of each
    frame that has truth.

    Raises InvalidInput for an empty prediction without truth: there is nothing to measure.
    """
    if clip.masks is None:
        return clip
    if truth is None:
        found = {level: files for level, files in clip.masks.items() if files}
        if not found:
            raise InvalidInput(
                f"{clip.method} holds no mask of {clip.name}",
                "Give --truth to score it, or leave the clip out.",
            )
        return replace(clip, masks=found)
    nothing = {
        frame: RleMask(f"{clip.method}, {clip.name} {frame}", truth.size, [])
        for frame in truth.frame_names
    }
    return replace(
        clip, masks={level: clip.masks.get(level) or nothing for level in clip.masks or truth.masks}
    )


def check_fit(clip: Clip, truth: Truth) -> None:
    """Raise InvalidInput if prediction and truth cannot be compared: no common level, another size,
    or frames that the prediction lacks."""
    if clip.masks and not clip.masks.keys() & truth.masks.keys():
        levels = (
            f"{clip.name} is predicted at the level {' and '.join(clip.masks)}, its truth is "
            f"{' and '.join(truth.masks)}"
        )
        raise InvalidInput(
            levels, f"Predict one of the levels {' and '.join(LEVEL_NAMES)} that the truth has."
        )
    height, width = clip.size()
    if clip.masks and (height, width) != truth.size:
        raise InvalidInput(
            (
                f"{clip.name} is predicted at {as_size((height, width))}, its truth is "
                f"{as_size(truth.size)}"
            ),
            "Write masks in the truth's size.",
        )
    if abs(height * truth.size[1] / (width * truth.size[0]) - 1) > 0.02:
        raise InvalidInput(
            (
                f"{clip.name} is {as_size((height, width))}, its truth {as_size(truth.size)}: "
                "another shape"
            ),
            "Give the truth of this clip.",
        )
    names = clip.frame_names()
    if names is not None:
        check_frames(clip, truth, truth.frame_names - set(names))


def check_frames(clip: Clip, truth: Truth, unseen: Set[str]) -> None:
    """Raise InvalidInput if there is truth for frames that the clip lacks; the other way round it
    is partial truth, which is fine."""
    if unseen:
        cause = (
            f"the truth of {clip.name} has {len(truth.frame_names)} frames, of which "
            f"{len(unseen)} are not in the clip, the first {naturally_sorted(unseen, str)[0]}"
        )
        raise InvalidInput(
            cause,
            "Give the truth of this clip, with masks named after its frames; for a clip that was "
            "annotated from its beginning on, --first-frames leaves out the truth of the rest.",
        )

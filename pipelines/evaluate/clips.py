"""What the user names -> the clips that are scored, and the truth there is on each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Integer

from glom_video.evaluate import Joint, annotation_levels, mask_files, read_joints, read_mask
from glom_video.evaluate.davis_tree import folders
from glom_video.read import describe, expand, image_files
from glom_video.structures import LEVEL_NAMES, InvalidInput

MODEL = "glom-video"
"""The method's name when the model is run here; predictions on disk are named after their tree."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of one method."""

    method: str
    name: str
    pictures: Path | None
    """Video file or image folder; None when only masks are at hand."""
    masks: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    """Predicted masks by level and frame name; empty when the model is to be run on the pictures."""

    def frame_names(self) -> list[str] | None:
        """Names of the frames in order; None of a video, whose frames are named by five-digit index as they come."""
        if self.pictures is None:
            return sorted({name for files in self.masks.values() for name in files})
        return [path.stem for path in image_files(self.pictures)] if self.pictures.is_dir() else None

    def size(self) -> tuple[int, int]:
        """(height, width) of the first mask, or of the pictures."""
        for files in self.masks.values():
            height, width = read_mask(next(iter(files.values()))).shape
            return height, width
        assert self.pictures is not None, "a clip has masks or pictures"
        info = describe(self.pictures)
        return info.height, info.width


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of one clip."""

    masks: Mapping[str, Mapping[str, Path]]
    """Files by level and frame name; a frame may have none."""
    joints: Mapping[str, Sequence[Joint]]
    """By frame name, in pixels of the masks."""
    size: tuple[int, int]

    @property
    def frame_names(self) -> set[str]:
        return {name for files in self.masks.values() for name in files}

    def labels(self, frame: str) -> dict[str, Integer[np.ndarray, "H W"]]:
        """True ids of one frame by level, for the levels that have them. Raises InvalidInput for an unreadable mask or one of another size."""
        found = {level: (files[frame], read_mask(files[frame])) for level, files in self.masks.items() if frame in files}
        for path, mask in found.values():
            if mask.shape != self.size:
                raise InvalidInput(f"{path} is {_times(mask.shape)}, the clip's first mask {_times(self.size)}", "Give all masks of a clip one size.")
        return {level: mask for level, (_, mask) in found.items()}


def find_clips(paths: Sequence[str | Path], truth: Path | None) -> list[Clip]:
    """Clips of each path: a DAVIS tree of pictures (to be run), a DAVIS tree of masks (predictions), or videos and image folders (to be run).

    A tree that holds both is a tree of pictures. Pictures to measure the motion under predictions are taken from the truth's tree.
    """
    clips: list[Clip] = []
    for path in map(Path, paths):
        if (path / "JPEGImages").is_dir():
            clips += [Clip(MODEL, name, folder) for name, folder in _pictures(path, truth).items()]
        elif (path / "Annotations").is_dir():
            taken = {clip.method for clip in clips} | {MODEL}
            clips += _predictions(path, truth, method=path.resolve().name if path.resolve().name not in taken else str(path))
        else:
            clips += [Clip(MODEL, _name(source), Path(source)) for source in expand([path])]
    if not clips:
        raise InvalidInput(f"no clips in {', '.join(map(str, paths))}", "Name videos, image folders or DAVIS trees with clips in them.")
    return clips


def find_truth(root: Path, clip: str) -> Truth:
    """Truth of one clip. Raises InvalidInput if there is none, at any level."""
    levels = annotation_levels(root)
    masks = {level: mask_files(folder / clip) for level, folder in levels.items()}
    masks = {level: files for level, files in masks.items() if files}
    if not masks:
        raise InvalidInput(
            f"{root} has no truth for the clip {clip}", f"Put its masks in {next(iter(levels.values())) / clip}, or leave the clip out."
        )
    height, width = read_mask(next(iter(next(iter(masks.values())).values()))).shape
    return Truth(masks, read_joints(root, clip, height, width), (height, width))


def check_fit(clip: Clip, truth: Truth) -> None:
    """Raise InvalidInput if prediction and truth cannot be compared: no common level, another size, or frames that the prediction lacks."""
    if clip.masks and not clip.masks.keys() & truth.masks.keys():
        levels = f"{clip.name} is predicted at the level {' and '.join(clip.masks)}, its truth is {' and '.join(truth.masks)}"
        raise InvalidInput(levels, f"Predict one of the levels {' and '.join(LEVEL_NAMES)} that the truth has.")
    height, width = clip.size()
    if clip.masks and (height, width) != truth.size:
        raise InvalidInput(
            f"{clip.name} is predicted at {_times((height, width))}, its truth is {_times(truth.size)}", "Write masks in the truth's size."
        )
    if abs(height * truth.size[1] / (width * truth.size[0]) - 1) > 0.02:
        raise InvalidInput(f"{clip.name} is {_times((height, width))}, its truth {_times(truth.size)}: another shape", "Give the truth of this clip.")
    names = clip.frame_names()
    if names is not None:
        check_frames(clip, truth, names)


def check_frames(clip: Clip, truth: Truth, names: Sequence[str]) -> None:
    """Raise InvalidInput if the truth has frames that are not among these; the other way round it is partial truth, which is fine."""
    lacking = sorted(truth.frame_names - set(names))
    if lacking:
        cause = f"the truth of {clip.name} has {len(truth.frame_names)} frames, of which {len(lacking)} are not in the clip, the first {lacking[0]}"
        raise InvalidInput(cause, "Give the truth of this clip, with masks named after its frames.")


def _pictures(root: Path, truth: Path | None) -> dict[str, Path]:
    """Image folders of a tree by clip; of several sets the one that the truth is named after."""
    sets = folders(root / "JPEGImages")
    if len(sets) > 1 and truth is not None:
        sets = {name: folder for name, folder in sets.items() if name in folders(truth / "Annotations")}
    if len(sets) != 1:
        raise InvalidInput(f"{root}/JPEGImages does not hold one set that is clearly meant", "Keep one set, or name the folder of each clip.")
    return folders(next(iter(sets.values())))


def _predictions(root: Path, truth: Path | None, method: str) -> list[Clip]:
    levels = annotation_levels(root)
    pictures = _pictures(truth, truth) if truth is not None and (truth / "JPEGImages").is_dir() else {}
    names = dict.fromkeys(name for folder in levels.values() for name in folders(folder))
    found = {name: {level: mask_files(folder / name) for level, folder in levels.items() if (folder / name).is_dir()} for name in names}
    return [Clip(method, name, pictures.get(name), {level: files for level, files in masks.items() if files}) for name, masks in found.items()]


def _name(source: str | Path) -> str:
    path = Path(source).resolve()
    return path.name if path.is_dir() else path.stem


def _times(size: tuple[int, ...]) -> str:
    """As people say it: width first."""
    return f"{size[1]}x{size[0]}"

"""Masks as MOTS PNG: 16 bits, value = 1000 * class + track id, 0 = background.

``ROOT/mots/<level>/<name>/instances/<stem>.png``. Voigtlaender et al., "MOTS: multi-object tracking
and segmentation", CVPR 2019.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int32

from glom_video.formats.instances import AnnotatedFrame
from glom_video.formats.masks import Mask, PngMask
from glom_video.formats.partial import partial_name, put_folder_in_place, writing
from glom_video.formats.writer import FrameWriter
from glom_video.structures import LEVEL_NAMES, InvalidInput, LevelName, naturally_sorted

IDS_PER_CLASS = 1000
"""A pixel is this times its class, plus its id: so ids end below it."""


class MotsWriter(FrameWriter):
    """A tree per level, since a pixel holds one value; each level has one class, named in
    ``instances/labels.txt``. Pictures are not copied; the format cannot hold parents.

    Raises:
        InvalidInput: a mask cannot be written, or ids exceed 999.
    """

    def __init__(self, root: Path, name: str, levels: Sequence[LevelName]) -> None:
        self._folders = {level: mots_folder(root, name, level) for level in levels}
        self._partials = {
            level: partial_name(folder, name) for level, folder in self._folders.items()
        }
        for level, folder in self._partials.items():
            with writing(self._folders[level]):
                shutil.rmtree(folder, ignore_errors=True)
                (folder / "instances").mkdir(parents=True)
                labels = folder / "instances" / "labels.txt"
                labels.write_text(f"{level}\n", encoding="utf-8")

    def write(self, frame: AnnotatedFrame) -> None:
        from PIL import Image

        for level, folder in self._partials.items():
            ids = frame.ids[level]
            if (largest := int(ids.max(initial=0))) >= IDS_PER_CLASS:
                raise too_large_id(largest)
            values = np.where(ids > 0, ids + IDS_PER_CLASS, 0).astype(np.uint16)
            with writing(self._folders[level]):
                Image.fromarray(values).save(folder / "instances" / f"{frame.stem}.png")

    def close(self) -> None:
        for level, folder in self._folders.items():
            with writing(folder):
                put_folder_in_place(self._partials[level], folder)

    def abort(self) -> None:
        """The folders stay partial."""


def too_large_id(track_id: int) -> InvalidInput:
    """What is wrong with an id from IDS_PER_CLASS on."""
    cause = f"track id {track_id} does not fit a MOTS mask"
    return InvalidInput(cause, "Annotate the clip in pieces with --start and --end, or as davis.")


def mots_folder(root: Path, name: str, level: LevelName) -> Path:
    """Where the masks of one clip and level lie, in ``instances``."""
    return root / "mots" / level / name


@dataclass(frozen=True, slots=True)
class MotsMask:
    """Ids of one frame, whatever their class."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def labels(self) -> Int32[np.ndarray, "H W"]:
        """Id of each pixel, 0 = background. Raises InvalidInput where it cannot be read."""
        return PngMask(self.path).labels().astype(np.int32) % IDS_PER_CLASS


def read_mots(root: str | Path) -> dict[str, dict[str, dict[str, Mask]]]:
    """Masks by clip, level and frame name, as MotsWriter wrote them, without partial clips.

    Raises:
        InvalidInput: there are none.
    """
    clips: dict[str, dict[str, dict[str, Mask]]] = {}
    for level in LEVEL_NAMES:
        for folder in naturally_sorted((Path(root) / "mots" / level).glob("*/instances"), str):
            name = folder.parent.name
            files = naturally_sorted(folder.glob("*.png"), str)
            if not name.endswith(".partial"):
                clips.setdefault(name, {})[level] = {path.stem: MotsMask(path) for path in files}
    if not clips:
        remedy = "Name a folder with mots/<level>/<clip>/instances/00000.png in it."
        raise InvalidInput(f"{root} holds no MOTS masks", remedy)
    return clips

"""Masks as MOTS PNG: ``ROOT/mots/<level>/<name>/instances/<stem>.png``, 16 bits, value = 1000 * class + track id, 0 = background."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from glom_video.formats.partial import partial_name, put_folder_in_place, writing
from glom_video.formats.regions import ExportFrame
from glom_video.structures import InvalidInput, LevelName

INSTANCES = 1000
"""Ids that a class has room for."""


class MotsWriter:
    """A tree per level, since a pixel holds one value: each has one class, named in ``instances/labels.txt``. Pictures are not copied.

    Named ``<name>.partial`` until it is whole; use as a context manager. Parents find no place in this format.
    Raises InvalidInput if a mask cannot be written, or when ids pass 999.
    """

    def __init__(self, root: Path, name: str, levels: Sequence[LevelName]) -> None:
        self._folders = {level: mots_folder(root, name, level) for level in levels}
        self._partials = {level: partial_name(folder, name) for level, folder in self._folders.items()}
        for level, folder in self._partials.items():
            with writing(self._folders[level]):
                shutil.rmtree(folder, ignore_errors=True)
                (folder / "instances").mkdir(parents=True)
                (folder / "instances" / "labels.txt").write_text(f"{level}\n", encoding="utf-8")

    def write(self, frame: ExportFrame) -> None:
        from PIL import Image

        for level, folder in self._partials.items():
            ids = frame.ids[level]
            if (largest := int(ids.max(initial=0))) >= INSTANCES:
                raise InvalidInput(f"track id {largest} does not fit a MOTS mask", "Annotate the clip in pieces with --start and --end, or as davis.")
            with writing(self._folders[level]):
                Image.fromarray(np.where(ids > 0, ids + INSTANCES, 0).astype(np.uint16)).save(folder / "instances" / f"{frame.stem}.png")

    def __enter__(self) -> "MotsWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for level, folder in self._folders.items() if kind is None else ():
            with writing(folder):
                put_folder_in_place(self._partials[level], folder)


def mots_folder(root: Path, name: str, level: LevelName) -> Path:
    return root / "mots" / level / name

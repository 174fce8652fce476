"""Masks as a DAVIS tree: ``ROOT/Annotations/<level>/<name>/<stem>.png``, 0 = background, value = track id."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from jaxtyping import Int32

from glom_video.structures import InvalidInput, LevelName, Percept, id_image, palette


class DavisWriter:
    """Writes one mask a frame and level. A level's folder is ``<name>.partial`` until ``close``, which puts it in the place of an older one.

    Use as a context manager: after an exception the folders stay partial.
    """

    def __init__(self, root: Path, name: str, levels: Sequence[LevelName]) -> None:
        self._folders = {level: Path(root) / "Annotations" / level / name for level in levels}
        self._palette = palette().tobytes()
        for folder in self._folders.values():
            shutil.rmtree(_partial(folder), ignore_errors=True)
            try:
                _partial(folder).mkdir(parents=True)
            except OSError as error:
                raise InvalidInput(
                    f"{folder} cannot be written: {error.strerror}", "Choose another output folder or change its permissions."
                ) from error

    def write(self, percept: Percept, height: int, width: int, file_stem: str) -> None:
        """Draws the visible tracks of each level at ``height`` x ``width`` pixels, the source's own size, into ``<file_stem>.png``."""
        for level, folder in self._folders.items():
            self._save(id_image(percept.tracks[level], height, width), _partial(folder) / f"{file_stem}.png")

    def _save(self, ids: Int32[np.ndarray, "H W"], path: Path) -> None:
        """A palette image, or 16-bit grey where ids pass 255."""
        from PIL import Image

        largest = int(ids.max(initial=0))
        if largest > np.iinfo(np.uint16).max:
            raise InvalidInput(f"track id {largest} does not fit a 16-bit mask", "Annotate the clip in pieces with --start and --end.")
        if largest > np.iinfo(np.uint8).max:
            picture = Image.fromarray(ids.astype(np.uint16))
        else:
            picture = Image.fromarray(ids.astype(np.uint8))
            picture.putpalette(self._palette)
        picture.save(path, compress_level=3)

    def close(self) -> None:
        """Gives the folders their final names."""
        for folder in self._folders.values():
            if _partial(folder).exists():
                shutil.rmtree(folder, ignore_errors=True)
                _partial(folder).rename(folder)

    def __enter__(self) -> "DavisWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.close()


def _partial(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.partial")

"""Masks as a DAVIS tree: ``ROOT/Annotations/<level>/<name>/<stem>.png``, 0 = background, value = track id."""

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
from jaxtyping import Int32

from glom_video.formats.partial import partial_name, put_folder_in_place, writing
from glom_video.formats.regions import ExportFrame
from glom_video.structures import InvalidInput, LevelName, palette


class DavisWriter:
    """Writes one mask a frame and level. A level's folder is ``<name>.partial`` until ``close``, which puts it in the place of an older one.

    With parts, ``ROOT/Parents/<name>.json`` says in which object each part lay in most frames: part id -> object id, 0 = none.
    Use as a context manager: after an exception the folders stay partial. Raises InvalidInput if a mask cannot be written.
    """

    def __init__(self, root: Path, name: str, levels: Sequence[LevelName]) -> None:
        self._name = name
        self._folders = {level: davis_folder(root, name, level) for level in levels}
        self._parents_path = Path(root) / "Parents" / f"{name}.json" if "part" in levels else None
        self._parents: dict[int, Counter[int]] = defaultdict(Counter)
        self._palette = palette().tobytes()
        for folder in self._folders.values():
            with writing(folder):
                shutil.rmtree(self._partial(folder), ignore_errors=True)
                self._partial(folder).mkdir(parents=True)

    def write(self, frame: ExportFrame) -> None:
        """The masks of one frame, into ``<stem>.png``."""
        for level, folder in self._folders.items():
            with writing(folder):
                self._save(frame.ids[level], self._partial(folder) / f"{frame.stem}.png")
        for region in frame.regions:
            if region.level == "part":
                self._parents[region.id][region.parent_id] += 1

    def _partial(self, folder: Path) -> Path:
        return partial_name(folder, self._name)

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
            if self._partial(folder).exists():
                with writing(folder):
                    put_folder_in_place(self._partial(folder), folder)
        if self._parents_path is not None:
            parents = {str(part): seen.most_common(1)[0][0] for part, seen in sorted(self._parents.items())}
            with writing(self._parents_path):
                self._parents_path.parent.mkdir(exist_ok=True)
                self._parents_path.write_text(json.dumps(parents) + "\n", encoding="utf-8")

    def __enter__(self) -> "DavisWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.close()


def davis_folder(root: Path, name: str, level: LevelName) -> Path:
    return Path(root) / "Annotations" / level / name

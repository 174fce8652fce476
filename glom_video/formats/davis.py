"""Masks as a DAVIS tree: ``ROOT/Annotations/<set>/<clip>/<frame>.png``, 0 = background, value = id.

A set is a level or, alone, of any name, such as a resolution. Beside the masks a tree may hold
``JPEGImages/<set>/<clip>/`` (pictures), ``Parents/<clip>.json`` (part id -> object id) and
``Joints/<height>p/<clip>.json`` (annotated joints of animals). Palette PNG, or 16-bit grey where
ids pass 254: in 8 bits, readers of DAVIS take 255 for pixels that count for nothing.
Perazzi et al., "A benchmark dataset and evaluation methodology for video object segmentation",
CVPR 2016.
"""

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Integer, UInt8

from glom_video.formats.instances import AnnotatedFrame
from glom_video.formats.masks import Mask, PngMask
from glom_video.formats.palette import palette
from glom_video.formats.partial import (
    partial_name,
    put_folder_in_place,
    replace_folder,
    writing,
)
from glom_video.formats.writer import FrameWriter
from glom_video.structures import (
    LEVEL_NAMES,
    InvalidInput,
    Joint,
    LevelName,
    naturally_sorted,
)

LAYOUT = (
    "ROOT/Annotations/<set>/<name>/00000.png,"
    " where <set> is part or object, or one resolution such as 240p"
)
"""As remedies name it."""
JPEG_QUALITY = 92
"""Of pictures, 1 to 100."""
LARGEST_IN_PALETTE = 254
"""Id in a mask of 8 bits, where 255 is void."""
FAST_COMPRESSION, BEST_COMPRESSION = 3, 6
"""zlib levels: for masks written during annotation, and for data sets."""


class DavisWriter(FrameWriter):
    """Writes one mask per frame and level; a level's folder replaces an older one.

    With parts, ``ROOT/Parents/<name>.json`` says in which object each part lay in most frames: part
    id -> object id, 0 = none.

    Raises:
        InvalidInput: a mask cannot be written.
    """

    def __init__(self, root: Path, name: str, levels: Sequence[LevelName]) -> None:
        self._root, self._name, self._levels = Path(root), name, levels
        self._folders = {level: davis_folder(root, name, level) for level in levels}
        self._parents: dict[int, Counter[int]] = defaultdict(Counter)
        for folder in self._folders.values():
            with writing(folder):
                shutil.rmtree(self._partial(folder), ignore_errors=True)
                self._partial(folder).mkdir(parents=True)

    def write(self, frame: AnnotatedFrame) -> None:
        """The masks of one frame, into ``<stem>.png``."""
        for level, folder in self._folders.items():
            with writing(folder):
                path = self._partial(folder) / f"{frame.stem}.png"
                _save_ids(frame.ids[level], path, FAST_COMPRESSION)
        for instance in frame.instances:
            if instance.level == "part":
                self._parents[instance.id][instance.parent_id] += 1

    def _partial(self, folder: Path) -> Path:
        return partial_name(folder, self._name)

    def close(self) -> None:
        for folder in self._folders.values():
            if self._partial(folder).exists():
                with writing(folder):
                    put_folder_in_place(self._partial(folder), folder)
        if "part" in self._levels:
            parents = {part: seen.most_common(1)[0][0] for part, seen in self._parents.items()}
            with writing(parents_path(self._root, self._name)):
                _save_parents(parents, self._root, self._name)

    def abort(self) -> None:
        """The folders stay partial."""


def davis_folder(root: Path, name: str, level: LevelName) -> Path:
    """Where the masks of one clip and level lie."""
    return Path(root) / "Annotations" / level / name


def write_davis(
    root: Path,
    name: str,
    images: UInt8[np.ndarray, "t H W 3"],
    masks: Mapping[LevelName, Integer[np.ndarray, "t H W"]],
    parents: Mapping[int, int],
) -> None:
    """Write a whole clip of a data set: pictures (RGB) to
    ``root/JPEGImages/<height>p/<name>/00000.jpg``, masks of each level, and part id -> object id.
    Folders are called ``.partial`` until they are complete; an older clip of the name is replaced
    as a whole.

    Raises:
        InvalidInput: a mask cannot hold one of the ids, or the disk does not take the clip.
    """
    import cv2

    pictures = root / "JPEGImages" / f"{images.shape[1]}p" / name
    folders = {level: davis_folder(root, name, level) for level in masks}
    partial = {folder: partial_name(folder, name) for folder in (pictures, *folders.values())}
    with writing(pictures):
        for folder in partial.values():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        for t, image in enumerate(images):
            settings = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
            encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), settings)[1]
            (partial[pictures] / f"{t:05d}.jpg").write_bytes(encoded.tobytes())
            for level, ids in masks.items():
                path = partial[folders[level]] / f"{t:05d}.png"
                _save_ids(ids[t], path, BEST_COMPRESSION)
        for folder, written in partial.items():
            replace_folder(written, folder)
        _remove_pictures_of_other_sizes(pictures)
        _save_parents(parents, root, name)


def _remove_pictures_of_other_sizes(pictures: Path) -> None:
    """The clip of this name that was there before may have had another height, and so its pictures
    a set of their own, which goes with its last clip."""
    for older in pictures.parents[1].glob("*p/"):
        if older != pictures.parent and (older / pictures.name).is_dir():
            shutil.rmtree(older / pictures.name)
            if not any(older.iterdir()):
                older.rmdir()


def _save_ids(ids: Integer[np.ndarray, "H W"], path: Path, compression: int) -> None:
    """A palette image, or 16-bit grey where ids pass LARGEST_IN_PALETTE."""
    from PIL import Image

    largest = int(ids.max(initial=0))
    if largest > np.iinfo(np.uint16).max:
        cause = f"track id {largest} does not fit a 16-bit mask"
        raise InvalidInput(cause, "Annotate the clip in pieces with --start and --end.")
    if largest > LARGEST_IN_PALETTE:
        picture = Image.fromarray(ids.astype(np.uint16))
    else:
        picture = Image.fromarray(ids.astype(np.uint8))
        picture.putpalette(palette().tobytes())
    picture.save(path, compress_level=compression)


def parents_path(root: Path, name: str) -> Path:
    """The table of which part lies in which object, of one clip."""
    return root / "Parents" / f"{name}.json"


def _save_parents(parents: Mapping[int, int], root: Path, name: str) -> None:
    path = parents_path(root, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({str(part): parent for part, parent in sorted(parents.items())})
    path.write_text(text + "\n", encoding="utf-8")


def read_davis(root: str | Path) -> dict[str, dict[str, dict[str, Mask]]]:
    """Masks by clip, level and frame name. A clip in which nothing was found has empty masks.

    Raises:
        InvalidInput: as ``annotation_levels``.
    """
    levels = annotation_levels(Path(root))
    found = [name for folder in levels.values() for name in subfolders(folder)]
    return {
        name: {level: mask_files(folder / name) for level, folder in levels.items()}
        for name in dict.fromkeys(found)
        if not name.endswith(".partial")
    }


def annotation_levels(root: Path) -> dict[str, Path]:
    """Folder of each level of a tree. A single set of any other name counts as objects.

    Raises:
        InvalidInput: there are no annotations, or several sets that are not levels.
    """
    sets = subfolders(root / "Annotations")
    if not sets:
        cause = f"{root} holds no masks" if root.exists() else f"there is no folder {root}"
        raise InvalidInput(cause, f"Give the root of a DAVIS tree: {LAYOUT}")
    if len(sets) == 1 and not sets.keys() & set(LEVEL_NAMES):
        return {"object": next(iter(sets.values()))}
    if unknown := sorted(sets.keys() - set(LEVEL_NAMES)):
        cause = f"{root}/Annotations holds unknown levels: {', '.join(unknown)}"
        raise InvalidInput(cause, f"Name the levels {' and '.join(LEVEL_NAMES)}, or keep one set.")
    return {level: sets[level] for level in LEVEL_NAMES if level in sets}


def subfolders(root: Path) -> dict[str, Path]:
    """Folders in a folder by name, naturally sorted; none where there is no such folder."""
    found = naturally_sorted(root.iterdir(), str) if root.is_dir() else []
    return {path.name: path for path in found if path.is_dir()}


def mask_files(folder: Path) -> dict[str, Mask]:
    """Mask of each frame by the frame's name, naturally sorted."""
    return {path.stem: PngMask(path) for path in naturally_sorted(folder.glob("*.png"), str)}


def read_parents(root: str | Path, name: str) -> dict[int, int]:
    """Part id -> object id, 0 = none; empty if the tree has no such file.

    Raises:
        InvalidInput: the file holds something else.
    """
    path = parents_path(Path(root), name)
    if not path.exists():
        return {}
    try:
        parents = json.loads(path.read_text(encoding="utf-8-sig"))
        return {int(part): int(parent) for part, parent in parents.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        remedy = "Write one JSON object of part id -> object id."
        raise InvalidInput(
            f"{path} does not say which part lies in which object", remedy
        ) from error


def read_joints(root: str | Path, name: str, height: int, width: int) -> dict[str, list[Joint]]:
    """Annotated joints of a clip by frame name, in pixels of a map of this size; empty if there is
    no ``Joints/<set>/<name>.json``. The set is the height of the picture in which joints were
    marked, such as 480p.

    Raises:
        InvalidInput: the file holds something else.
    """
    of_sets = (folder / f"{name}.json" for folder in sorted(Path(root).glob("Joints/*p")))
    path = next((path for path in of_sets if path.exists()), None)
    if path is None:
        return {}
    try:
        scale = height / int(path.parent.name.removesuffix("p"))
        marked = json.loads(path.read_text(encoding="utf-8-sig"))["frames"]
        return {
            frame: [Joint(joint, float(x) * scale, float(y) * scale) for joint, x, y in joints]
            for frame, joints in marked.items()
        }
    except (OSError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        remedy = 'Write {"frames": {"00000": [["tail_0", x, y], ...]}} into Joints/480p.'
        raise InvalidInput(f"{path} holds no joints in pixels", remedy) from error

"""Masks on disk in the DAVIS tree: ``ROOT/Annotations/<set>/<name>/00000.png``, where a set is a level or, alone, a resolution."""

import json
from collections.abc import Mapping
from pathlib import Path

from natsort import natsorted

from glom_video.evaluate.keypoints import Joint
from glom_video.evaluate.masks import Mask, PngMask
from glom_video.structures import LEVEL_NAMES, InvalidInput

LAYOUT = "ROOT/Annotations/<set>/<name>/00000.png, where <set> is part or object, or one resolution such as 240p"


def annotation_levels(root: Path) -> dict[str, Path]:
    """Folder of each level of a tree. One set of any other name is taken for the object level.

    Raises:
        InvalidInput: there are no annotations, or several sets that are not levels.
    """
    sets = folders(root / "Annotations")
    if not sets:
        raise InvalidInput(f"{root} holds no masks", f"Give the root of a DAVIS tree: {LAYOUT}")
    if len(sets) == 1 and not sets.keys() & set(LEVEL_NAMES):
        return {"object": next(iter(sets.values()))}
    if unknown := sorted(sets.keys() - set(LEVEL_NAMES)):
        raise InvalidInput(
            f"{root}/Annotations holds unknown levels: {', '.join(unknown)}", f"Name the levels {' and '.join(LEVEL_NAMES)}, or keep one set."
        )
    return {level: sets[level] for level in LEVEL_NAMES if level in sets}


def folders(root: Path) -> dict[str, Path]:
    """Folders in a folder by name, naturally sorted; none where there is no such folder."""
    return {path.name: path for path in natsorted(root.iterdir(), key=str) if path.is_dir()} if root.is_dir() else {}


def mask_files(folder: Path) -> dict[str, Mask]:
    """Mask of each frame by the frame's name, naturally sorted."""
    return {path.stem: PngMask(path) for path in natsorted(folder.glob("*.png"), key=str)}


def read_joints(root: Path, clip: str, height: int, width: int) -> dict[str, list[Joint]]:
    """Annotated joints of a clip by frame name, in pixels of a map of this size; none where there is no ``Joints/<set>/<clip>.json``.

    The set is the height of the picture that the joints were marked in, such as 480p.
    """
    for path in sorted(root.glob(f"Joints/*p/{clip}.json")):
        scale = height / int(path.parent.name.removesuffix("p"))
        frames: Mapping[str, list[tuple[str, float, float]]] = json.loads(path.read_text())["frames"]
        return {frame: [Joint(name, x * scale, y * scale) for name, x, y in joints] for frame, joints in frames.items()}
    return {}

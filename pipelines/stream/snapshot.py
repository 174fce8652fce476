"""One moment kept: the picture, the masks and the parse tree."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8, UInt16

from glom_video.structures import LEVEL_NAMES, NO_NAMES, GivenNames, Percept, Tracks, id_image
from glom_video_pipelines.picture_bytes import png_bytes
from glom_video_pipelines.stream.objects.tree import tree_of


def snapshot_files(
    percept: Percept,
    picture: UInt8[np.ndarray, "H W 3"],
    source: str,
    names: GivenNames = NO_NAMES,
) -> dict[str, bytes]:
    """Name -> content: the drawn picture, the camera's own, a 16-bit mask of ids per level, and
    json. ``source`` carries no credentials; ``names``: what viewers call its objects."""
    frame = percept.frame
    height, width = frame.image.shape[:2]
    stem = f"glom-{frame.index:06d}"
    about: dict[str, Any] = {
        "format_version": 1,
        "source": source,
        "frame": frame.index,
        "pts_seconds": frame.pts_seconds,
        "width": width,
        "height": height,
        "objects": tree_of(percept, names),
    }
    pictures = {f"{stem}.png": png_bytes(picture), f"{stem}-camera.png": png_bytes(frame.image)}
    masks = {
        f"{stem}-{level}.png": png_bytes(_mask(percept.tracks[level], height, width))
        for level in LEVEL_NAMES
    }
    return {**pictures, **masks, f"{stem}.json": (json.dumps(about, indent=1) + "\n").encode()}


def beside_others(files: Mapping[str, bytes], folder: Path) -> dict[str, bytes]:
    """The files of a snapshot under names that none in a folder has: those of an earlier run stay,
    which may have taken a snapshot of the same frame."""
    names, number = list(files), 2
    while any((folder / name).exists() for name in names):
        names = [re.sub(r"^glom-\d+", rf"\g<0>_{number}", name) for name in files]
        number += 1
    return dict(zip(names, files.values(), strict=True))


def _mask(tracks: Tracks, height: int, width: int) -> UInt16[np.ndarray, "H W"]:
    """Ids by pixel, 0 where there is none; those beyond 16 bits are all the largest."""
    return id_image(tracks, height, width).clip(0, 65535).astype(np.uint16)

"""One moment kept: the picture, the masks and the parse tree."""

import json
from typing import Any

import numpy as np
from jaxtyping import UInt8

from glom_video.structures import LEVEL_NAMES, NO_NAMES, GivenNames, Percept, id_image
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
    }
    about |= {"width": width, "height": height, "objects": tree_of(percept, names)}
    masks = {
        f"{stem}-{level}.png": _png(
            id_image(percept.tracks[level], height, width).clip(0, 65535).astype(np.uint16)
        )
        for level in LEVEL_NAMES
    }
    pictures = {f"{stem}.png": _png(picture), f"{stem}-camera.png": _png(frame.image)}
    return {**pictures, **masks, f"{stem}.json": (json.dumps(about, indent=1) + "\n").encode()}


def _png(image: np.ndarray) -> bytes:
    """Of an RGB or a 16-bit grey picture."""
    import cv2

    return bytes(
        cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image)[
            1
        ]
    )

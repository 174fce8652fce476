"""Clips to disk as a DAVIS tree: pictures, both levels' masks, and the tree of parts."""

import json
from pathlib import Path

import cv2
from PIL import Image as PillowImage

from glom_video.structures import palette
from glom_video.synth.clip import Clip

JPEG_QUALITY = 92


def write_clip(clip: Clip, root: Path, name: str) -> None:
    """``root/JPEGImages/<height>p/<name>/00000.jpg``, ``root/Annotations/{part,object}/<name>/00000.png`` and ``root/Parents/<name>.json``."""
    pictures = root / "JPEGImages" / f"{clip.images.shape[1]}p" / name
    masks = {level: root / "Annotations" / level / name for level in ("part", "object")}
    for folder in (pictures, *masks.values(), root / "Parents"):
        folder.mkdir(parents=True, exist_ok=True)
    colours = palette().tobytes()
    for t, picture in enumerate(clip.images):
        encoded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
        (pictures / f"{t:05d}.jpg").write_bytes(encoded.tobytes())
        for level, ids in (("part", clip.parts[t]), ("object", clip.objects[t])):
            mask = PillowImage.fromarray(ids).convert("P")
            mask.putpalette(colours)
            mask.putdata(ids.ravel())
            mask.save(masks[level] / f"{t:05d}.png")
    (root / "Parents" / f"{name}.json").write_text(json.dumps({str(part): parent for part, parent in sorted(clip.parent.items())}) + "\n")

"""Clips to disk as a DAVIS tree: pictures, both levels' masks, and the tree of parts."""

import json
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as PillowImage

from glom_video.synth.clip import Clip
from glom_video.synth.textures import Image

JPEG_QUALITY = 92


def write_clip(clip: Clip, root: Path, name: str) -> None:
    """``root/JPEGImages/<height>p/<name>/00000.jpg``, ``root/Annotations/{part,object}/<name>/00000.png`` and ``root/Parents/<name>.json``."""
    pictures = root / "JPEGImages" / f"{clip.images.shape[1]}p" / name
    masks = {level: root / "Annotations" / level / name for level in ("part", "object")}
    for folder in (pictures, *masks.values(), root / "Parents"):
        folder.mkdir(parents=True, exist_ok=True)
    palette = _davis_palette()
    for t, picture in enumerate(clip.images):
        encoded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
        (pictures / f"{t:05d}.jpg").write_bytes(encoded.tobytes())
        for level, ids in (("part", clip.parts[t]), ("object", clip.objects[t])):
            mask = PillowImage.fromarray(ids).convert("P")
            mask.putpalette(palette)
            mask.putdata(ids.ravel())
            mask.save(masks[level] / f"{t:05d}.png")
    (root / "Parents" / f"{name}.json").write_text(json.dumps({str(part): parent for part, parent in sorted(clip.parent.items())}) + "\n")


def _davis_palette() -> bytes:
    """768 bytes: the bit-interleaved colours of the VOC and DAVIS palettes, black for 0."""
    colours: Image = np.zeros((256, 3), np.uint8)
    for number in range(256):
        for bit in range(8):
            for channel in range(3):
                colours[number, channel] |= ((number >> (3 * bit + channel)) & 1) << (7 - bit)
    return colours.tobytes()

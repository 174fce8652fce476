"""``glom-video masks``: soft masks of the main objects of photographs, by a saliency network, for
training clips."""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from glom_video.structures import InvalidInput
from glom_video.synth.photographs import MASKS, PICTURES
from glom_video.synth.textures import SUFFIXES, scaled

LONGEST_SIDE = 640
"""Of the pictures that are written, in pixels."""
NETWORK_SIDE = 320
"""Of the network's input, in pixels."""
MEAN, DEVIATION = (
    np.array((0.485, 0.456, 0.406), np.float32),
    np.array((0.229, 0.224, 0.225), np.float32),
)
"""Of ImageNet, as U2-Net was trained (Qin et al., Pattern Recognition 2020)."""
LEAST_AREA, MOST_AREA = 0.04, 0.75
"""Share of the picture that an object has."""
MOST_UNSURE = 0.22
"""Pixels between 0.2 and 0.8, as a share of the object."""

Picture = UInt8[np.ndarray, "H W 3"]
Mask = Float32[np.ndarray, "H W"]


def run_masks(folders: Sequence[Path], network: Path, out: Path) -> int:
    """Write ``out/pictures/*.jpg`` and ``out/masks/*.png`` of every photograph whose mask is sure;
    returns how many there are now.

    What is there already is left as it is, so that a run can be interrupted.

    Raises:
        InvalidInput: no folder holds a photograph, or the network cannot be read.
    """
    paths = [
        path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
    ]
    if not paths:
        raise InvalidInput(
            f"no photograph under {', '.join(map(str, folders))}",
            f"Name folders that hold {', '.join(sorted(SUFFIXES))} files.",
        )
    saliency = Saliency(network)
    for folder in (PICTURES, MASKS):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(paths, 1):
        # one name may stand in several folders
        name = f"{path.stem}-{hashlib.sha1(str(path).encode()).hexdigest()[:8]}"
        if not (out / MASKS / f"{name}.png").exists():
            for picture, mask in _sure(path, saliency):
                cv2.imwrite(
                    str(out / PICTURES / f"{name}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 92]
                )
                cv2.imwrite(str(out / MASKS / f"{name}.png"), (255 * mask).astype(np.uint8))
        if number % 100 == 0 or number == len(paths):
            print(f"{number} of {len(paths)} photographs", file=sys.stderr)
    return len(list((out / MASKS).glob("*.png")))


class Saliency:
    """U2-Net or its small version in ONNX: how much each pixel belongs to what a picture is of."""

    def __init__(self, path: Path) -> None:
        try:
            self._network: Any = cv2.dnn.readNetFromONNX(str(path))
        except cv2.error as error:
            raise InvalidInput(
                f"{path} cannot be read as an ONNX network",
                "Give u2netp.onnx; docs/training.md says where it is.",
            ) from error
        self._first = self._network.getUnconnectedOutLayersNames()[0]

    def __call__(self, picture: Picture) -> Mask:
        """BGR -> [0, 1], scaled to that range."""
        small = cv2.resize(picture, (NETWORK_SIDE, NETWORK_SIDE), interpolation=cv2.INTER_AREA)[
            :, :, ::-1
        ].astype(np.float32)
        self._network.setInput(
            np.ascontiguousarray(
                ((small / max(small.max(), 1e-6) - MEAN) / DEVIATION).transpose(2, 0, 1)[None]
            )
        )
        mask = self._network.forward(self._first)[0, 0]
        scaled = (mask - mask.min()) / (mask.max() - mask.min() + 1e-6)
        return np.asarray(cv2.resize(scaled, picture.shape[1::-1]), np.float32)


def _sure(path: Path, saliency: Saliency) -> Iterator[tuple[Picture, Mask]]:
    """The photograph, small, and its mask, if that is one object and surely so."""
    picture = cv2.imread(str(path))
    if picture is None:
        return
    scale = LONGEST_SIDE / max(picture.shape[:2])
    picture = scaled(picture, scale) if scale < 1 else picture
    mask = saliency(picture)
    if is_sure(mask):
        yield picture, mask


def is_sure(mask: Mask) -> bool:
    """Whether a mask shows an object of a usable size with an outline that is no guess."""
    area = float((mask > 0.5).mean())
    unsure = float(((mask > 0.2) & (mask < 0.8)).mean())
    return LEAST_AREA < area < MOST_AREA and unsure < MOST_UNSURE * area

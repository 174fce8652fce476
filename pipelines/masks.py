"""``glom-video masks``: soft masks of the main objects of photographs, by a saliency network, for
training clips."""

import hashlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32, Int64, UInt8

from glom_video.formats.partial import writing
from glom_video.structures import InvalidInput, write_whole
from glom_video.synth.photographs import MASKS, PICTURES
from glom_video.synth.textures import SUFFIXES, scaled

LONGEST_SIDE = 640
"""Of the pictures that are written, in pixels."""
NETWORK_SIDE = 320
"""Of the network's input, in pixels."""
MEAN = np.array((0.485, 0.456, 0.406), np.float32)
DEVIATION = np.array((0.229, 0.224, 0.225), np.float32)
"""Both of ImageNet's RGB, as U2-Net was trained (Qin et al., Pattern Recognition 2020)."""
JPEG_QUALITY = 92
"""Of the pictures that are written, 1 to 100."""
LEAST_AREA, MOST_AREA = 0.04, 0.75
"""Share of the picture that an object has."""
MOST_UNSURE = 0.22
"""Pixels between 0.2 and 0.8, as a share of the object."""

SURROUNDINGS = 0.2
"""What the network sees around an object the second time, as a share of its sides."""

Picture = UInt8[np.ndarray, "H W 3"]
Mask = Float32[np.ndarray, "H W"]


def run_masks(folders: Sequence[Path], network: Path, out: Path) -> int:
    """Write ``out/pictures/*.jpg`` and ``out/masks/*.png`` of every photograph whose mask is sure;
    returns how many there are now.

    What is there already is left as it is, so that a run can be interrupted. A file that cannot be
    read is told on stderr and left out.

    Raises:
        InvalidInput: there is no such folder, none holds a photograph, the network cannot be read,
            or the disk does not take an output.
    """
    paths = _photographs(folders, out)
    saliency = Saliency(network)
    for folder in (PICTURES, MASKS):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(paths, 1):
        _write_if_sure(path, saliency, out)
        if number % 100 == 0 or number == len(paths):
            print(f"{number} of {len(paths)} photographs", file=sys.stderr)
    return len(list((out / MASKS).glob("*.png")))


def _photographs(folders: Sequence[Path], out: Path) -> list[Path]:
    """All in these folders and below, without what was written to ``out``. Raises InvalidInput for
    a folder that is none, and where there is no photograph."""
    for folder in folders:
        if not folder.is_dir():
            raise InvalidInput(f"there is no folder {folder}", "Name folders of photographs.")
    written = {(out / name).resolve() for name in (PICTURES, MASKS)}
    paths = [
        path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in SUFFIXES
        and path.parent.resolve() not in written
        and not path.is_dir()
    ]
    if not paths:
        raise InvalidInput(
            f"no photograph under {', '.join(map(str, folders))}",
            f"Name folders that hold {', '.join(sorted(SUFFIXES))} files.",
        )
    return paths


def _write_if_sure(path: Path, saliency: "Saliency", out: Path) -> None:
    """Write a photograph and its mask, unless they are there or the mask is not sure."""
    content = _content(path)
    # One name may stand in several folders, and one folder be spelt in several ways.
    name = f"{path.stem}-{hashlib.sha1(content).hexdigest()[:8]}"
    picture_path, mask_path = out / PICTURES / f"{name}.jpg", out / MASKS / f"{name}.png"
    if mask_path.exists():
        return
    picture = _small_picture(content)
    if picture is None:
        print(f"{path} cannot be read as a picture; left out", file=sys.stderr)
        return
    mask = main_object(picture, saliency)
    if is_sure(mask):
        _write(picture_path, picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        _write(mask_path, (255 * mask).astype(np.uint8), [])


def _content(path: Path) -> bytes:
    """Of a file; nothing where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _small_picture(content: bytes) -> Picture | None:
    """BGR, LONGEST_SIDE at the most; None for what is no picture."""
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if picture is None:
        return None
    scale = LONGEST_SIDE / max(picture.shape[:2])
    return scaled(picture, scale) if scale < 1 else np.asarray(picture, np.uint8)


def _write(path: Path, image: np.ndarray, settings: Sequence[int]) -> None:
    """Whole or not at all: the next run leaves what is there as it is."""
    with writing(path):
        write_whole(path, cv2.imencode(path.suffix, image, settings)[1].tobytes())


class Saliency:
    """U2-Net or its small version in ONNX: how much each pixel belongs to what a picture is of."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise InvalidInput(f"there is no file {path}", "Give u2netp.onnx as --network.")
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
        sides = NETWORK_SIDE, NETWORK_SIDE
        bgr = cv2.resize(picture, sides, interpolation=cv2.INTER_AREA)
        rgb = bgr[:, :, ::-1].astype(np.float32)
        normalised = (rgb / max(rgb.max(), 1e-6) - MEAN) / DEVIATION
        self._network.setInput(np.ascontiguousarray(normalised.transpose(2, 0, 1)[None]))
        mask = self._network.forward(self._first)[0, 0]
        whole_range = (mask - mask.min()) / (mask.max() - mask.min() + 1e-6)
        return np.asarray(cv2.resize(whole_range, picture.shape[1::-1]), np.float32)


def main_object(picture: Picture, saliency: Callable[[Picture], Mask]) -> Mask:
    """How much each pixel belongs to the main object, in [0, 1].

    The network sees the picture, then the object from near, each of them mirrored too; the mean is
    unsure where it changes its mind.
    """
    mask = _both_ways(picture, saliency)
    rows, columns = np.nonzero(mask > 0.5)
    if not len(rows):
        return mask
    near = _around(rows, mask.shape[0]), _around(columns, mask.shape[1])
    mask[near] = (mask[near] + _both_ways(picture[near], saliency)) / 2
    return mask


def _both_ways(picture: Picture, saliency: Callable[[Picture], Mask]) -> Mask:
    """Mean of the masks of a picture and of its mirror image."""
    return np.asarray((saliency(picture) + saliency(picture[:, ::-1])[:, ::-1]) / 2, np.float32)


def _around(places: Int64[np.ndarray, " n"], side: int) -> slice:
    """From the first place to the last with SURROUNDINGS; single pixels do not count."""
    first, last = np.quantile(places, (0.005, 0.995))
    margin = SURROUNDINGS * (last - first) + 8
    return slice(max(0, int(first - margin)), min(side, int(last + margin) + 1))


def is_sure(mask: Mask) -> bool:
    """Whether a mask shows an object of a usable size with an outline that is no guess."""
    area = float((mask > 0.5).mean())
    unsure = float(((mask > 0.2) & (mask < 0.8)).mean())
    return LEAST_AREA < area < MOST_AREA and unsure < MOST_UNSURE * area

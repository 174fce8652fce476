"""Files of photographs with the mask of each one's main object."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from glom_video.structures import InvalidInput
from glom_video.synth.chance import Random
from glom_video.synth.textures import HELD_OUT_ONE_IN, Image, hash_of

PICTURES, MASKS = "pictures", "masks"
"""Folders of photographs and of their masks, which have the same names but for the suffix."""


@dataclass(frozen=True, slots=True, repr=False)
class Photograph:
    """A picture and where its main object is."""

    picture: Image
    """(h w 3) uint8 RGB."""
    mask: Image
    """(h w) uint8, 255 = the main object."""


@dataclass(frozen=True, slots=True)
class Photographs:
    """Files of photographs with masks from ``glom-video masks``. ``held_out`` ones, about one in
    eight by a hash of their names but at least one, are for validation only."""

    train: tuple[tuple[Path, Path], ...]
    held_out: tuple[tuple[Path, Path], ...]

    @classmethod
    def find(cls, folder: Path) -> "Photographs":
        """Find the files in a folder.

        Raises:
            InvalidInput: it holds fewer than two photographs with masks.
        """
        pairs = [
            (folder / PICTURES / f"{mask.stem}.jpg", mask)
            for mask in sorted((folder / MASKS).glob("*.png"))
        ]
        pairs = sorted(
            (pair for pair in pairs if pair[0].exists()),
            key=lambda pair: hash_of(pair[1].name),
        )
        if len(pairs) < 2:
            raise InvalidInput(
                f"{folder} holds no photographs with masks",
                f"Make them: glom-video masks PHOTOS --network ONNX -o {folder}.",
            )
        held_out = [pair for pair in pairs if _is_held_out(pair[1].name)]
        train = [pair for pair in pairs if not _is_held_out(pair[1].name)]
        if not (held_out and train):
            held_out, train = pairs[:1], pairs[1:]
        return cls(tuple(train), tuple(held_out))

    def draw(self, random: Random, held_out: bool) -> Photograph:
        """A random one of them.

        Raises:
            InvalidInput: its files cannot be read.
        """
        pairs = self.held_out if held_out else self.train
        picture, mask = pairs[int(random.integers(len(pairs)))]
        colours, grey = cv2.imread(str(picture)), cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE)
        if colours is None or grey is None:
            raise InvalidInput(
                f"{picture} or its mask cannot be read", "Take both away, or make them again."
            )
        return Photograph(np.ascontiguousarray(colours[:, :, ::-1]), np.asarray(grey, np.uint8))


def _is_held_out(name: str) -> bool:
    """By the name alone, so that a photograph stays where it is when others are added."""
    return int(hash_of(name), 16) % HELD_OUT_ONE_IN == 0

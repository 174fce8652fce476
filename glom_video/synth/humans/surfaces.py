"""Meshes of MakeHuman's data: three.js 3.1 files in JSON, with faces of four corners.

A unit is a decimetre, y is up, and people face along z; everything is turned half round when it is
read, because the bodies of the renderer face along -z.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glom_video.synth.bodies.meshes import Floats

TURNED = np.array([-1.0, 1.0, -1.0])
"""Half a turn about the vertical."""
QUAD = 11
"""The first number of a face of four corners that has a material and texture coordinates."""
FACE_NUMBERS = 10
"""So many it takes: that number, four corners, the material, four texture coordinates."""


def places(listed: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """``listed``, each a place among ``count``. Raises ValueError where one is none."""
    if listed.size and not 0 <= listed.min() <= listed.max() < count:
        raise ValueError(f"a place that is none of {count}")
    return listed


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
    """(n k) how far each does; a vertex's sum to 1."""

    @classmethod
    def parse(cls, stored: dict[str, Any]) -> "Surface":
        """Raises KeyError or ValueError where it is no such mesh."""
        faces = np.array(stored["faces"]).reshape(-1, FACE_NUMBERS)
        if not len(faces) or (faces[:, 0] != QUAD).any():
            raise ValueError("faces of another kind than four corners")
        each = int(stored["influencesPerVertex"])
        positions = np.array(stored["vertices"], np.float64).reshape(-1, 3)
        uv = np.array(stored["uvs"][0], np.float64).reshape(-1, 2)
        weights = np.array(stored["skinWeights"], np.float64).reshape(len(positions), each)
        return cls(
            positions=positions * TURNED,
            faces=places(faces[:, 1:5], len(positions)),
            corners=places(faces[:, 6:10], len(uv)),
            uv=uv * [1, -1] + [0, 1],
            material=faces[:, 5],
            bones=np.array(stored["skinIndices"]).reshape(len(positions), each) // 2,
            weights=weights / np.maximum(weights.sum(1, keepdims=True), 1e-9),
        )

    def normals(self, positions: Floats) -> Floats:
        """(n 3) of unit length, where its vertices lie at ``positions`` (n 3)."""
        across = positions[self.faces[:, 2]] - positions[self.faces[:, 0]]
        along = positions[self.faces[:, 3]] - positions[self.faces[:, 1]]
        faced = np.cross(across, along)
        summed = np.zeros_like(positions)
        for corner in range(4):
            np.add.at(summed, self.faces[:, corner], faced)
        return np.asarray(summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-9))


@dataclass(frozen=True, slots=True, repr=False)
class Garment:
    """What is worn, or hair, brows, eyes; each vertex is held by three of the model's.

    The surface's own positions are not used: they are of another shape than the model's.
    """

    surface: Surface
    holders: NDArray[np.int64]
    """(n 3) vertices of the model."""
    shares: Floats
    """(n 3) of them."""
    offsets: Floats
    """(n 3) from their weighted middle."""
    hidden: NDArray[np.bool_]
    """(v) vertices of the model that it covers."""
    textures: tuple[str, ...]
    """Names of pictures, one of which is shown."""

    @classmethod
    def parse(cls, stored: dict[str, Any], vertices: int, bones: int) -> "Garment":
        """``vertices`` and ``bones``: of the model.

        Raises KeyError or ValueError where it is no garment.
        """
        surface = Surface.parse(stored)
        places(surface.bones, bones)
        each = len(surface.positions), 3
        listed = np.array(stored["metadata"].get("deleteVerts") or [], bool)
        named = (material.get("mapDiffuse") for material in stored["materials"])
        textures = tuple(texture for texture in named if texture)
        if not textures:
            raise ValueError("no texture")
        return cls(
            surface=surface,
            holders=places(np.array(stored["ref_vIdxs"]).reshape(each), vertices),
            shares=np.array(stored["weights"], np.float64).reshape(each),
            offsets=np.array(stored["offsets"], np.float64).reshape(each) * TURNED,
            hidden=np.pad(listed, (0, vertices - len(listed))),
            textures=textures,
        )

    def fit(self, shape: Floats) -> Floats:
        """(n 3) where it lies on a model with vertices ``shape`` (v 3)."""
        return np.asarray(np.einsum("nk,nkd->nd", self.shares, shape[self.holders]) + self.offsets)

"""Skinned meshes and their animations as 0 A.D. stores them, read into frozen values.

A mesh file (.pmd), little endian, versions 3 and 4::

    "PSMD", u32 version, u32 size
    u32 vertices, [u32 texture coordinates each; one before version 4]
    each vertex: f32 position (3), f32 normal (3), f32 u v (2 each; v runs up), u8 bone (4),
        f32 weight (4)
    u32 faces, each u16 vertex (3)
    u32 bones, each f32 position (3), f32 quaternion x y z w (4): where it rests, in the mesh's
        space
    u32 prop points, each u32 length, name, f32 position (3), f32 quaternion (4), u8 bone
        (255 = none)

An animation file (.psa), version 1::

    "PSSA", u32 version, u32 size
    u32 length, name, f32 milliseconds a key, u32 bones, u32 keys
    each key: for each bone f32 position (3), f32 quaternion (4), in the mesh's space

Source: CModelDef::Load and CSkeletonAnimDef::Load of the game's source (source/graphics). y is up.
"""

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glom_video.structures import InvalidInput

Floats = NDArray[np.float64]
BONE = 28
"""Bytes of a position and a quaternion."""


@dataclass(frozen=True, slots=True, repr=False)
class PropPoint:
    """Where something can be fastened: to which bone, or -1, and how it lies there."""

    bone: int
    place: Floats
    """(4 4)."""


@dataclass(frozen=True, slots=True, repr=False)
class Mesh:
    """``n`` vertices and ``f`` faces, moved by ``b`` bones."""

    positions: Floats
    """(n 3) at rest."""
    normals: Floats
    """(n 3)."""
    uv: Floats
    """(n 2); v runs down the texture."""
    weights: Floats
    """(n b+1): how far each bone moves each vertex; the last column is what keeps still."""
    faces: NDArray[np.int64]
    """(f 3)."""
    rest: Floats
    """(b 4 4)."""
    props: dict[str, PropPoint]


@dataclass(frozen=True, slots=True, repr=False)
class Animation:
    """``k`` poses of ``b`` bones, at even times."""

    key_ms: float
    keys: Floats
    """(k b 4 4)."""


def parse_mesh(data: bytes, name: str) -> Mesh:
    """Parse a mesh; ``name`` is for the error.

    Raises:
        InvalidInput: ``data`` is no mesh.
    """
    try:
        return _mesh(data)
    except (struct.error, ValueError, IndexError) as error:
        raise InvalidInput(
            f"{name} is no mesh of 0 A.D.", "Take public.zip of Debian's package 0ad-data."
        ) from error


def parse_animation(data: bytes, name: str) -> Animation:
    """Parse an animation; ``name`` is for the error.

    Raises:
        InvalidInput: ``data`` is no animation.
    """
    try:
        if data[:4] != b"PSSA":
            raise ValueError("no animation")
        (length,) = struct.unpack_from("<I", data, 12)
        key_ms, bones, keys = struct.unpack_from("<fII", data, 16 + length)
        states = np.frombuffer(data, "<f4", keys * bones * 7, 28 + length)
        if not keys or not key_ms > 0:
            raise ValueError("no keys")
    except (struct.error, ValueError) as error:
        raise InvalidInput(
            f"{name} is no animation of 0 A.D.", "Take public.zip of Debian's package 0ad-data."
        ) from error
    return Animation(key_ms, matrices(states.reshape(-1, 7)).reshape(keys, bones, 4, 4))


def matrices(states: NDArray[np.float32]) -> Floats:
    """(n 4 4) of positions and quaternions (n 7)."""
    x, y, z, w = states[:, 3:].T.astype(np.float64)
    turns = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    found = np.zeros((len(states), 4, 4))
    found[:, :3, :3] = np.moveaxis(np.array(turns), 2, 0)
    found[:, :3, 3] = states[:, :3]
    found[:, 3, 3] = 1
    return found


def _mesh(data: bytes) -> Mesh:
    version = struct.unpack_from("<I", data, 4)[0]
    if data[:4] != b"PSMD" or version not in (3, 4):
        raise ValueError("no mesh")
    (vertices,) = struct.unpack_from("<I", data, 12)
    (sets,) = struct.unpack_from("<I", data, 16) if version == 4 else (1,)
    layout = np.dtype(
        [
            ("p", "<f4", 3),
            ("n", "<f4", 3),
            ("uv", "<f4", (sets, 2)),
            ("bone", "u1", 4),
            ("weight", "<f4", 4),
        ]
    )
    at = 20 if version == 4 else 16
    table = np.frombuffer(data, layout, vertices, at)
    at += vertices * layout.itemsize
    (count,) = struct.unpack_from("<I", data, at)
    faces = np.frombuffer(data, "<u2", 3 * count, at + 4).reshape(-1, 3).astype(np.int64)
    if count and faces.max() >= vertices:
        raise ValueError("faces of vertices that are not there")
    at += 4 + 6 * count
    (bones,) = struct.unpack_from("<I", data, at)
    rest = matrices(np.frombuffer(data, "<f4", 7 * bones, at + 4).reshape(-1, 7))
    props = _props(data, at + 4 + BONE * bones)
    positions, normals = table["p"].astype(np.float64), table["n"].astype(np.float64)
    uv = table["uv"][:, 0].astype(np.float64) * [1, -1] + [0, 1]
    weights = _dense(table["bone"], table["weight"], bones)
    return Mesh(positions, normals, uv, weights, faces, rest, props)


def _dense(bone: NDArray[np.uint8], weight: NDArray[np.float32], bones: int) -> Floats:
    dense = np.zeros((len(bone), bones + 1))
    np.add.at(dense, (np.arange(len(bone))[:, None], np.minimum(bone, bones)), weight)
    dense[:, -1] += 1 - dense.sum(1)
    return dense


def _props(data: bytes, at: int) -> dict[str, PropPoint]:
    found: dict[str, PropPoint] = {}
    (count,) = struct.unpack_from("<I", data, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<I", data, at)
        name = data[at + 4 : at + 4 + length].decode("latin1")
        at += 4 + length
        bone = data[at + BONE]
        place = matrices(np.frombuffer(data, "<f4", 7, at).reshape(1, 7))[0]
        found.setdefault(name, PropPoint(-1 if bone == 255 else bone, place))
        at += BONE + 1
    return found

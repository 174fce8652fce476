"""A dressed person as one body: the model in its shape, the garments on it, their textures."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glom_video.synth.bodies.body import Body, Texture
from glom_video.synth.bodies.meshes import Floats
from glom_video.synth.chance import Random
from glom_video.synth.humans.dyes import dyed, of_another_head
from glom_video.synth.humans.package import Package
from glom_video.synth.humans.rig import Rig, part_names
from glom_video.synth.humans.surfaces import Garment, Surface
from glom_video.synth.humans.wardrobe import Outfit
from glom_video.synth.textures import Image

DYES = {"clothes": dyed, "hair": of_another_head}
"""By kind of garment."""
CUT_OUT = "eyebrows"
"""The kind of garment that is drawn on what lies below."""
SOLID = 90
"""Mean of the last channel over a face of hair from which it is drawn, whole: hair lies in many
layers, each with holes, through which one would see the next."""
RELAXED = "standing01"
"""The pose whose fingers hands keep."""
HANDS = ("finger", "metacarpal")
"""How the names of their bones begin."""
HOLES = 0.02
"""Share of a picture that is not there, from which one sees through the cloth."""


@dataclass(frozen=True, slots=True, repr=False)
class Piece:
    """What shows one texture: ``n`` corners and ``f`` triangles."""

    positions: Floats
    normals: Floats
    uv: Floats
    faces: NDArray[np.int64]
    bones: NDArray[np.int64]
    """(n k)."""
    weights: Floats
    texture: Texture


def dressed(
    random: Random, package: Package, shape: Floats, skin: Image, outfit: Outfit, *, halves: bool
) -> tuple[Body, Rig]:
    """A body, and the rig that moves it.

    Args:
        shape: (v 3) the model's vertices.
        skin: (h w 4) uint8 RGBA.
        halves: parts limbs into an upper and a lower one.
    """
    model = package.model
    worn = [(kind, name, package.garment(kind, name)) for kind, name in outfit.garments]
    hidden = np.any([garment.hidden for _, _, garment in worn], axis=0)
    shown = model.is_skin & ~hidden[model.surface.faces].all(1)
    pieces = [_piece(model.surface, shape, shown, Texture.of(skin, False))]
    for kind, name, garment in worn:
        picture = package.garment_picture(kind, name, str(random.choice(garment.textures)))
        pieces.append(_worn(random, kind, garment, picture, shape))
    rig = Rig.of(model, shape)
    return _joined(package, rig, pieces, halves=halves), rig


def _worn(random: Random, kind: str, garment: Garment, picture: Image, shape: Floats) -> Piece:
    """``kind``: clothes, hair, eyebrows or eyes."""
    if kind in DYES:
        picture = DYES[kind](random, picture)
    surface, fitted = garment.surface, garment.fit(shape)
    if kind == "hair":
        shown = _solidity(surface, picture) >= SOLID
        return _piece(surface, fitted, shown, Texture.of(picture, False))
    texture = Texture.of(picture, kind == CUT_OUT or _has_holes(picture))
    return _piece(surface, fitted, np.ones(len(surface.faces), bool), texture)


def _solidity(surface: Surface, picture: Image) -> Floats:
    """(f) mean of the last channel at a face's corners and in its middle."""
    height, width = picture.shape[:2]
    corners = surface.uv[surface.corners]
    inside = np.concatenate([corners, 0.5 * (corners + corners.mean(1, keepdims=True))], 1)
    column, row = np.moveaxis((inside % 1 * [width, height]).astype(np.int64), -1, 0)
    return np.asarray(picture[row, column, 3].mean(1), np.float64)


def _has_holes(picture: Image) -> bool:
    return bool((picture[..., 3] < 128).mean() > HOLES)


def _piece(
    surface: Surface, positions: Floats, shown: NDArray[np.bool_], texture: Texture
) -> Piece:
    """Corners that share a vertex and a texture coordinate are one."""
    pairs = np.stack([surface.faces[shown], surface.corners[shown]], -1).reshape(-1, 2)
    unique, places = np.unique(pairs, axis=0, return_inverse=True)
    quads = places.reshape(-1, 4)
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    vertex = unique[:, 0]
    return Piece(
        positions[vertex],
        surface.normals(positions)[vertex],
        surface.uv[unique[:, 1]],
        triangles,
        surface.bones[vertex],
        surface.weights[vertex],
        texture,
    )


def _joined(package: Package, rig: Rig, pieces: list[Piece], *, halves: bool) -> Body:
    starts = np.cumsum([0, *(len(piece.positions) for piece in pieces)])
    most = max(piece.bones.shape[1] for piece in pieces)
    bones = np.concatenate([_widened(piece.bones, most) for piece in pieces])
    weights = np.concatenate([_widened(piece.weights, most) for piece in pieces])
    parts = part_names(package.model, halves=halves)
    names = tuple(dict.fromkeys(parts))
    of_bone = np.array([names.index(part) for part in parts])
    whole = Body(
        np.concatenate([piece.positions for piece in pieces]),
        np.concatenate([piece.normals for piece in pieces]),
        _summed(bones, weights, len(parts) + 1),
        np.concatenate([piece.uv for piece in pieces]),
        np.concatenate(
            [piece.faces + start for piece, start in zip(pieces, starts[:-1], strict=True)]
        ),
        rig.rest,
        names,
        _summed(of_bone[bones], weights, len(names)),
        tuple(piece.texture for piece in pieces),
        np.repeat(np.arange(len(pieces)), [len(piece.faces) for piece in pieces]),
        True,
        len(pieces[0].positions),
    )
    # Fingers do not move of their own: they stay as they are bent here.
    bent, _ = whole.posed(rig.posed(_relaxed_hands(package)))
    held = _summed(rig.holder[bones], weights, len(rig.kept) + 1)
    return replace(whole, positions=bent, weights=held, rest=rig.rest[rig.kept])


def _widened(table: NDArray[Any], columns: int) -> NDArray[Any]:
    """With columns of zeros after its own."""
    return np.pad(table, ((0, 0), (0, columns - table.shape[1])))


def _summed(columns: NDArray[np.int64], weights: Floats, count: int) -> Floats:
    """(n count): weights (n k) added up by the columns (n k) that they go to."""
    found = np.zeros((len(columns), count))
    np.add.at(found, (np.arange(len(columns))[:, None], columns), weights)
    return found


def _relaxed_hands(package: Package) -> Floats:
    """(b 4) quaternions of a pose at rest but for the fingers, which are a little bent."""
    bones = package.model.bones
    hands = [name.startswith(HANDS) for name in bones]
    turns = np.tile([0.0, 0.0, 0.0, 1.0], (len(bones), 1))
    turns[hands] = package.pose(RELAXED)[hands]
    return turns

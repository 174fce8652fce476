"""A dressed person as one body: the model in its shape, the garments on it, their textures."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from glom_video.synth.bodies.body import Body, Texture, joined
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
    """What shows one texture."""

    surface: Surface
    positions: Floats
    """(n 3) of its vertices."""
    shown: NDArray[np.bool_]
    """(f) which of its faces are seen."""
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
    pieces = [Piece(model.surface, shape, shown, Texture.of(skin, False))]
    for kind, name, garment in worn:
        picture = package.garment_picture(kind, name, str(random.choice(garment.textures)))
        pieces.append(_worn(random, kind, garment, picture, shape))
    rig, parts = Rig.of(model, shape), part_names(model, halves=halves)
    relaxed = rig.posed(_relaxed_hands(package))
    return joined([_body(piece, rig, parts, relaxed) for piece in pieces]), rig


def _worn(random: Random, kind: str, garment: Garment, picture: Image, shape: Floats) -> Piece:
    """``kind``: clothes, hair, eyebrows or eyes."""
    if kind in DYES:
        picture = DYES[kind](random, picture)
    surface, fitted = garment.surface, garment.fit(shape)
    if kind == "hair":
        shown = _solidity(surface, picture) >= SOLID
        return Piece(surface, fitted, shown, Texture.of(picture, False))
    texture = Texture.of(picture, kind == CUT_OUT or _has_holes(picture))
    return Piece(surface, fitted, np.ones(len(surface.faces), bool), texture)


def _solidity(surface: Surface, picture: Image) -> Floats:
    """(f) mean of the last channel at a face's corners and in its middle."""
    height, width = picture.shape[:2]
    corners = surface.uv[surface.corners]
    inside = np.concatenate([corners, 0.5 * (corners + corners.mean(1, keepdims=True))], 1)
    column, row = np.moveaxis((inside % 1 * [width, height]).astype(np.int64), -1, 0)
    return np.asarray(picture[row, column, 3].mean(1), np.float64)


def _has_holes(picture: Image) -> bool:
    return bool((picture[..., 3] < 128).mean() > HOLES)


def _body(piece: Piece, rig: Rig, parts: list[str], relaxed: Floats) -> Body:
    """Corners that share a vertex and a texture coordinate are one. Hands stay as they are where
    all bones stand as ``relaxed`` (b 4 4) says: fingers do not move of their own.

    ``parts``: of each bone.
    """
    surface, names = piece.surface, tuple(dict.fromkeys(parts))
    pairs = np.stack([surface.faces[piece.shown], surface.corners[piece.shown]], -1).reshape(-1, 2)
    unique, places = np.unique(pairs, axis=0, return_inverse=True)
    quads, vertex = places.reshape(-1, 4), unique[:, 0]
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    bones, weights = surface.bones[vertex], surface.weights[vertex]
    body = Body(
        positions=piece.positions[vertex],
        normals=surface.normals(piece.positions)[vertex],
        weights=_summed(bones, weights, len(parts) + 1),
        uv=surface.uv[unique[:, 1]],
        faces=triangles,
        rest=rig.rest,
        parts=names,
        shares=_summed(np.array([names.index(part) for part in parts])[bones], weights, len(names)),
        textures=(piece.texture,),
        face_texture=np.zeros(len(triangles), np.int64),
        stands=True,
        own=len(vertex),
    )
    bent, _ = body.posed(relaxed)
    held = _summed(rig.holder[bones], weights, len(rig.kept) + 1)
    return replace(body, positions=bent, weights=held, rest=rig.rest[rig.kept])


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

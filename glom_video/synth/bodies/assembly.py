"""A mesh and the things fastened to it as one body."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from glom_video.synth.bodies.appearance import Appearance
from glom_video.synth.bodies.archive import Archive
from glom_video.synth.bodies.body import Body, Texture, joined
from glom_video.synth.bodies.meshes import Floats, Mesh
from glom_video.synth.bodies.skeletons import Skeleton, part_shares
from glom_video.synth.chance import Random
from glom_video.synth.textures import Image

DEEPEST = 3
"""Things on things: a head with a helmet with a plume."""
NO_THINGS = ("particle", "blood", "projectile", "arrow")
"""In names of props that are shown for a moment only."""


@dataclass(frozen=True, slots=True, repr=False)
class Piece:
    """A mesh in the body's space, moved by the body's bones."""

    mesh: Mesh
    texture: str
    material: str


def pieces(archive: Archive, random: Random, appearance: Appearance, state: str) -> list[Piece]:
    """The body's own mesh, first, and what is fastened to it.

    Raises KeyError where its mesh or texture is not there.
    """
    if appearance.mesh is None or appearance.texture is None:
        raise KeyError("an actor without mesh or texture")
    mesh = archive.mesh(appearance.mesh)
    return [
        Piece(mesh, appearance.texture, appearance.material),
        *_fastened(archive, random, appearance, state, mesh, -1, np.eye(4), 0),
    ]


def _fastened(
    archive: Archive,
    random: Random,
    appearance: Appearance,
    state: str,
    body: Mesh,
    bone: int,
    place: Floats,
    depth: int,
) -> Iterator[Piece]:
    """``bone``, ``place``: where the thing that ``appearance`` shows lies itself; -1 is the
    body."""
    if appearance.mesh is None or depth == DEEPEST:
        return
    points = archive.mesh(appearance.mesh).props
    for point, actors in appearance.props.items():
        for actor in actors:
            if point not in points or not actor or any(word in actor for word in NO_THINGS):
                continue
            at = place @ points[point].place
            holder = points[point].bone if depth == 0 else bone
            try:
                thing = archive.actor(actor).appearance(random, state)
                piece = _piece(archive, thing, body, holder, at)
            except KeyError:
                continue
            if piece is not None:
                yield piece
                yield from _fastened(archive, random, thing, state, body, holder, at, depth + 1)


def _piece(
    archive: Archive, thing: Appearance, body: Mesh, bone: int, place: Floats
) -> Piece | None:
    """None for what has bones of its own, such as a rider; a mane shares those of its horse."""
    if thing.mesh is None or thing.texture is None:
        return None
    mesh = archive.mesh(thing.mesh)
    if len(mesh.rest) == len(body.rest):
        return Piece(mesh, thing.texture, thing.material)
    if len(mesh.rest):
        return None
    held = body.rest[bone] @ place if bone >= 0 else place
    weights = np.zeros((len(mesh.positions), len(body.rest) + 1))
    weights[:, bone] = 1
    positions = mesh.positions @ held[:3, :3].T + held[:3, 3]
    moved = replace(
        mesh, positions=positions, normals=mesh.normals @ held[:3, :3].T, weights=weights
    )
    return Piece(moved, thing.texture, thing.material)


def assembled(
    archive: Archive, random: Random, found: list[Piece], skeleton: Skeleton, *, halves: bool
) -> Body:
    """``halves`` parts limbs into an upper and a lower one."""
    body = found[0].mesh
    colour = random.uniform(20, 235, 3)
    shares = [
        part_shares(replace(piece.mesh, rest=body.rest), skeleton, halves=halves) for piece in found
    ]
    names = tuple(sorted({name for own, _ in shares for name in own}))
    bodies = []
    for piece, (own, each) in zip(found, shares, strict=True):
        mesh, of_all = piece.mesh, np.zeros((len(each), len(names)))
        of_all[:, [names.index(name) for name in own]] = each
        bodies.append(
            Body(
                positions=mesh.positions,
                normals=mesh.normals,
                weights=mesh.weights,
                uv=mesh.uv,
                faces=mesh.faces,
                rest=body.rest,
                parts=names,
                shares=of_all,
                textures=(_texture(archive.picture(piece.texture), piece.material, colour),),
                face_texture=np.zeros(len(mesh.faces), np.int64),
                stands=skeleton.stands,
                own=len(mesh.positions),
            )
        )
    return joined(bodies)


def _texture(picture: Image, material: str, colour: Floats) -> Texture:
    """The last channel says where a player's colour shines through, or what is not there."""
    alpha = picture[..., 3:] / 255
    if material.startswith("player_trans"):
        mixed = picture[..., :3] * alpha + colour * (1 - alpha)
        return Texture.of(np.dstack([mixed, np.full_like(alpha, 255)]).astype(np.uint8), False)
    return Texture.of(picture, material.startswith("basic_trans"))

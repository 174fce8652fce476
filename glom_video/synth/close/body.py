"""Bodies of flat pieces with a pose per frame, unlike figures.Figure, which has a cyclic gait."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from glom_video.synth.actors import linearised
from glom_video.synth.camera import Camera, Floats
from glom_video.synth.chance import Random
from glom_video.synth.outlines import Outline
from glom_video.synth.shadows import CastShadow, darken, silhouette
from glom_video.synth.sprites import Affine, Sprite, bake, place
from glom_video.synth.textures import Image

Colour = tuple[int, int, int]
HEAD = "head"
"""Part of a body."""
FACE = ("eyes", "brows", "nose", "mouth")
"""Pieces that shift when the head turns."""
TURN, X, Y, LONG, WIDE = range(5)
"""Columns of a pose: radians clockwise, shift of the joint in the parent's frame, stretches along
and across the piece."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Its outlines stand in its own frame, whose origin is its joint."""

    name: str
    group: str
    """Pieces of one group are one part."""
    outlines: tuple[Outline, ...]
    fabric: str
    parent: str = ""
    """Name of a piece before this one; none for the root."""
    joint: tuple[float, float] = (0.0, 0.0)
    """In the parent's frame."""
    order: int = 0
    """Drawn from low to high."""
    rest: float = 0.0
    """Radians clockwise."""
    details: tuple[tuple[Outline, Colour], ...] = ()
    roundness: float = 0.6
    throws: float = 0.0
    """Strength of the shadow that it throws on what is drawn before it."""


@dataclass(frozen=True, slots=True)
class Still:
    """The pose of pieces that keep still; gestures change ``moves`` in place."""

    pieces: tuple[Piece, ...]
    frames: int
    moves: NDArray[np.float64] = field(init=False)
    """(t pieces 5)."""

    def __post_init__(self) -> None:
        rest = np.array([[piece.rest, *piece.joint, 1.0, 1.0] for piece in self.pieces])
        object.__setattr__(self, "moves", np.repeat(rest[None], self.frames, 0))

    def of(self, name: str) -> Floats:
        """(t 5) view of one piece's pose, to be changed in place."""
        return self.moves[:, [piece.name for piece in self.pieces].index(name)]

    def has(self, name: str) -> bool:
        """Whether there is a piece of that name."""
        return any(piece.name == name for piece in self.pieces)


@dataclass(frozen=True, slots=True, repr=False)
class Body:
    """A body of pieces in its sprites, with a pose per frame."""

    pieces: tuple[Piece, ...]
    sprites: tuple[Sprite, ...]
    ids: tuple[int, ...]
    """Per piece; 0 for background, which hides the objects behind it."""
    disparity: float
    position: Floats
    """(t 2) of the root, in scene units."""
    size: float
    """Scene units per unit of the body."""
    moves: NDArray[np.float64]
    """(t pieces 5)."""
    shadow: CastShadow | None = None
    mirror: bool = False
    """Whether it faces the other way."""

    def poses(self, camera: Camera, frame: int) -> list[Affine]:
        """(2 3) per piece: its own frame to pixels."""
        spot, slope = linearised(camera.plane(frame, self.disparity), self.position[frame])
        root = slope @ np.diag([-self.size if self.mirror else self.size, self.size])
        names = [piece.name for piece in self.pieces]
        bones: list[Affine] = []
        shown: list[Affine] = []
        for piece, move in zip(self.pieces, self.moves[frame], strict=True):
            above = (
                bones[names.index(piece.parent)] if piece.parent else np.column_stack([root, spot])
            )
            c, s = np.cos(move[TURN]), np.sin(move[TURN])
            turned = above[:, :2] @ np.array([[c, -s], [s, c]])
            joint = above[:, :2] @ move[X : Y + 1] + above[:, 2]
            bones.append(np.column_stack([turned, joint]))
            # A piece's own stretch does not apply to its children.
            shown.append(np.column_stack([turned @ np.diag(move[LONG:]), joint]))
        return shown

    def draw(self, pixels: Image, ids: Image, camera: Camera, frame: int, shutter: float) -> None:
        """Paints this body over what is there, in place."""
        now = self.poses(camera, frame)
        before = self.poses(camera, frame - 1 if frame else min(1, len(self.position) - 1))
        spot, slope = linearised(camera.plane(frame, self.disparity), self.position[frame])
        unit = float(np.sqrt(abs(np.linalg.det(slope)))) * self.size
        if self.shadow is not None:
            mask = silhouette(
                self.sprites, now, ids.shape, self.shadow.throw(slope * self.size, spot)
            )
            darken(pixels, mask, self.shadow.strength, self.shadow.softness * unit)
        for number in sorted(range(len(now)), key=lambda n: self.pieces[n].order):
            piece, sprite = self.pieces[number], self.sprites[number]
            if piece.throws:
                below = np.column_stack([np.eye(2), np.array([0.03, 0.07]) * unit])
                darken(
                    pixels,
                    silhouette([sprite], [now[number]], ids.shape, below),
                    piece.throws,
                    0.06 * unit,
                )
            smear = (now[number] - before[number]) @ [*np.mean(piece.outlines[0], 0), 1.0] * shutter
            place(
                pixels,
                ids,
                sprite,
                now[number],
                self.ids[number],
                smear=(float(smear[0]), float(smear[1])),
            )


def dressed(
    random: Random,
    pieces: Sequence[Piece],
    fabrics: Mapping[str, Image],
    pixels_per_unit: float,
    light: Floats,
    gain: float,
) -> tuple[Sprite, ...]:
    """Each piece in its fabric, lit from ``light`` (x, y); ``gain``: brightness, 1 = as the fabric
    is."""
    softness = random.uniform(0.55, 1.0)
    return tuple(
        bake(
            random,
            piece.outlines,
            piece.details,
            fabrics[piece.fabric],
            pixels_per_unit,
            light,
            roundness=piece.roundness,
            brightness=gain,
            softness=softness,
        )
        for piece in pieces
    )


def numbered(pieces: Sequence[Piece], first_id: int) -> tuple[int, ...]:
    """Part id of each piece: those of one group share one."""
    groups = list(dict.fromkeys(piece.group for piece in pieces))
    return tuple(first_id + groups.index(piece.group) for piece in pieces)

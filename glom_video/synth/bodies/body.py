"""A body: one mesh with what is fastened to it, its textures, and which part each face belongs to.

Its bones move it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from glom_video.synth.bodies.meshes import Animation, Floats
from glom_video.synth.textures import Image

SOLE = 0.02
"""Of a body's height: what is lower touches the ground."""
PAIRS = 12
"""Of keys that say how fast a body walks."""


@dataclass(frozen=True, slots=True, repr=False)
class Texture:
    """A picture at several sizes, of which a body shows the one that fits how large it is seen."""

    levels: tuple[Image, ...]
    """Each (h w 4) uint8 RGBA, half the size of the one before."""
    is_cut_out: bool
    """Whether what its last channel says is seen through."""

    @classmethod
    def of(cls, picture: Image, is_cut_out: bool) -> "Texture":
        """A picture (h w 4) uint8 RGBA, halved until a side has 8 pixels or fewer."""
        levels = [picture]
        while min(levels[-1].shape[:2]) > 8:
            height, width = levels[-1].shape[:2]
            half = cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
            levels.append(np.asarray(half, np.uint8))
        return cls(tuple(levels), is_cut_out)


@dataclass(frozen=True, slots=True, repr=False)
class Body:
    """A mesh of ``n`` vertices and ``f`` faces, moved by ``b`` bones, in ``p`` parts."""

    positions: Floats
    """(n 3) at rest, y up."""
    normals: Floats
    weights: Floats
    """(n b+1)."""
    uv: Floats
    faces: NDArray[np.int64]
    """(f 3)."""
    rest: Floats
    """(b 4 4)."""
    parts: tuple[str, ...]
    shares: Floats
    """(n p): how far each part moves each vertex. The largest says which it belongs to."""
    textures: tuple[Texture, ...]
    face_texture: NDArray[np.int64]
    stands: bool
    """On the ground; else it swims or flies."""
    own: int
    """So many vertices, the first, are of the body itself; the others of what it carries."""

    @property
    def vertex_part(self) -> NDArray[np.int64]:
        """(n)."""
        return np.asarray(self.shares.argmax(1))

    def posed(self, bones: Floats) -> tuple[Floats, Floats]:
        """Positions and normals (n 3) where the bones stand as ``bones`` (b 4 4) says."""
        moves = np.concatenate([bones @ np.linalg.inv(self.rest), np.eye(4)[None]])
        each = (self.weights @ moves.reshape(-1, 16)).reshape(-1, 4, 4)
        turned = np.einsum("nij,nj->ni", each[:, :3, :3], self.normals)
        lengths = np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-9)
        moved = np.einsum("nij,nj->ni", each[:, :3, :3], self.positions) + each[:, :3, 3]
        return moved, turned / lengths


def joined(bodies: Sequence[Body]) -> Body:
    """Bodies of the same bones and parts as one: the first, which carries the others."""
    vertices = np.cumsum([0, *(len(each.positions) for each in bodies)])
    textures = np.cumsum([0, *(len(each.textures) for each in bodies)])
    return replace(
        bodies[0],
        positions=np.concatenate([each.positions for each in bodies]),
        normals=np.concatenate([each.normals for each in bodies]),
        weights=np.concatenate([each.weights for each in bodies]),
        uv=np.concatenate([each.uv for each in bodies]),
        shares=np.concatenate([each.shares for each in bodies]),
        faces=np.concatenate(
            [each.faces + first for each, first in zip(bodies, vertices[:-1], strict=True)]
        ),
        textures=tuple(texture for each in bodies for texture in each.textures),
        face_texture=np.concatenate(
            [each.face_texture + first for each, first in zip(bodies, textures[:-1], strict=True)]
        ),
    )


@dataclass(frozen=True, slots=True, repr=False)
class Motion:
    """An animation of a body as it is played."""

    animation: Animation
    repeats: bool

    @property
    def length_ms(self) -> float:
        """Milliseconds that it takes once."""
        return self.animation.key_ms * max(len(self.animation.keys) - (not self.repeats), 1)

    def bones(self, time_ms: float) -> Floats:
        """(b 4 4) between the two keys beside a time."""
        keys = self.animation.keys
        place = time_ms / self.animation.key_ms
        place = place % len(keys) if self.repeats else float(np.clip(place, 0, len(keys) - 1))
        before = int(place)
        after = (before + 1) % len(keys) if self.repeats else min(before + 1, len(keys) - 1)
        share = place - before
        return np.asarray((1 - share) * keys[before] + share * keys[after], np.float64)


@dataclass(frozen=True, slots=True, repr=False)
class AnimatedBody:
    """A body and what it does."""

    body: Body
    motion: Motion
    state: str
    """Name of the animation: walk, idle..."""


def stride(body: Body, motion: Motion) -> Floats:
    """(2) x and z that the ground moves below a body in a millisecond; reversed, its walk.

    The median of what touches the ground, because what is low are also feet on their way ahead.
    """
    count = min(len(motion.animation.keys), PAIRS)
    steps = []
    for number in range(count):
        time = motion.length_ms * number / count
        now, then = (
            body.posed(motion.bones(each))[0][: body.own]
            for each in (time, time + motion.animation.key_ms)
        )
        low, later = (
            where[:, 1] < where[:, 1].min() + SOLE * np.ptp(where[:, 1]) for where in (now, then)
        )
        steps.append((then - now)[low & later][:, [0, 2]])
    standing = np.concatenate(steps)
    return np.median(standing, 0) / motion.animation.key_ms if len(standing) else np.zeros(2)

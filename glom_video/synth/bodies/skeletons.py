"""Bones into parts: head, torso, tail and each limb, by the game's skeleton files.

``art/skeletons/*.xml`` names the bones of a standard skeleton as nested elements; a mesh numbers
them in that order.
"""

import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from glom_video.structures import InvalidInput
from glom_video.synth.bodies.meshes import Floats, Mesh

WORDS = {
    "torso": (
        "spine pelvis body belly chest hip butt shoulder shouder clavicle rein weapon cape armor"
    ),
    "head": "head neck jaw ear eartip cervical maxila tongue mohawk",
    "trunk": "trunk",
    "tail": "tail",
    "limb": (
        "leg foot thigh calf shin arm upperarm forearm foreleg hand hoof toe paw claw knee ankle "
        "femur elbow wing humerus ulna digit fin finger"
    ),
}
"""Words in names of bones, by the part that they belong to."""
KINDS = {word: kind for kind, words in WORDS.items() for word in words.split()}
"""The part that a word in a bone's name stands for."""
LEGS = {"leg", "foot", "thigh", "shin"}
"""Words by which a skeleton stands on the ground."""
LEAST_SHARE = 0.008
"""Least share of the vertices; smaller parts join the part beside them."""
HALF = 0.42
"""Of a limb's length, beyond which its lower half begins."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Names and parents of bones, parents first."""

    names: tuple[str, ...]
    parents: tuple[int, ...]
    """-1 for roots."""

    @property
    def stands(self) -> bool:
        """Whether it has legs; what has none swims or flies."""
        return any(LEGS & set(words(name)) for name in self.names)

    @property
    def has_head(self) -> bool:
        """Carts and machines have none."""
        return any("head" in words(name) for name in self.names)

    def length(self, rest: Floats) -> float:
        """Sum of all bones' distances to their parents: small for a mesh's own skeleton."""
        pairs = [(bone, parent) for bone, parent in enumerate(self.parents) if parent >= 0]
        return math.fsum(
            np.linalg.norm(rest[bone, :3, 3] - rest[parent, :3, 3]) for bone, parent in pairs
        )

    def limbs(self, rest: Floats, *, halves: bool) -> list[str]:
        """The part of each bone. ``halves`` parts limbs into an upper and a lower one."""
        kinds: list[str] = []
        reach = np.zeros(len(self.names))
        for bone, (name, parent) in enumerate(zip(self.names, self.parents, strict=True)):
            above = kinds[parent] if parent >= 0 else "torso"
            own = next((KINDS[word] for word in words(name) if word in KINDS), None)
            if own is None or (own == "torso" and above.startswith("limb")):
                kinds.append(above)
            elif own == "limb":
                kinds.append(above if above.startswith("limb") else f"limb {bone}")
            else:
                kinds.append(own)
            if parent >= 0 and kinds[bone] == above:
                reach[bone] = reach[parent] + np.linalg.norm(
                    rest[bone, :3, 3] - rest[parent, :3, 3]
                )
        if not halves:
            return kinds
        longest = {
            kind: max(reach[bone] for bone, each in enumerate(kinds) if each == kind)
            for kind in set(kinds)
        }
        for bone, kind in enumerate(kinds):
            if kind.startswith("limb") and reach[bone] > HALF * longest[kind] > 0:
                kinds[bone] = f"{kind} lower"
        return kinds


def words(name: str) -> list[str]:
    """``FrontLegTop_L`` is front, leg, top, l."""
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]


def parse_skeletons(data: bytes, name: str) -> list[Skeleton]:
    """Standard skeletons of a file.

    Raises:
        InvalidInput: ``data`` is no XML.
    """
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise InvalidInput(
            f"{name} is no XML", "Take public.zip of Debian's package 0ad-data."
        ) from error
    found = []
    for element in root.iter("standard_skeleton"):
        bones = list(_bones(element, -1, [0]))
        found.append(
            Skeleton(tuple(bone for bone, _ in bones), tuple(parent for _, parent in bones))
        )
    return found


def _bones(
    element: ElementTree.Element, parent: int, count: list[int]
) -> Iterator[tuple[str, int]]:
    for bone in element.findall("bone"):
        number = count[0]
        count[0] += 1
        yield bone.get("name", ""), parent
        yield from _bones(bone, number, count)


def part_shares(mesh: Mesh, skeleton: Skeleton, *, halves: bool) -> tuple[list[str], Floats]:
    """Names of the parts, and how far each moves each vertex (n p); small ones go to others."""
    bones = [*skeleton.limbs(mesh.rest, halves=halves), "torso"]
    names = list(dict.fromkeys(bones))
    shares = np.stack(
        [mesh.weights[:, [bone == name for bone in bones]].sum(1) for name in names], 1
    )
    helpers = {
        f"limb {bone}"
        for bone, parent in enumerate(skeleton.parents)
        if parent < 0 and bone not in skeleton.parents
    }
    own = shares.argmax(1)
    for part, name in enumerate(names):
        mine = own == part
        if mine.any() and not mine.all() and (mine.mean() < LEAST_SHARE or name in helpers):
            nearest = _nearest(mesh.positions[mine], mesh.positions[~mine])
            beside = np.bincount(own[~mine][nearest]).argmax()
            shares[:, beside] += shares[:, part]
            shares[:, part] = 0
            own = shares.argmax(1)
    kept = np.unique(own)
    return [names[part] for part in kept], shares[:, kept]


def _nearest(points: Floats, others: Floats) -> NDArray[np.int64]:
    """Which of ``others`` lies nearest to each point."""
    apart = (others**2).sum(1) - 2 * points @ others.T
    return np.asarray(apart.argmin(1))

"""The game's actor files: which mesh, texture, animations and props go together.

``art/actors/**.xml`` holds groups of variants, of which one each is in use. A variant may include
another from ``art/variants``. The variant in use is the one with the state's name, such as
``walk``, else one drawn by frequency; later groups override earlier ones.
"""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from glom_video.structures import InvalidInput
from glom_video.synth.chance import Random

ACTORS, VARIANTS = "art/actors/", "art/variants/"
"""Folders of the archive."""
Read = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class NamedAnimation:
    """An animation as an actor uses it."""

    name: str
    """Lower case: walk, run, idle, death..."""
    file: str
    speed: float
    """1 = as stored."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One choice of a group; what it leaves out, it takes from the variant that it includes."""

    name: str = ""
    frequency: float = 0.0
    mesh: str | None = None
    texture: str | None = None
    animations: tuple[NamedAnimation, ...] = ()
    props: tuple[tuple[str, str], ...] = ()
    """Prop point and actor."""


@dataclass(frozen=True, slots=True)
class ActorFile:
    """An actor's groups of variants."""

    groups: tuple[tuple[Variant, ...], ...]
    material: str

    def states(self) -> tuple[str, ...]:
        """Names of all its animations."""
        return tuple(
            dict.fromkeys(
                each.name for group in self.groups for one in group for each in one.animations
            )
        )

    def meshes(self) -> set[str]:
        """Names of all its meshes."""
        return {variant.mesh for group in self.groups for variant in group if variant.mesh}

    def appearance(self, random: Random, state: str) -> "Appearance":
        """Its appearance in a state such as ``walk``, with one variant of each group."""
        appearance = Appearance(material=self.material)
        for group in self.groups:
            appearance = appearance.with_variant(_chosen(random, group, state), state)
        return appearance


@dataclass(frozen=True, slots=True)
class Appearance:
    """An actor as it shows itself in one state."""

    material: str
    mesh: str | None = None
    texture: str | None = None
    animations: tuple[NamedAnimation, ...] = ()
    props: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By prop point."""

    def with_variant(self, variant: Variant, state: str) -> "Appearance":
        """The appearance with what a variant says, which overrides what was there."""
        props = {
            point: tuple(actor for at, actor in variant.props if at == point)
            for point, _ in variant.props
        }
        return replace(
            self,
            mesh=variant.mesh or self.mesh,
            texture=variant.texture or self.texture,
            animations=tuple(each for each in variant.animations if each.name == state)
            or self.animations,
            props=self.props | props,
        )


def read_actor(read: Read, path: str) -> ActorFile:
    """Read an actor file; ``path`` is relative to art/actors.

    Raises:
        InvalidInput: it is no XML.
        KeyError: there is no such file.
    """
    root = _parsed(read(ACTORS + path), path)
    groups = tuple(
        tuple(_variant(read, each) for each in group.findall("variant"))
        for group in root.findall("group")
        if group.find("variant") is not None
    )
    return ActorFile(groups, root.findtext("material") or "default.xml")


def _variant(read: Read, element: ElementTree.Element) -> Variant:
    base = Variant()
    if file := element.get("file"):
        base = _variant(read, _parsed(read(VARIANTS + file), file))
    textures = {each.get("name"): each.get("file") for each in element.iterfind("textures/texture")}
    animations = [
        NamedAnimation(
            each.get("name", "").lower(), each.get("file", ""), float(each.get("speed", 100)) / 100
        )
        for each in element.iterfind("animations/animation")
        if each.get("file")
    ]
    props = [
        (each.get("attachpoint", ""), each.get("actor") or "")
        for each in element.iterfind("props/prop")
    ]
    return Variant(
        name=element.get("name", base.name),
        frequency=float(element.get("frequency", base.frequency)),
        mesh=element.findtext("mesh") or base.mesh,
        texture=textures.get("baseTex") or base.texture,
        animations=(*base.animations, *animations),
        props=(*base.props, *props),
    )


def _chosen(random: Random, group: tuple[Variant, ...], state: str) -> Variant:
    fitting = [variant for variant in group if variant.name.lower() == state]
    among = fitting or group
    chances = np.array([variant.frequency for variant in among])
    chances = chances if chances.sum() else np.ones(len(among))
    return among[int(random.choice(len(among), p=chances / chances.sum()))]


def _parsed(data: bytes, name: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise InvalidInput(
            f"{name} is no XML", "Take public.zip of Debian's package 0ad-data."
        ) from error

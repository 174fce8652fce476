"""The bodies of 0 A.D.'s data: its animals and people, each with an appearance and a motion.

The data are CC BY-SA 3.0.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from glom_video.structures import InvalidInput
from glom_video.synth.bodies.archive import REMEDY, Archive
from glom_video.synth.bodies.assembly import assembled, pieces
from glom_video.synth.bodies.body import AnimatedBody, Motion
from glom_video.synth.chance import Random
from glom_video.synth.textures import hash_of

ANIMALS, PEOPLE = "fauna/", "units/"
"""Folders of actors."""
PEOPLE_SHARE = 0.4
"""Share of people among main bodies; the others are animals."""
HELD_OUT_ONE_IN = 6
"""Meshes, by a hash of their names."""
NO_BODIES = (
    "shoal",
    "circle",
    "whale_fin",
    "siege",
    "rider",
    "chariot",
    "ship",
    "_r.xml",
    "fish",
    "cavalry",
    "elephant_",
)
"""In names of actors: several animals, pieces of one, machines, people who sit on them."""
SEATED = ("rider", "chariot", "fisher", "siege")
"""In names of animations of people who sit or stand on what is not theirs."""
MOTIONS = {"walk": 0.36, "run": 0.14, "idle": 0.28, "feeding": 0.08, "death": 0.1}
"""Chances of animations, as far as a body has them."""
OTHER_MOTIONS = 0.14
"""Shares of animations by name, where they exist."""


@dataclass(frozen=True, slots=True)
class Character:
    """An actor with one of its meshes."""

    actor: str
    mesh: str

    @property
    def is_person(self) -> bool:
        """Whether it is a person; else it is an animal."""
        return self.actor.startswith(PEOPLE)


@dataclass(frozen=True, slots=True, repr=False)
class Bodies:
    """Actors by mesh. Meshes that are ``held_out`` are for validation only."""

    archive: Archive
    train: tuple[tuple[Character, ...], ...]
    """Characters of each mesh."""
    held_out: tuple[tuple[Character, ...], ...]

    @classmethod
    def find(cls, path: Path) -> "Bodies":
        """Bodies of 0 A.D.'s public.zip.

        Raises:
            InvalidInput: it is no such zip, or holds no bodies.
        """
        return cls.of(Archive.open(path))

    @classmethod
    def of(cls, archive: Archive) -> "Bodies":
        """Those of an open archive. Raises InvalidInput where it holds none."""
        groups = _by_mesh(archive)
        if len(groups) < 2:
            raise InvalidInput(f"{archive.zip.filename} holds no bodies", REMEDY)
        ranked = sorted(groups, key=hash_of)
        kept = set(ranked[::HELD_OUT_ONE_IN])
        train = tuple(tuple(groups[mesh]) for mesh in sorted(groups) if mesh not in kept)
        return cls(archive, train, tuple(tuple(groups[mesh]) for mesh in sorted(kept)))

    def character(self, random: Random, held_out: bool) -> Character:
        """Animals or people, then any mesh, then any actor that has it."""
        groups = self.held_out if held_out else self.train
        people = [group for group in groups if group[0].is_person]
        animals = [group for group in groups if not group[0].is_person]
        among = people if people and (not animals or random.random() < PEOPLE_SHARE) else animals
        group = among[int(random.integers(len(among)))]
        return group[int(random.integers(len(group)))]

    def animated(
        self,
        random: Random,
        character: Character,
        *,
        state: str | None = None,
        halves: bool = False,
    ) -> AnimatedBody | None:
        """One of its motions, or ``state``, in an appearance that goes with it; None where there is
        none.

        ``halves`` parts limbs into an upper and a lower one.
        """
        file = self.archive.actor(character.actor)
        state = state or _state(random, file.states())
        for _ in range(6):
            appearance = file.appearance(random, state)
            if appearance.mesh != character.mesh:
                continue
            mesh = self.archive.mesh(character.mesh)
            skeleton = self.archive.skeleton(mesh)
            named = [
                each
                for each in appearance.animations
                if each.name == state and not any(word in each.file for word in SEATED)
            ]
            if skeleton is None or not named:
                continue
            chosen = named[int(random.integers(len(named)))]
            try:
                animation = self.archive.animation(chosen.file)
                found = pieces(self.archive, random, appearance, state)
                if animation.keys.shape[1] == len(mesh.rest):
                    body = assembled(self.archive, random, found, skeleton, halves=halves)
                    return AnimatedBody(body, Motion(animation, state != "death"), state)
            except KeyError:
                continue
        return None


def _state(random: Random, states: tuple[str, ...]) -> str:
    chances = [MOTIONS.get(state, OTHER_MOTIONS / len(states)) for state in states]
    return states[int(random.choice(len(states), p=[chance / sum(chances) for chance in chances]))]


def _by_mesh(archive: Archive) -> dict[str, list[Character]]:
    groups: dict[str, list[Character]] = defaultdict(list)
    for actor in archive.actors():
        if not actor.startswith((ANIMALS, PEOPLE)) or any(word in actor for word in NO_BODIES):
            continue
        try:
            file = archive.actor(actor)
            fitting = [
                mesh
                for mesh in sorted(file.meshes())
                if archive.skeleton(archive.mesh(mesh)) is not None
            ]
        except KeyError:
            continue
        for mesh in fitting if file.states() else ():
            groups[mesh].append(Character(actor, mesh))
    return groups

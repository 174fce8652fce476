"""The models that an ablation trains: the base, and the base with one thing changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from glom_video.structures import InvalidInput

SEEDS = (0, 10_000, 20_000)
"""So far apart that no two runs of different seeds share a rendered clip."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One row of the table."""

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Settings of GlomConfig."""
    seeds: int = 1
    """How many of SEEDS it is trained with."""
    equal_time: bool = False
    """Trained for the time that the base takes, and not for its number of steps."""


BASE = Variant("base", seeds=3)
HEADS: Mapping[str, Any] = {"schedule": "heads"}
VARIANTS = (
    BASE,
    Variant("heads, equal time", HEADS, seeds=3, equal_time=True),
    Variant("heads, equal steps", HEADS),
    Variant("no carry, no gate", {"carry": False, "gate": False}, seeds=3),
    Variant("synchronous schedule", {"schedule": "synchronous"}, seeds=3),
    Variant("no consensus", {"consensus": False}, seeds=3),
    Variant("no top-down", {"top_down": False}, seeds=3),
    Variant("no warp", {"warp": False}, seeds=3),
    Variant("no carry", {"carry": False}),
    Variant("no gate", {"gate": False}),
    Variant("no next state", {"next_state": False}),
    Variant("2 sweeps", {"iters": 2}),
    Variant("trail", {"trail": True}),
    Variant("overviews", {"overviews": 2}),
)
"""The base first, then its control. ``heads``: the same encoder with a head per level and frame,
without levels below, time or other columns."""


def chosen(names: Sequence[str] | None, seeds: int | None = None) -> tuple[Variant, ...]:
    """The base and the variants of these names; all without.

    Args:
        seeds: how many of SEEDS each is trained with, if not its own number.

    Raises:
        InvalidInput: no variant has one of the names.
    """
    variants = _named(names) if names else VARIANTS
    return tuple(replace(variant, seeds=seeds or variant.seeds) for variant in variants)


def _named(names: Sequence[str]) -> tuple[Variant, ...]:
    known = [variant.name for variant in VARIANTS]
    if unknown := [name for name in names if name not in known]:
        raise InvalidInput(
            f"there is no variant {unknown[0]!r}", f"Name one of: {', '.join(known[1:])}."
        )
    return tuple(variant for variant in VARIANTS if variant is BASE or variant.name in names)

"""Config of a Glom, stored in its checkpoint, so that a checkpoint rebuilds its own model."""

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, get_args

from glom_video.structures import InvalidInput

Schedule = Literal["sweep", "synchronous", "heads"]
RETIRED: dict[str, tuple[object, ...]] = {
    "annealing": (1.0,),
    "settled": (0.0,),
    "hierarchy_gated": (False,),
    "field": (True, False),
}
"""Settings of earlier versions with the values that made no difference; weights with other values
are refused."""


@dataclass(frozen=True, slots=True)
class GlomConfig:
    """Sizes and switches of the model. Level 0 is nearest the pixels; ``part_level`` and
    ``object_level`` are tracked and exported."""

    levels: int = 4
    """Patch, part, object, scene."""
    dim: int = 64
    """Size of a vector: one level of one column."""
    hidden: int = 128
    """Width inside the bottom-up and top-down networks."""
    encoder_widths: tuple[int, int, int, int] = (16, 48, 96, 144)
    """Channels at strides 2, 6, 12 and 24."""
    overviews: int = 2
    """Blocks of global attention at stride 24."""
    trail: bool = True
    """Whether the encoder gets the motion of the last few frames, accumulated along the flow,
    besides that since the previous frame."""
    trunk: bool = False
    """Whether the encoder gets features of a network trained on photographs."""
    trunk_deep: bool = False
    """Whether those of its next stage, at stride 48, too."""
    part_level: int = 1
    object_level: int = 2
    consensus_strides: tuple[int, ...] = (2, 2, 4, 8)
    """Per level: every Nth column is sampled, on each axis; the window reaches two samples beyond
    each block of two."""
    iters: int = 1
    """Iterations per frame."""
    schedule: Schedule = "sweep"
    """Sweep: each level reads the level below as just updated. Synchronous (the paper): as it was
    one step ago. Heads, the control: each level is predicted from the patch alone, with no other
    contribution."""
    carry: bool = True
    """Whether a level's own previous state contributes."""
    warp: bool = True
    """Whether the carried state is warped along the optical flow."""
    gate: bool = True
    """Whether contributions are also weighted by their agreement with bottom-up, and not by learnt
    weights alone."""
    top_down: bool = True
    consensus: bool = True
    next_state: bool = True
    """Whether a learnt net predicts the carried state for this frame."""

    def __post_init__(self) -> None:
        for name in ("levels", "dim", "hidden", "iters"):
            if type(size := getattr(self, name)) is not int or size < 1:
                raise ValueError(f"GlomConfig.{name} is a number from 1 up, not {size!r}")
        if len(self.consensus_strides) != self.levels:
            raise ValueError(
                f"GlomConfig has {self.levels} levels but {len(self.consensus_strides)} "
                "consensus_strides"
            )
        if not 0 < self.part_level < self.object_level < self.levels:
            raise ValueError("GlomConfig needs 0 < part_level < object_level < levels")
        if any(width % 8 for width in self.encoder_widths):
            raise ValueError(
                "GlomConfig.encoder_widths are multiples of 8, the number of groups that are "
                "normalised together"
            )
        if self.schedule not in get_args(Schedule):
            raise ValueError(
                f"GlomConfig.schedule is one of {', '.join(get_args(Schedule))}, not "
                f"{self.schedule}"
            )

    @property
    def named_levels(self) -> dict[str, int]:
        """Index of each tracked and exported level, by name."""
        return {"part": self.part_level, "object": self.object_level}

    @property
    def level_names(self) -> tuple[str, ...]:
        """Names of the levels, lowest first; some are just numbers."""
        names = {
            0: "patch",
            self.levels - 1: "scene",
            **{at: name for name, at in self.named_levels.items()},
        }
        return tuple(names.get(level, f"level {level}") for level in range(self.levels))

    def to_json(self) -> str:
        """All settings as one JSON object, for ``from_json``."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "GlomConfig":
        """Inverse of ``to_json``.

        Raises:
            InvalidInput: the text was written for another model.
        """
        try:
            stored: dict[str, Any] = json.loads(text)
            if used := [
                name
                for name, unused in RETIRED.items()
                if stored.pop(name, unused[0]) not in unused
            ]:
                raise ValueError(
                    f"it uses settings that this version has no more: {', '.join(used)}"
                )
            if unknown := sorted(set(stored) - {item.name for item in fields(cls)}):
                raise ValueError(
                    f"it has settings that this version does not know: {', '.join(unknown)}"
                )
            values: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in stored.items()
            }
            return cls(**values)
        except (TypeError, ValueError) as error:
            remedy = "Use the glom-video version that it was written for, or another model."
            raise InvalidInput(f"the model's config does not fit: {error}", remedy) from error

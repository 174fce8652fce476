"""What a Glom is made of; stored inside its checkpoint, so that a checkpoint rebuilds its own model."""

import json
from dataclasses import asdict, dataclass, fields
from typing import Literal, Self

from glom_video.structures import InvalidInput


@dataclass(frozen=True, slots=True)
class GlomConfig:
    """Sizes and switches of the model. Level 0 is nearest the pixels; ``part_level`` and ``object_level`` are tracked and exported."""

    levels: int = 4
    """Patch, part, object, scene."""
    dim: int = 64
    """Embedding of one level of one column."""
    hidden: int = 128
    """Width inside the bottom-up and top-down networks."""
    encoder_widths: tuple[int, int, int, int] = (16, 48, 96, 144)
    """Channels at strides 2, 6, 12 and 24."""
    part_level: int = 1
    object_level: int = 2
    consensus_strides: tuple[int, ...] = (2, 2, 4, 8)
    """Per level: one column in so many, each way, is sampled; the window reaches two samples beyond each block of two."""
    iters: int = 1
    """Sweeps per frame."""
    schedule: Literal["sweep", "synchronous"] = "sweep"
    """Sweep: each level reads the level below as just updated. Synchronous (the paper): as it was a step ago."""
    carry: bool = True
    """The level's own previous state contributes."""
    warp: bool = True
    """The carried state follows the optical flow."""
    gate: bool = True
    """Contributions count by their agreement with bottom-up; without it by learned weights alone."""
    top_down: bool = True
    consensus: bool = True
    hierarchy_gated: bool = False
    """Consensus at a level also asks for agreement at the level above."""

    def __post_init__(self) -> None:
        if len(self.consensus_strides) != self.levels:
            raise ValueError(f"GlomConfig has {self.levels} levels but {len(self.consensus_strides)} consensus_strides")
        if not 0 < self.part_level < self.object_level < self.levels:
            raise ValueError("GlomConfig needs 0 < part_level < object_level < levels")

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises InvalidInput where the text was written for another model."""
        stored = json.loads(text)
        known = {item.name for item in fields(cls)}
        if unknown := sorted(set(stored) - known):
            raise InvalidInput(
                f"the checkpoint's config has settings this version does not know: {', '.join(unknown)}",
                "install the glom-video version that wrote the checkpoint, or use --weights with another one",
            )
        return cls(**{name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()})

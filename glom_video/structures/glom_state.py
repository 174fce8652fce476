"""What the columns hold."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from glom_video.structures.printing import ShapeRepr


@dataclass(frozen=True, slots=True, repr=False)
class GlomState(ShapeRepr):
    """All that the model remembers, as a value. The model itself keeps nothing, so one model serves
    any number of streams."""

    levels: Float[Tensor, "b l n d"]
    grid: tuple[int, int]
    """Columns as (h, w); ``n = h*w``, row by row."""
    frames_seen: int
    """Frames since this state began."""

    def __post_init__(self) -> None:
        if self.levels.shape[2] != self.grid[0] * self.grid[1]:
            raise ValueError(
                f"GlomState.levels has {self.levels.shape[2]} columns, its grid {self.grid} asks "
                f"for {self.grid[0] * self.grid[1]}"
            )

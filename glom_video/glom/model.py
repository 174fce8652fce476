"""Glom: a recurrent part-whole network for video (Hinton, arXiv 2102.12627). State in, state out; the loop over frames is outside."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from glom_video.glom.cell import Cell, Shares, unit_variance
from glom_video.glom.config import GlomConfig
from glom_video.glom.encoder import STRIDE, Encoder
from glom_video.glom.field import column_places
from glom_video.glom.precision import fastest_type, multiply_in
from glom_video.glom.warp import column_flow, warp
from glom_video.structures import GlomState

POSE_NUMBERS = 7
"""Centre x, y, log scale, cos and sin of twice the orientation, velocity x, y."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """What one step was made of, for monitors and agreement maps."""

    shares: Shares


class Glom(nn.Module):
    """Columns of levels over a grid of one column per six working pixels, updated once or twice a frame.

    The module holds weights only; all memory is in the GlomState that is handed in and out, and that is never changed in place.
    """

    def __init__(self, config: GlomConfig | None = None) -> None:
        super().__init__()
        self.config = config or GlomConfig()
        self.encoder = Encoder(self.config.encoder_widths, self.config.dim)
        self.cell = Cell(self.config)
        self.ground = nn.Parameter(torch.randn(self.config.dim))
        """The vector that object-level columns of the background agree on, in every clip."""
        self.pose = nn.Sequential(nn.Linear(self.config.dim, 128), nn.GELU(), nn.Linear(128, POSE_NUMBERS))

    @classmethod
    def from_pretrained(cls, source: str | None = None) -> "Glom":
        """The weights in the package; otherwise a file, a folder or a hub id. Raises InvalidInput where they do not fit."""
        from glom_video.glom.pretrained import load_pretrained

        return load_pretrained(cls, source)

    def for_inference(self, products: torch.dtype | None = None) -> "Glom":
        """The same model made ready to be asked and no longer to be trained or saved: its products are computed in the type that is fastest on
        its device, or the given one; its state stays in fp32. Returns itself."""
        for part in (self.encoder, self.cell):
            multiply_in(part, products or fastest_type(self.ground.device))
        return self.eval()

    def save_pretrained(self, path: str) -> None:
        """Write a safetensors file with the config in its metadata."""
        from glom_video.glom.pretrained import save_pretrained

        save_pretrained(self, path)

    def step(
        self, image: Float[Tensor, "b 3 H W"], motion: Float[Tensor, "b 5 H W"], state: GlomState | None = None, *, iters: int | None = None
    ) -> GlomState:
        """Take in one frame.

        Args:
            image: RGB in [0, 1] at the working size (sides are multiples of 24).
            motion: raw planes of ``motion.motion_array``, same size.
            state: what came out of the frame before; None begins anew.
            iters: sweeps for this frame, default from the config.
        """
        return self.step_with_report(image, motion, state, iters=iters)[0]

    def step_with_report(
        self, image: Float[Tensor, "b 3 H W"], motion: Float[Tensor, "b 5 H W"], state: GlomState | None = None, *, iters: int | None = None
    ) -> tuple[GlomState, StepReport]:
        """As ``step``, and what the step was made of."""
        return self.advance(self.encode(image, motion), motion, state, iters=iters)

    def encode(self, image: Float[Tensor, "b 3 H W"], motion: Float[Tensor, "b 5 H W"]) -> Float[Tensor, "b d h w"]:
        """Patch embeddings of a frame; needs no state, so that the frames of a clip can be encoded together."""
        return self.encoder(image, motion)

    def advance(
        self, patches: Float[Tensor, "b d h w"], motion: Float[Tensor, "b 5 H W"], state: GlomState | None, *, iters: int | None = None
    ) -> tuple[GlomState, StepReport]:
        """Update the columns with a frame that is already encoded."""
        grid = (patches.shape[2], patches.shape[3])
        patch = unit_variance(patches.flatten(2).transpose(1, 2))
        place = column_places(*grid).to(patch.device, patch.dtype)
        if state is not None and state.grid != grid:
            raise ValueError(f"a state of grid {state.grid} cannot take a frame of grid {grid}: begin with state=None")
        if state is None:
            levels, kept = self.cell.begin(patch, place), patch.new_zeros(*patch.shape[:2], 1)
        else:
            flow, kept = column_flow(motion)
            levels = unit_variance(warp(state.levels, flow)) if self.config.warp else state.levels
        for _ in range(iters or self.config.iters):
            levels, shares = self.cell.sweep(patch, levels, kept, place, grid)
            kept = torch.ones_like(kept)
        return GlomState(levels, grid, 1 if state is None else state.frames_seen + 1), StepReport(shares)

    def groundness(self, levels: Float[Tensor, "b l n d"]) -> Float[Tensor, "b n"]:
        """Cosine of each column's object vector to the background's, in [-1, 1]; above a half the column belongs to the background."""
        return F.cosine_similarity(levels[:, self.config.object_level].float(), self.ground.float(), dim=-1)


def grid_of(height: int, width: int) -> tuple[int, int]:
    """Columns of a working picture."""
    return height // STRIDE, width // STRIDE

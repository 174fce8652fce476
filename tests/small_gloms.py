"""Small models, and pictures and motion for them."""

from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from glom_video.glom import ContributionWeights, Glom, GlomConfig
from glom_video.structures import GlomState

SMALL = GlomConfig(dim=16, hidden=32, encoder_widths=(8, 8, 16, 16))
H, W = 72, 96
GRID = (12, 16)


def untaught(seed: int = 0, **switches: Any) -> Glom:
    """A small model as training begins, whose weights are the same whatever the switches."""
    torch.manual_seed(seed)
    return Glom(replace(SMALL, **switches)).eval()


def glom_with(**switches: Any) -> Glom:
    """The same, expecting some change from frame to frame as a taught one does."""
    glom = untaught(**switches)
    for net in glom.cell.next_state:
        torch.nn.init.normal_(net.get_parameter("change.weight"), std=0.2)
    return glom


def pictures(count: int, height: int = H, width: int = W, seed: int = 0) -> Tensor:
    """(count 3 height width): coarse coloured noise, like nothing in particular."""
    coarse = torch.rand(
        count, 3, height // 12, width // 12, generator=torch.Generator().manual_seed(seed)
    )
    return F.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1)


def moving(
    count: int, dx: float, dy: float = 0.0, height: int = H, width: int = W, validity: float = 1.0
) -> Tensor:
    """Motion planes of pictures where everything came from (dx, dy) pixels away, and the upper half
    by itself."""
    planes = torch.zeros(count, 7, height, width)
    planes[:, 0], planes[:, 1], planes[:, 4] = dx, dy, validity
    planes[:, 2, : height // 2] = dx
    return planes


@torch.inference_mode()
def run(glom: Glom, frames: Tensor, motion: Tensor) -> tuple[GlomState, ContributionWeights]:
    """The state after these frames of one clip, and the contributions of the last."""
    state = None
    for image, planes in zip(frames, motion, strict=True):
        state, weights = glom.advance(glom.encode(image[None], planes[None]), planes[None], state)
    assert state is not None
    return state, weights

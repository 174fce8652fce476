"""The best possible speed: the model's arithmetic at the rate of this machine's matrix products."""

from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from glom_video.glom import Glom
from glom_video.glom.precision import product_side, seconds_per_product
from glom_video.perceive import PreparedFrame, as_tensors


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Floating point operations of one frame in convolutions and products, and the rate of a square
    product of the same type."""

    flops: int
    flops_per_second: float
    dtype: str

    @property
    def ms(self) -> float:
        """Least time of the model for one frame."""
        return 1000 * self.flops / self.flops_per_second


@torch.inference_mode()
def arithmetic(glom: Glom, prepared: PreparedFrame, iters: int | None) -> Arithmetic:
    """Of one step after the first on this frame, and how fast this machine multiplies matrices."""
    image, planes = as_tensors([prepared], glom.ground.device)
    state = glom.step(image, planes, iters=iters)
    with FlopCounterMode(display=False) as counter:
        glom.step(image, planes, state, iters=iters)
    dtype, device = glom.cell.products, glom.ground.device
    rate = 2 * product_side(device) ** 3 / seconds_per_product(dtype, device)
    return Arithmetic(int(counter.get_total_flops()), rate, str(dtype).removeprefix("torch."))

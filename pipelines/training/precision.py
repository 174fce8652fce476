"""Where a run computes and how exactly: bf16 is four times faster than fp32 on some machines and slower on others, so it is measured."""

import time
from functools import cache

import torch

from pipelines.device import usable_device

SIDE, GPU_SIDE = 384, 4096
"""Of the square matrices that are multiplied to find out: a GPU takes as long to begin a small product as to do it."""
WORTH_IT = 1.3
"""Times faster that bf16 has to be: its conversions cost something too."""


def chosen_device(name: str, local_rank: int = 0) -> torch.device:
    """``auto``: the GPU of this process, else the CPU. Raises InvalidInput for a device that is not there."""
    if name == "auto":
        name = f"cuda:{local_rank}" if torch.cuda.is_available() else "cpu"
    return usable_device(name)


def chosen_precision(wanted: str, device: torch.device) -> tuple[str, str]:
    """fp32 or bf16, and why."""
    if wanted != "auto":
        return wanted, "as the config says"
    gain = bf16_gain(device)
    return "bf16" if gain >= WORTH_IT else "fp32", f"bf16 is {gain:.1f}x as fast here"


def autocast_type(precision: str) -> torch.dtype | None:
    return torch.bfloat16 if precision == "bf16" else None


@cache
def bf16_gain(device: torch.device) -> float:
    """How many times faster bf16 multiplies matrices than fp32; measured once per process."""
    if device.type == "cuda" and not torch.cuda.is_bf16_supported():
        return 0.0
    return seconds_per_product(torch.float32, device) / seconds_per_product(torch.bfloat16, device)


def product_side(device: torch.device) -> int:
    return SIDE if device.type == "cpu" else GPU_SIDE


def seconds_per_product(dtype: torch.dtype, device: torch.device, rounds: int = 5) -> float:
    """Least of some rounds: other work on the machine can only make one slower."""
    side = product_side(device)
    x = torch.full((side, side), 0.01, dtype=dtype, device=device)
    times = []
    for _ in range(rounds + 1):  # the first warms up
        began = time.perf_counter()
        for _ in range(4):
            product = x @ x
        product[0, 0].item()  # waits for a GPU
        times.append((time.perf_counter() - began) / 4)
    return min(times[1:])

"""In which type matrices are multiplied: bf16 is four times faster than fp32 on some processors and
slower on others, so it is measured."""

import time
from collections.abc import Mapping
from functools import cache

import torch
from torch import nn

HAVE_BF16 = ("amx_bf16", "avx512_bf16")
"""Instructions that multiply bf16, by torch's own names. Without any of these torch emulates it,
several times slower."""
WORTH_IT = 1.3
"""Times faster that bf16 has to be: its conversions cost something too. Processors are far to one
side of it, so that each always decides alike."""
SIDE, GPU_SIDE = 384, 4096
"""Of the square matrices that are multiplied to find out: a GPU takes as long to begin a small
product as to do it."""


def fastest_type(device: torch.device) -> torch.dtype:
    """Of the products of a model at work on this device."""
    capabilities: Mapping[str, object] = getattr(
        torch.cpu, "get_capabilities", dict
    )()  # of newer versions only
    has_bf16 = device.type == "cpu" and any(capabilities.get(name) for name in HAVE_BF16)
    return torch.bfloat16 if has_bf16 and bf16_gain(device) >= WORTH_IT else torch.float32


@cache
def bf16_gain(device: torch.device) -> float:
    """How many times faster bf16 multiplies matrices than fp32; measured once per process, in 0.05
    s."""
    if device.type == "cuda" and not torch.cuda.is_bf16_supported():
        return 0.0
    return seconds_per_product(torch.float32, device) / seconds_per_product(torch.bfloat16, device)


def product_side(device: torch.device) -> int:
    """Of the square matrices that this device is measured with."""
    return SIDE if device.type == "cpu" else GPU_SIDE


def seconds_per_product(dtype: torch.dtype, device: torch.device, rounds: int = 5) -> float:
    """Of two square matrices. Least of some rounds: other work on the machine can only make one
    slower."""
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


def multiply_in(model: nn.Module, dtype: torch.dtype) -> None:
    """Bring the weights of convolutions and linear layers to this type. Everything between them,
    the state and what is read out stay as they are.

    For inference: weights that were rounded are not to be trained on, or saved.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.to(dtype)

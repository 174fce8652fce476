"""The type of matrix products: bf16 is four times as fast as fp32 on some processors and slower on
others, so it is measured."""

import time
from collections.abc import Mapping
from functools import cache

import torch
from torch import nn

HAVE_BF16 = ("amx_bf16", "avx512_bf16")
"""Instructions for bf16 products, by torch's names. Without any of them torch emulates bf16,
several times slower."""
LEAST_GAIN = 1.3
"""How many times faster bf16 has to be, since its conversions cost time too. All processors tried
are far to one side, so each always decides the same."""
SIDE, GPU_SIDE = 384, 4096
"""Sides of the square matrices that are multiplied for the measurement: a GPU takes as long to
begin a small product as to compute it."""


def fastest_type(device: torch.device) -> torch.dtype:
    """The fastest type of products for inference on this device."""
    # Of newer versions only.
    read_capabilities = getattr(torch.cpu, "get_capabilities", dict)
    capabilities: Mapping[str, object] = read_capabilities()
    has_bf16 = device.type == "cpu" and any(capabilities.get(name) for name in HAVE_BF16)
    return torch.bfloat16 if has_bf16 and bf16_gain(device) >= LEAST_GAIN else torch.float32


@cache
def bf16_gain(device: torch.device) -> float:
    """How many times as fast as fp32 bf16 products are; measured once per process, in 0.05 s."""
    if device.type == "cuda" and not torch.cuda.is_bf16_supported():
        return 0.0
    return seconds_per_product(torch.float32, device) / seconds_per_product(torch.bfloat16, device)


def product_side(device: torch.device) -> int:
    """Side of the square matrices that this device is measured with."""
    return SIDE if device.type == "cpu" else GPU_SIDE


def seconds_per_product(dtype: torch.dtype, device: torch.device, rounds: int = 5) -> float:
    """Seconds per product of two square matrices: the least of several rounds, since other load can
    only slow one down."""
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
    """Convert the weights of convolutions and linear layers to this type. Everything else, the
    state and the read-out keep theirs. For inference only: rounded weights must not be trained on
    or saved."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.to(dtype)

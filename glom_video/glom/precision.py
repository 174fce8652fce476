"""In which type matrices are multiplied: bf16 where the processor has instructions for it, at twice the speed or more."""

from collections.abc import Mapping

import torch
from torch import nn

HAVE_BF16 = ("amx_bf16", "avx512_bf16")
"""Any of these, by torch's own names, multiplies bf16 faster than fp32. On other processors torch emulates it, several times slower."""


def fastest_type(device: torch.device) -> torch.dtype:
    """Of the products of a model at work on this device. A look at the processor's word and no race: the same machine always decides alike."""
    capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # of newer versions only
    has_bf16 = device.type == "cpu" and any(capabilities.get(name) for name in HAVE_BF16)
    return torch.bfloat16 if has_bf16 else torch.float32


def multiply_in(model: nn.Module, dtype: torch.dtype) -> None:
    """Bring the weights of convolutions and linear layers to this type. Everything between them, the state and what is read out stay as they are.

    For inference: weights that were rounded are not to be trained on, or saved.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.to(dtype)

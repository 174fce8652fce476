"""Device and precision of a run."""

import torch

from glom_video.glom.precision import LEAST_GAIN, bf16_gain
from glom_video_pipelines.device import usable_device


def chosen_device(name: str, local_rank: int = 0) -> torch.device:
    """``auto``: the GPU of this process, else the CPU. Raises InvalidInput for a device that is not
    there."""
    if name == "auto":
        name = f"cuda:{local_rank}" if torch.cuda.is_available() else "cpu"
    return usable_device(name)


def chosen_precision(wanted: str, device: torch.device) -> tuple[str, str]:
    """fp32 or bf16, and why."""
    if wanted != "auto":
        return wanted, "as the config says"
    gain = bf16_gain(device)
    return "bf16" if gain >= LEAST_GAIN else "fp32", f"bf16 is {gain:.1f}x as fast here"


def autocast_type(precision: str) -> torch.dtype | None:
    """The type that products are computed in, for ``torch.autocast``; None leaves them in fp32."""
    return torch.bfloat16 if precision == "bf16" else None

"""Where torch computes."""

from typing import TYPE_CHECKING

from glom_video.structures import InvalidInput

if TYPE_CHECKING:
    import torch


def usable_device(name: str) -> "torch.device":
    """The device of this name (cpu, cuda:N, mps).

    Raises:
        InvalidInput: it is not there.
    """
    import torch

    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    # torch has no error of its own for a device that is not there
    except (RuntimeError, AssertionError) as error:
        raise InvalidInput(
            f"device {name} cannot be used: {str(error).splitlines()[0]}",
            "Use --device auto or --device cpu.",
        ) from error
    return device

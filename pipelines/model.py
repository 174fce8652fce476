"""The model, loaded onto its device."""

from typing import TYPE_CHECKING

from glom_video.glom import Glom
from glom_video.structures import InvalidInput

if TYPE_CHECKING:
    import torch


def load_glom(weights: str | None, device: str, products: "torch.dtype | None" = None) -> Glom:
    """The model on its device, ready to be asked; ``products`` as in ``Glom.for_inference``.

    Raises InvalidInput for weights or a device that are not there.
    """
    import torch

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        return Glom.from_pretrained(weights).to(device).for_inference(products)
    except (RuntimeError, AssertionError) as error:  # torch has no error of its own for a device that is not there
        raise InvalidInput(f"device {device} cannot be used: {str(error).splitlines()[0]}", "Use --device auto or --device cpu.") from error

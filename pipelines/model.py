"""The model, loaded onto its device."""

from glom_video.glom import Glom
from glom_video.structures import InvalidInput


def load_glom(weights: str | None, device: str) -> Glom:
    """The model on its device, ready to be asked. Raises InvalidInput for weights or a device that are not there."""
    import torch

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        return Glom.from_pretrained(weights).to(device).eval()
    except (RuntimeError, AssertionError) as error:  # torch has no error of its own for a device that is not there
        raise InvalidInput(f"device {device} cannot be used: {str(error).splitlines()[0]}", "Use --device auto or --device cpu.") from error

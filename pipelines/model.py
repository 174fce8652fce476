"""The model, loaded onto its device."""

from typing import TYPE_CHECKING

from glom_video.glom import Glom
from glom_video_pipelines.device import usable_device

if TYPE_CHECKING:
    import torch


def load_glom(weights: str | None, device: str, products: "torch.dtype | None" = None) -> Glom:
    """The model on its device, ready for inference; ``products`` as in ``Glom.for_inference``.

    Raises InvalidInput for weights or a device that are not there.
    """
    import torch

    name = _best_device() if device == "auto" else device
    glom = Glom.from_pretrained(weights, for_training=True).to(usable_device(name))
    if glom.ground.device.type != "cpu":
        # What is left for the processor is small, and several frames are worked on side by side.
        torch.set_num_threads(1)
    return glom.for_inference(products)


def _best_device() -> str:
    """A GPU where there is one."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"

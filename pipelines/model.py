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

    if device == "auto":
        device = (
            "cuda"
            if torch.cuda.is_available()
            else "mps"
            if torch.backends.mps.is_available()
            else "cpu"
        )
    glom = Glom.from_pretrained(weights, for_training=True).to(usable_device(device))
    if glom.ground.device.type != "cpu":
        torch.set_num_threads(
            1
            # what is left for the processor is small, and several frames of it are worked on side
            # by
            # side
        )
    return glom.for_inference(products)

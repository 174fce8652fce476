"""A trained model under other switches."""

from collections.abc import Mapping
from typing import Any

from glom_video.glom import Glom


def switched(glom: Glom, changes: Mapping[str, Any]) -> Glom:
    """The same weights, ready for inference, with some settings of their config changed."""
    return glom.switched(changes).to(glom.ground.device).for_inference(glom.cell.products)

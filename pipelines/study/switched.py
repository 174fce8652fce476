"""A trained model under other switches."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from glom_video.glom import Glom


def switched(glom: Glom, changes: Mapping[str, Any]) -> Glom:
    """The same weights, ready for inference, with some settings of their config changed. No switch
    adds or removes weights."""
    other = (
        Glom(replace(glom.config, **changes))
        .to(glom.ground.device)
        .for_inference(glom.cell.products)
    )
    other.load_state_dict(glom.state_dict())
    return other

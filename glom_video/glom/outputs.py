"""What a step of the model returns, and the read-out of islands' vectors."""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from glom_video.structures import GlomState

POSE_NUMBERS = 7
"""Centre x, y, log scale, cos and sin of twice the orientation, velocity x, y."""


@dataclass(frozen=True, slots=True)
class StepOutput:
    """The state after a frame, and what islands are found from."""

    state: GlomState
    agreement: Float[Tensor, "b l n"]
    """As ``ContributionWeights.agreement``."""
    contributions: Float[Tensor, "b l n 4"]
    """As ``ContributionWeights.by_column``."""

    def on_host(self) -> "StepOutput":
        """The same in host memory, moved there by one copy."""
        if self.state.levels.device.type == "cpu":
            return self
        tensors = (self.state.levels, self.agreement, self.contributions)
        pieces = torch.cat([x.flatten() for x in tensors]).cpu().split([x.numel() for x in tensors])
        levels, agreed, weights = (
            piece.view(x.shape) for piece, x in zip(pieces, tensors, strict=True)
        )
        return StepOutput(replace(self.state, levels=levels), agreed, weights)


@dataclass(frozen=True, slots=True)
class ReadOut:
    """What is applied to islands' vectors, in host memory."""

    ground: Float[Tensor, " d"]
    """The background's vector."""
    pose: nn.Module
    """(k d) -> (k POSE_NUMBERS)."""

    def groundness(self, objects: Float[Tensor, "*b d"]) -> Float[Tensor, "*b"]:
        """As ``Glom.groundness``."""
        return groundness(objects, self.ground)


def groundness(objects: Float[Tensor, "*b d"], ground: Float[Tensor, " d"]) -> Float[Tensor, "*b"]:
    """Cosine of object vectors to the background's."""
    objects, ground = objects.float(), F.normalize(ground.float(), dim=0)
    return (objects @ ground) * (objects * objects).sum(-1).clamp(min=1e-12).rsqrt()

"""One training step: a batch of clips through the model, end to end through time, and one update of the weights."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from glom_video.glom import Glom
from glom_video.learn.batch import Batch
from glom_video.learn.losses import Losses, clip_losses
from glom_video.structures import GlomState

CLIP_NORM = 1.0


def forward_clip(glom: Glom, images: Float[Tensor, "b t 3 H W"], motion: Float[Tensor, "b t 5 H W"]) -> Float[Tensor, "b t l n d"]:
    """Levels after each frame. All frames are encoded at once; the columns are updated in order."""
    b, t = images.shape[:2]
    patches = glom.encode(images.flatten(0, 1), motion.flatten(0, 1)).unflatten(0, (b, t))
    state: GlomState | None = None
    seen = []
    for frame in range(t):
        state, _ = glom.advance(patches[:, frame], motion[:, frame], state)
        seen.append(state.levels)
    return torch.stack(seen, 1)


def training_step(
    glom: Glom,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    generator: torch.Generator,
    autocast: torch.dtype | None = None,
    share_gradients: Callable[[Glom], None] | None = None,
) -> Losses:
    """Forward, backward, clip the gradient's norm to 1, update.

    Args:
        autocast: of the forward pass; None computes in the weights' own precision.
        share_gradients: called between backward and clipping, where several processes average what each found on its share of the batch.
    """
    with torch.autocast(batch.images.device.type, autocast, enabled=autocast is not None):
        levels = forward_clip(glom, batch.images, batch.motion)
    losses = clip_losses(glom, levels.float(), batch.parts, batch.objects, generator)
    optimiser.zero_grad()
    losses.total().backward()
    if share_gradients is not None:
        share_gradients(glom)
    torch.nn.utils.clip_grad_norm_(glom.parameters(), CLIP_NORM)
    optimiser.step()
    return losses

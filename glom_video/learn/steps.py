"""One training step: a batch of clips through the model, end to end through time, and one update of
the weights."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from glom_video.glom import ContributionWeights, Glom
from glom_video.learn.batch import Batch, Footage
from glom_video.learn.losses import Losses, clip_losses
from glom_video.structures import GlomState

FindGradients = Callable[[Glom, Batch, torch.Generator, torch.dtype | None], Losses]
"""As ``find_gradients``, called with its first four arguments."""
CLIP_NORM = 1.0
"""Largest norm of all gradients together."""


@dataclass(frozen=True, slots=True)
class UnrolledClips:
    """The model unrolled over the frames of some clips."""

    states: tuple[GlomState, ...]
    """After each frame."""
    contributions: tuple[ContributionWeights, ...]

    def levels(self) -> Float[Tensor, "b t l n d"]:
        """The levels after each frame."""
        return torch.stack([state.levels for state in self.states], 1)


def unroll(glom: Glom, batch: Footage, before: UnrolledClips | None = None) -> UnrolledClips:
    """Clips through the model. All frames are encoded at once; the columns are updated in order.

    Args:
        before: the same clips' earlier frames, which these go on from and which the answer begins
            with.
    """
    patches = glom.encode(batch.images.flatten(0, 1), batch.motion.flatten(0, 1))
    states: list[GlomState] = list(before.states) if before else []
    contributions = list(before.contributions) if before else []
    for frame, motion, elapsed in zip(
        patches.unflatten(0, (len(batch.images), -1)).unbind(1),
        batch.motion.unbind(1),
        batch.elapsed.unbind(1),
        strict=True,
    ):
        state, weights = glom.advance(
            frame, motion, states[-1] if states else None, elapsed=elapsed
        )
        states.append(state)
        contributions.append(weights)
    return UnrolledClips(tuple(states), tuple(contributions))


def find_gradients(
    glom: Glom,
    batch: Batch,
    generator: torch.Generator,
    autocast: torch.dtype | None = None,
    further: Callable[[torch.Generator], Tensor] | None = None,
    lead: int = 0,
) -> Losses:
    """Forward and backward: the gradient of each weight becomes that of this batch. Fetches from a
    GPU no number, so that it can be recorded there.

    Args:
        generator: of the batch's device.
        autocast: of the forward pass; None computes in the weights' own precision.
        further: one more loss, of what is learnt besides.
        lead: frames at the beginning of the clips that have no gradient, and so need little time
            and no memory: what comes later is held to the vectors that its islands had in them.
    """

    def in_its_precision() -> torch.autocast:
        return torch.autocast(batch.images.device.type, autocast, enabled=autocast is not None)

    before = None
    # A block of its own: autocast keeps the weights that it has converted until its block ends,
    # and those converted here have no gradient.
    if lead:
        with torch.no_grad(), in_its_precision():
            before = unroll(glom, batch.between(0, lead))
    with in_its_precision():
        clips = unroll(glom, batch.between(lead, batch.frames), before)
    losses = clip_losses(glom, clips.levels().float(), batch, generator)
    if further is not None:
        losses = replace(losses, unlabelled=further(generator))
    glom.zero_grad()
    losses.total().backward()
    return losses


def training_step(
    glom: Glom,
    optimiser: torch.optim.Optimizer,
    batch: Batch,
    generator: torch.Generator,
    autocast: torch.dtype | None = None,
    share_gradients: Callable[[Glom], None] | None = None,
    find: FindGradients = find_gradients,
) -> Losses:
    """Forward, backward, clip the gradient's norm to 1, update.

    Args:
        generator, autocast: as for ``find_gradients``.
        share_gradients: called between backward and clipping, where several processes average what
            each found on its share of the batch.
        find: forward and backward, where they are not ``find_gradients`` as it is: as a recording,
            or with one more loss.
    """
    losses = find(glom, batch, generator, autocast)
    if share_gradients is not None:
        share_gradients(glom)
    torch.nn.utils.clip_grad_norm_(glom.parameters(), CLIP_NORM)
    optimiser.step()
    return losses

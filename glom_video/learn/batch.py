"""The input of a training step, and its augmentation."""

from dataclasses import dataclass, fields, replace
from typing import TypeVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor

FLOW_X, RESIDUAL_X, VALIDITY, TRAIL_X = 0, 2, 4, 5
"""Places in the motion planes."""
UNKNOWN = 255
"""Part id of clips whose parts are not known: they have no loss at the part level."""

Clips = TypeVar("Clips", bound="Footage")


@dataclass(frozen=True, slots=True)
class Footage:
    """Clips at the working size, without truth."""

    images: Float[Tensor, "b t 3 H W"]
    """RGB in [0, 1]."""
    motion: Float[Tensor, "b t 7 H W"]
    """Raw planes of ``motion.motion_array``."""
    elapsed: Float[Tensor, "b t"]
    """Frames since the previous one: more than 1 if some were dropped."""
    interval: Float[Tensor, "b t"]
    """Interval of the motion in those steps: ``Motion.interval``."""

    def to(self: Clips, device: torch.device) -> Clips:
        """The same clips on another device."""
        return type(self)(*(getattr(self, item.name).to(device) for item in fields(self)))

    @property
    def frames(self) -> int:
        """Of each clip."""
        return self.images.shape[1]

    def between(self: Clips, first: int, end: int) -> Clips:
        """The frames from ``first`` up to ``end``, without that."""
        return type(self)(*(getattr(self, item.name)[:, first:end] for item in fields(self)))

    def first(self: Clips, clips: int) -> Clips:
        """So many of the clips."""
        return type(self)(*(getattr(self, item.name)[:clips] for item in fields(self)))


@dataclass(frozen=True, slots=True)
class Batch(Footage):
    """Clips with truth."""

    parts: Int64[Tensor, "b t h w"]
    objects: Int64[Tensor, "b t h w"]
    """Truth ids at the middle of each column, 0 = background; the same id means the same thing over
    a clip."""


@dataclass(frozen=True, slots=True)
class Chances:
    """Chances of each augmentation per clip. Clips without colour or without motion keep the model
    from relying on one of them alone."""

    mirror: float = 0.5
    grey: float = 0.25
    no_colour: float = 0.15
    no_motion: float = 0.1


def augmented(batch: Batch, generator: torch.Generator, chances: Chances = Chances()) -> Batch:
    """Clips mirrored, recoloured, and without colour or motion, each by chance. ``generator`` is on
    the clips' device."""
    device = batch.images.device

    def chosen(share: float) -> Tensor:
        return torch.rand(len(batch.images), generator=generator, device=device) < share

    batch = _mirrored(batch, chosen(chances.mirror))
    images, motion = batch.images.clone(), batch.motion.clone()
    gain = 1 + 0.2 * (torch.rand(len(images), 1, 3, 1, 1, generator=generator, device=device) - 0.5)
    images = (images * gain).clamp(0, 1)
    grey = chosen(chances.grey)
    images[grey] = images[grey].mean(2, keepdim=True).expand_as(images[grey])
    drop = torch.rand(len(images), generator=generator, device=device)
    images[drop < chances.no_colour] = 0.5
    still = (drop >= chances.no_colour) & (drop < chances.no_colour + chances.no_motion)
    motion[still] = 0.0
    motion[still, :, VALIDITY] = 1.0
    return replace(batch, images=images, motion=motion)


def _mirrored(batch: Batch, which: Tensor) -> Batch:
    turned = {
        name: getattr(batch, name).clone() for name in ("images", "motion", "parts", "objects")
    }
    for x in turned.values():
        x[which] = x[which].flip(-1)
    for plane in (FLOW_X, RESIDUAL_X, TRAIL_X):
        turned["motion"][which, :, plane] *= -1
    return replace(batch, **turned)

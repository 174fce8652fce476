"""What islands should be: alike within, unlike between, the background recognised as such, and each knowing its own pose."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from glom_video.glom import Glom
from glom_video.learn.pose import true_poses

SAMPLE = 384
"""Columns drawn from a clip for the pairwise loss; all of them where it has fewer."""
SLOPE, MIDDLE = 10.0, 0.5
"""Pairs are alike above a cosine of MIDDLE."""
GROUND_WEIGHT, POSE_WEIGHT = 0.5, 0.05


@dataclass(frozen=True, slots=True)
class Losses:
    """Each a scalar tensor."""

    part: Tensor
    object: Tensor
    ground: Tensor
    pose: Tensor

    def total(self) -> Tensor:
        return self.part + self.object + GROUND_WEIGHT * self.ground + POSE_WEIGHT * self.pose


def clip_losses(
    glom: Glom, levels: Float[Tensor, "b t l n d"], parts: Int64[Tensor, "b t h w"], objects: Int64[Tensor, "b t h w"], generator: torch.Generator
) -> Losses:
    """All losses of a batch of clips at both named levels."""
    config = glom.config
    ground = glom.groundness(levels.flatten(0, 1)).view(objects.flatten(2).shape)
    by_level = {config.part_level: parts, config.object_level: objects}
    pose = torch.stack([pose_loss(glom, levels[:, :, level], ids) for level, ids in by_level.items()]).mean()
    part, whole = (island_loss(levels[:, :, level], ids.flatten(2), generator) for level, ids in by_level.items())
    return Losses(part, whole, ground_loss(ground, objects.flatten(2) == 0), pose)


def island_loss(vectors: Float[Tensor, "b t n d"], ids: Int64[Tensor, "b t n"], generator: torch.Generator) -> Float[Tensor, ""]:
    """Balanced pairwise logistic loss on cosines between columns of all frames of a clip, ids shared over the clip.

    Columns are drawn with probability 1/count^0.75 of their island, so that small islands count. Pairs of one island and pairs of two weigh
    the same however many they are: without the second kind, one single island would be the optimum.
    """
    b = len(vectors)
    flat, labels = vectors.flatten(1, 2), ids.flatten(1)
    counts = torch.zeros(b, int(labels.max()) + 1, device=labels.device).scatter_add_(1, labels, torch.ones_like(labels, dtype=torch.float32))
    sample = min(SAMPLE, labels.shape[1])
    drawn = torch.multinomial(counts.gather(1, labels).pow(-0.75).cpu(), sample, generator=generator).to(labels.device)
    unit = F.normalize(flat.gather(1, drawn[..., None].expand(-1, -1, flat.shape[-1])).float(), dim=-1)
    label = labels.gather(1, drawn)
    logits = SLOPE * (unit @ unit.transpose(1, 2) - MIDDLE)
    same = label[:, :, None] == label[:, None]
    others = ~torch.eye(sample, dtype=torch.bool, device=labels.device)
    return (_mean_over(F.softplus(-logits), same & others) + _mean_over(F.softplus(logits), ~same)).mean()


def ground_loss(groundness: Float[Tensor, "b t n"], is_ground: Bool[Tensor, "b t n"]) -> Float[Tensor, ""]:
    """Logistic loss of "this column belongs to the background", background and objects weighing the same."""
    logits = SLOPE * (groundness - MIDDLE)
    return 0.5 * (_mean_over(F.softplus(-logits), is_ground) + _mean_over(F.softplus(logits), ~is_ground)).mean()


def pose_loss(glom: Glom, vectors: Float[Tensor, "b t n d"], ids: Int64[Tensor, "b t h w"]) -> Float[Tensor, ""]:
    """Smooth L1 between the pose read out of each true island's mean vector and its true pose (A11)."""
    shares, poses, exists = true_poses(ids)
    means = torch.einsum("btkn,btnd->btkd", shares, vectors.float())
    error = F.smooth_l1_loss(glom.pose(means), poses, reduction="none", beta=0.1).mean(-1)
    return (error * exists).sum() / exists.sum().clamp(min=1)


def _mean_over(values: Float[Tensor, "b *rest"], where: Bool[Tensor, "b *rest"]) -> Float[Tensor, " b"]:  # noqa: F821 - a shape
    """Mean per clip over the chosen entries; 0 where a clip has none."""
    rest = tuple(range(1, values.ndim))
    return (values * where).sum(rest) / where.sum(rest).clamp(min=1)

"""Losses on rendered clips: vectors alike within an island and unlike between islands, recognition
of the background, and each island's pose."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from glom_video.glom import Glom
from glom_video.learn.batch import UNKNOWN, Batch
from glom_video.learn.pose import camera_flow, island_means, island_sizes, true_poses

SAMPLE = 512
"""Columns drawn from a clip for the pairwise loss; all of them where it has fewer."""
SLOPE, MIDDLE = 10.0, 0.5
"""Pairs are alike above a cosine of MIDDLE."""
OF_GROUND = 0.5
"""Weight of pairs with the background, which has its own loss, relative to pairs of islands: merged
neighbours are the worse error."""
TOUCHING = 0.5
"""Share of pairs of touching islands in the loss of pairs of islands: most pairs are far apart and
easily told apart, while neighbours run together."""
GROUND_WEIGHT, POSE_WEIGHT = 0.5, 0.05
"""Of the losses of the background and of poses, relative to those of pairs."""
VELOCITY, VELOCITY_WEIGHT = 5, 8.0
"""Where the velocity begins in a pose, and its weight: it is about a tenth as large as the other
numbers, so its loss would hardly count."""
MOST_IDS = 255
"""The largest id, since truth is stored in bytes. Nothing here reads a number back from a GPU, so
that a step can be recorded there."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Each a scalar tensor."""

    part: Tensor
    object: Tensor
    ground: Tensor
    pose: Tensor
    unlabelled: Tensor
    """Of what was learnt without truth beside it; 0 where nothing was."""

    def total(self) -> Tensor:
        """Their weighted sum."""
        rendered = self.part + self.object + GROUND_WEIGHT * self.ground + POSE_WEIGHT * self.pose
        return rendered + self.unlabelled


def clip_losses(
    glom: Glom,
    levels: Float[Tensor, "b t l n d"],
    batch: Batch,
    generator: torch.Generator,
) -> Losses:
    """All losses of a batch of clips at both named levels."""
    by_level = levels.unbind(2)
    parts, objects = by_level[glom.config.part_level], by_level[glom.config.object_level]
    part_ids, object_ids = torch.where(batch.parts == UNKNOWN, 0, batch.parts), batch.objects
    camera = camera_flow(batch.motion, batch.interval, (object_ids.shape[2], object_ids.shape[3]))
    poses = (
        pose_loss(glom, parts, part_ids, camera),
        pose_loss(glom, objects, object_ids, camera),
    )
    # Parts first: both draw from one generator.
    part = island_loss(
        parts,
        part_ids.flatten(2),
        generator,
        weights=has_parts(batch),
        touching=touching_islands(part_ids),
    )
    whole = island_loss(
        objects, object_ids.flatten(2), generator, touching=touching_islands(object_ids)
    )
    ground = ground_loss(glom.groundness(objects), object_ids.flatten(2) == 0)
    pose = torch.stack(poses).mean()
    return Losses(part, whole, ground, pose, unlabelled=levels.new_zeros(()))


def has_parts(batch: Batch) -> Float[Tensor, " b"]:
    """1 for each clip whose parts are known, else 0."""
    return (batch.parts[:, 0, 0, 0] != UNKNOWN).float()


def island_loss(
    vectors: Float[Tensor, "b t n d"],
    ids: Int64[Tensor, "b t n"],
    generator: torch.Generator,
    weights: Float[Tensor, " b"] | None = None,
    touching: Bool[Tensor, "b i i"] | None = None,
) -> Float[Tensor, ""]:
    """Balanced pairwise logistic loss on cosines between columns of all frames of a clip, ids
    shared over the clip.

    Columns are drawn with probability 1/count^0.75 of their island, so that small islands count.
    Pairs of one island and pairs of two weigh the same however many they are: without the second
    kind, one single island would be the optimum. Pairs with the background (id 0) weigh less.
    ``weights``: what each clip counts for. Of pairs of two islands, those whose islands are
    ``touching`` weigh more, by TOUCHING.
    """
    flat, labels = vectors.flatten(1, 2), ids.flatten(1)
    drawn = _drawn_columns(labels, generator)
    chosen = flat.gather(1, drawn[..., None].expand(-1, -1, flat.shape[-1]))
    unit, label = F.normalize(chosen.float(), dim=-1), labels.gather(1, drawn)
    logits = SLOPE * (unit @ unit.transpose(1, 2) - MIDDLE)
    same = label[:, :, None] == label[:, None]
    others = ~torch.eye(label.shape[1], dtype=torch.bool, device=labels.device)
    of_ground = (label[:, :, None] == 0) | (label[:, None] == 0)
    alike, apart = F.softplus(-logits), F.softplus(logits)

    def weighed(where: Bool[Tensor, "b s s"]) -> Float[Tensor, " b"]:
        return _mean_over(alike, same & others & where) + _mean_over(apart, ~same & where)

    losses = weighed(~of_ground) + OF_GROUND * weighed(of_ground)
    if touching is not None:
        pairs = (label[:, :, None] * (MOST_IDS + 1) + label[:, None]).flatten(1)
        close = ~same & ~of_ground & touching.flatten(1).gather(1, pairs).view_as(same)
        more = _mean_over(apart, close) - _mean_over(apart, ~same & ~of_ground)
        losses = losses + TOUCHING * torch.where(close.any((1, 2)), more, 0.0)
    if weights is None:
        return losses.mean()
    return (weights * losses).sum() / weights.sum().clamp(min=1)


def _drawn_columns(
    labels: Int64[Tensor, "b n"], generator: torch.Generator
) -> Int64[Tensor, "b s"]:
    """SAMPLE columns of each clip, with probability 1/count^0.75 of their island, without
    replacement."""
    counts = torch.zeros(len(labels), MOST_IDS + 1, device=labels.device)
    counts.scatter_add_(1, labels, torch.ones_like(labels, dtype=torch.float32))
    chance = counts.gather(1, labels).pow(-0.75)
    # As torch.multinomial, which would ask a GPU for a number.
    waits = torch.empty_like(chance).exponential_(generator=generator)
    return (chance / waits).topk(min(SAMPLE, labels.shape[1])).indices


def touching_islands(ids: Int64[Tensor, "b t h w"]) -> Bool[Tensor, "b i i"]:
    """Whether two ids ever lie side by side in a frame of their clip."""
    count = MOST_IDS + 1
    touching = torch.zeros(len(ids), count * count, dtype=torch.bool, device=ids.device)
    for one, other in (
        (ids[..., 1:], ids[..., :-1]),
        (ids[..., 1:, :], ids[..., :-1, :]),
    ):
        for pairs in (one * count + other, other * count + one):
            touching.scatter_(1, pairs.flatten(1), True)
    return touching.view(-1, count, count)


def ground_loss(
    groundness: Float[Tensor, "b *rest"],  # noqa: F821 - a shape
    is_ground: Bool[Tensor, "b *rest"],  # noqa: F821 - a shape
) -> Float[Tensor, ""]:
    """Logistic loss of "this column belongs to the background", background and objects weighing the
    same."""
    logits = SLOPE * (groundness - MIDDLE)
    alike = _mean_over(F.softplus(-logits), is_ground)
    apart = _mean_over(F.softplus(logits), ~is_ground)
    return 0.5 * (alike + apart).mean()


def pose_loss(
    glom: Glom,
    vectors: Float[Tensor, "b t n d"],
    ids: Int64[Tensor, "b t h w"],
    camera: Float[Tensor, "b t 2 h w"],
) -> Float[Tensor, ""]:
    """Smooth L1 loss between the pose read from each true island's mean vector and its true pose;
    ``camera`` as for ``true_poses``."""
    sizes = island_sizes(ids.flatten(2), MOST_IDS)
    poses, exists = true_poses(ids, camera, sizes)
    means = island_means(vectors, ids.flatten(2), sizes)
    error = F.smooth_l1_loss(glom.pose(means), poses, reduction="none", beta=0.1)
    place, velocity = error[..., :VELOCITY].sum(-1), error[..., VELOCITY:].sum(-1)
    weighed = (place + VELOCITY_WEIGHT * velocity) / error.shape[-1]
    return (weighed * exists).sum() / exists.sum().clamp(min=1)


def _mean_over(
    values: Float[Tensor, "b *rest"],  # noqa: F821 - a shape
    where: Bool[Tensor, "b *rest"],  # noqa: F821 - a shape
) -> Float[Tensor, " b"]:
    """Mean per clip over the chosen entries; 0 where a clip has none."""
    rest = tuple(range(1, values.ndim))
    return (values * where).sum(rest) / where.sum(rest).clamp(min=1)

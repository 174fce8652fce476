"""Learning from clips of which no truth is known: a teacher, the running average of the weights, sees whole frames, the student damaged ones.

What the student makes of each column has to agree with what the teacher makes of it (L1, denoising), and with the teacher's other columns just
where the teacher's own columns agree: alike columns attract, unlike ones repel, and columns that the teacher is unsure about say nothing
(L2, L3; the consensus is the teacher, and no gradient goes through it). Bottom-up and top-down predictions are held to the teacher's opinion too.
Along the optical flow an island keeps its vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from glom_video.glom import Glom
from glom_video.glom.field import column_places
from glom_video.glom.warp import column_flow, warp
from glom_video.learn.batch import RESIDUAL_X, TRAIL_X, Footage
from glom_video.learn.losses import GROUND_WEIGHT, MIDDLE, SLOPE
from glom_video.learn.steps import Watched, watch

SAMPLE = 320
"""Columns drawn from a clip."""
HIDDEN_SHARE, HIDDEN_SIDES = 0.25, (0.1, 0.35)
"""About how much of a picture the student does not see, in rectangles of so many frame sides."""
STILL_SHARE = 0.5
"""Of the clips: the student is not shown what moves in them, and has to find by its looks what the
teacher finds by its motion."""
TEMPORAL_WEIGHT, PREDICTION_WEIGHT = 0.5, 0.25


@dataclass(frozen=True, slots=True)
class Lesson:
    """Unlabelled clips, and who says what is to be seen in them."""

    teacher: Glom
    footage: Footage

    def loss(self, student: Glom, generator: torch.Generator, autocast: torch.dtype | None = None) -> Float[Tensor, ""]:
        """Of the student on this footage; the teacher gets no gradient."""
        with torch.autocast(self.footage.images.device.type, autocast, enabled=autocast is not None):
            with torch.no_grad():
                taught = watch(self.teacher, self.footage)
            seen = watch(student, damaged(self.footage, generator))
        return consensus_loss(student, seen, taught, self.footage, generator)


def damaged(footage: Footage, generator: torch.Generator) -> Footage:
    """Rectangles of each clip are hidden, the same ones in all of its frames, its light is changed,
    and of some clips the motion against the camera is taken away."""
    b, _, _, height, width = footage.images.shape
    images = footage.images * (1 + 0.3 * (torch.rand(b, 1, 3, 1, 1, generator=generator, device=generator.device) - 0.5))
    least, most = HIDDEN_SIDES
    count = max(1, round(HIDDEN_SHARE / ((least + most) / 2) ** 2))
    for clip in images:
        for side_y, side_x, y, x in torch.rand(count, 4, generator=generator, device=generator.device).tolist():
            tall, wide = int(height * (least + side_y * (most - least))), int(width * (least + side_x * (most - least)))
            top, left = int(y * (height - tall)), int(x * (width - wide))
            clip[:, :, top : top + tall, left : left + wide] = 0.5
    is_still = torch.rand(b, generator=generator, device=generator.device) < STILL_SHARE
    motion = footage.motion.clone()
    for plane in (RESIDUAL_X, RESIDUAL_X + 1, TRAIL_X, TRAIL_X + 1):
        motion[is_still, :, plane] = 0
    return replace(footage, images=images.clamp(0, 1), motion=motion)


def consensus_loss(student: Glom, seen: Watched, taught: Watched, footage: Footage, generator: torch.Generator) -> Float[Tensor, ""]:
    """All label-free losses at both named levels; finite and differentiable whatever the footage."""
    levels, opinions = seen.levels().float().unbind(2), taught.levels().float().unbind(2)
    previous = _along_the_flow(taught, footage)
    losses = []
    for level in student.config.named_levels.values():
        losses.append(pairwise_consensus(levels[level], opinions[level], generator))
        losses.append(TEMPORAL_WEIGHT * _temporal(levels[level], previous, level))
        losses.append(PREDICTION_WEIGHT * _predictions(student, levels, opinions[level], level, seen.states[0].grid))
    seen_ground, taught_ground = (student.groundness(vectors[student.config.object_level]) for vectors in (levels, opinions))
    return torch.stack(losses).sum() + GROUND_WEIGHT * ground_consensus(seen_ground, taught_ground)


def ground_consensus(groundness: Float[Tensor, "b t n"], opinions: Float[Tensor, "b t n"]) -> Float[Tensor, ""]:
    """Each column is background as likely as the teacher thinks. Held to a yes or no instead, all that it is unsure of would go over to one side:
    on rendered clips, from which nothing of the kind is learnt, objects then spread over the background.
    """
    likely = torch.sigmoid(SLOPE * (opinions.detach() - MIDDLE))
    return F.binary_cross_entropy_with_logits(SLOPE * (groundness - MIDDLE), likely)


def pairwise_consensus(vectors: Float[Tensor, "b t n d"], opinions: Float[Tensor, "b t n d"], generator: torch.Generator) -> Float[Tensor, ""]:
    """Each drawn column of the student against each of the teacher's: near where the teacher's two are near, far where they are far.

    A column against its own counterpart is the denoising; the others are the contrast. Both kinds of pairs weigh the same.
    """
    b = len(vectors)
    flat, taught = (F.normalize(x.flatten(1, 2), dim=-1) for x in (vectors, opinions.detach()))
    places = flat.shape[1]
    drawn = torch.rand(b, places, generator=generator, device=flat.device).topk(min(SAMPLE, places)).indices[..., None].expand(-1, -1, flat.shape[-1])
    mine, theirs = flat.gather(1, drawn), taught.gather(1, drawn)
    cosine = theirs @ theirs.transpose(1, 2)
    alike, sureness = cosine > MIDDLE, _sureness(cosine)
    logits = SLOPE * (mine @ theirs.transpose(1, 2) - MIDDLE)
    return _weighted_mean(F.softplus(-logits), sureness * alike) + _weighted_mean(F.softplus(logits), sureness * ~alike)


def _sureness(cosine: Tensor) -> Tensor:
    """In [0, 1]: how far from undecided the teacher is."""
    return (2 * torch.sigmoid(SLOPE * (cosine - MIDDLE)) - 1).abs()


def _along_the_flow(taught: Watched, footage: Footage) -> Sequence[tuple[Float[Tensor, "b l n d"], Float[Tensor, "b n 1"]]]:
    """For each frame but the first the teacher's columns of the frame before, brought along, and how far that can be believed."""
    pairs = []
    for state, motion in zip(taught.states[:-1], footage.motion.unbind(1)[1:], strict=True):
        flow, kept = column_flow(motion)
        pairs.append((warp(state.levels.float(), flow), kept))
    return pairs


def _temporal(vectors: Float[Tensor, "b t n d"], previous: Sequence[tuple[Tensor, Tensor]], level: int) -> Float[Tensor, ""]:
    """What has moved here is still what it was."""
    if not previous:
        return vectors.new_zeros(())
    before = torch.stack([warped[:, level] for warped, _ in previous], 1)
    kept = torch.stack([share[..., 0] for _, share in previous], 1)
    return _weighted_mean(_apart(vectors[:, 1:], before), kept)


def _predictions(
    student: Glom, levels: Sequence[Float[Tensor, "b t n d"]], opinions: Float[Tensor, "b t n d"], level: int, grid: tuple[int, int]
) -> Float[Tensor, ""]:
    """Bottom-up and top-down predictions of a level against the teacher's vectors of the same columns."""
    place = column_places(*grid, opinions.device).to(opinions.dtype)
    predictions = [student.cell.bottom_up[level - 1](levels[level - 1].flatten(0, 1), place)]
    if student.config.top_down and level + 1 < student.config.levels:
        predictions.append(student.cell.top_down[level](levels[level + 1].flatten(0, 1), place))
    opinion = opinions.detach().flatten(0, 1)
    return torch.stack([_apart(each.float(), opinion).mean() for each in predictions]).mean()


def _apart(x: Float[Tensor, "*b d"], y: Float[Tensor, "*b d"]) -> Float[Tensor, "*b"]:
    """Logistic loss of vectors that should be of one island."""
    return F.softplus(-SLOPE * (F.cosine_similarity(x, y, dim=-1) - MIDDLE))


def _weighted_mean(values: Tensor, weights: Tensor) -> Float[Tensor, ""]:
    """0 where nothing weighs anything."""
    return (values * weights).sum() / weights.sum().clamp(min=1e-6)

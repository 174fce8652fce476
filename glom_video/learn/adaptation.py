"""Self-distillation on clips without truth: the teacher, the running average of the weights, sees
whole frames, the student masked ones.

Losses of the student's columns: agreement with the teacher's column at the same place (denoising);
with the teacher's other columns, high where the teacher's own columns agree and low where they do
not, weighted by the teacher's confidence (contrastive; the teacher gets no gradient); bottom-up and
top-down predictions against the teacher's columns; and agreement with the teacher's columns of the
previous frame, moved along the flow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from glom_video.glom import Glom
from glom_video.glom.places import column_places
from glom_video.glom.warp import column_flow, warp
from glom_video.learn.batch import RESIDUAL_X, TRAIL_X, Footage
from glom_video.learn.losses import GROUND_WEIGHT, MIDDLE, SLOPE
from glom_video.learn.steps import UnrolledClips, unroll

SAMPLE = 320
"""Columns drawn from a clip."""
HIDDEN_SHARE, HIDDEN_SIDES = 0.25, (0.1, 0.35)
"""Approximate share of a picture that is hidden from the student; shortest and longest side of the
hidden rectangles, as shares of the frame's."""
STILL_SHARE = 0.5
"""Share of clips whose motion against the camera is hidden from the student, whose columns then
have to find from appearance what the teacher's find from motion."""
TEMPORAL_WEIGHT, PREDICTION_WEIGHT = 0.5, 0.25
"""Of the losses along the flow and of the predictions, relative to that of pairs."""


@dataclass(frozen=True, slots=True)
class SelfDistillation:
    """Unlabelled clips, and the teacher whose columns are the targets."""

    teacher: Glom
    footage: Footage

    def loss(
        self, student: Glom, generator: torch.Generator, autocast: torch.dtype | None = None
    ) -> Float[Tensor, ""]:
        """The student's loss on this footage, masked; the teacher gets no gradient.

        Args:
            autocast: type of the forward passes; None computes in the weights' own precision.
        """
        with torch.autocast(
            self.footage.images.device.type, autocast, enabled=autocast is not None
        ):
            with torch.no_grad():
                targets = unroll(self.teacher, self.footage)
            clips = unroll(student, masked(self.footage, generator))
        return consensus_loss(student, clips, targets, self.footage, generator)


def masked(footage: Footage, generator: torch.Generator) -> Footage:
    """Clips with hidden rectangles, the same in all frames of a clip, with changed light, and in
    some clips without motion against the camera."""
    b = len(footage.images)
    images = footage.images * (1 + 0.3 * (_random(generator, b, 1, 3, 1, 1) - 0.5))
    for clip in images:
        _hide_rectangles(clip, generator)
    is_still = _random(generator, b) < STILL_SHARE
    motion = footage.motion.clone()
    for plane in (RESIDUAL_X, RESIDUAL_X + 1, TRAIL_X, TRAIL_X + 1):
        motion[is_still, :, plane] = 0
    return replace(footage, images=images.clamp(0, 1), motion=motion)


def _hide_rectangles(clip: Float[Tensor, "t 3 H W"], generator: torch.Generator) -> None:
    """Grey rectangles that cover about HIDDEN_SHARE of each picture, in place."""
    height, width = clip.shape[2:]
    least, most = HIDDEN_SIDES
    count = max(1, round(HIDDEN_SHARE / ((least + most) / 2) ** 2))
    for side_y, side_x, y, x in _random(generator, count, 4).tolist():
        tall = int(height * (least + side_y * (most - least)))
        wide = int(width * (least + side_x * (most - least)))
        top, left = int(y * (height - tall)), int(x * (width - wide))
        clip[:, :, top : top + tall, left : left + wide] = 0.5


def _random(generator: torch.Generator, *shape: int) -> Tensor:
    """Numbers in [0, 1), on the generator's device."""
    return torch.rand(*shape, generator=generator, device=generator.device)


def consensus_loss(
    student: Glom,
    clips: UnrolledClips,
    teacher: UnrolledClips,
    footage: Footage,
    generator: torch.Generator,
) -> Float[Tensor, ""]:
    """All label-free losses at both named levels; finite and differentiable whatever the
    footage."""
    levels, targets = clips.levels().float().unbind(2), teacher.levels().float().unbind(2)
    previous = _along_the_flow(teacher, footage)
    losses, grid = [], clips.states[0].grid
    for level in student.config.named_levels.values():
        own, target = levels[level], targets[level]
        losses.append(pairwise_consensus(own, target, generator))
        losses.append(TEMPORAL_WEIGHT * _temporal(own, previous, level))
        predicted = _predictions(student, levels, target, level, grid)
        losses.append(PREDICTION_WEIGHT * predicted)
    student_ground, teacher_ground = (
        student.groundness(vectors[student.config.object_level]) for vectors in (levels, targets)
    )
    ground = ground_consensus(student_ground, teacher_ground)
    return torch.stack(losses).sum() + GROUND_WEIGHT * ground


def ground_consensus(
    groundness: Float[Tensor, "b t n"], targets: Float[Tensor, "b t n"]
) -> Float[Tensor, ""]:
    """Cross entropy of the student's background probability to the teacher's. With a hard target
    instead, uncertain columns would all go over to one side: on rendered clips objects then spread
    over the background.
    """
    likely = torch.sigmoid(SLOPE * (targets.detach() - MIDDLE))
    return F.binary_cross_entropy_with_logits(SLOPE * (groundness - MIDDLE), likely)


def pairwise_consensus(
    vectors: Float[Tensor, "b t n d"], targets: Float[Tensor, "b t n d"], generator: torch.Generator
) -> Float[Tensor, ""]:
    """Each drawn column of the student against each of the teacher's: near where the teacher's two
    are near, far where they are far.

    A column against its own counterpart is the denoising; the others are the contrast. Both kinds
    of pairs weigh the same.
    """
    b = len(vectors)
    flat, teacher = (F.normalize(x.flatten(1, 2), dim=-1) for x in (vectors, targets.detach()))
    places = flat.shape[1]
    chance = torch.rand(b, places, generator=generator, device=flat.device)
    columns = chance.topk(min(SAMPLE, places)).indices
    drawn = columns[..., None].expand(-1, -1, flat.shape[-1])
    own, other = flat.gather(1, drawn), teacher.gather(1, drawn)
    cosine = other @ other.transpose(1, 2)
    alike, confidence = cosine > MIDDLE, _confidence(cosine)
    logits = SLOPE * (own @ other.transpose(1, 2) - MIDDLE)
    near = _weighted_mean(F.softplus(-logits), confidence * alike)
    far = _weighted_mean(F.softplus(logits), confidence * ~alike)
    return near + far


def _confidence(cosine: Tensor) -> Tensor:
    """The teacher's confidence in a pair, in [0, 1]: 0 if it is undecided."""
    return (2 * torch.sigmoid(SLOPE * (cosine - MIDDLE)) - 1).abs()


def _along_the_flow(
    teacher: UnrolledClips, footage: Footage
) -> Sequence[tuple[Float[Tensor, "b l n d"], Float[Tensor, "b n 1"]]]:
    """For each frame but the first the teacher's columns of the frame before, moved along the flow,
    and the flow's validity in [0, 1]."""
    pairs = []
    for state, motion in zip(teacher.states[:-1], footage.motion.unbind(1)[1:], strict=True):
        flow, kept = column_flow(motion)
        pairs.append((warp(state.levels.float(), flow), kept))
    return pairs


def _temporal(
    vectors: Float[Tensor, "b t n d"], previous: Sequence[tuple[Tensor, Tensor]], level: int
) -> Float[Tensor, ""]:
    """A column agrees with the one that moved here."""
    if not previous:
        return vectors.new_zeros(())
    before = torch.stack([warped[:, level] for warped, _ in previous], 1)
    kept = torch.stack([share[..., 0] for _, share in previous], 1)
    return _weighted_mean(_apart(vectors[:, 1:], before), kept)


def _predictions(
    student: Glom,
    levels: Sequence[Float[Tensor, "b t n d"]],
    targets: Float[Tensor, "b t n d"],
    level: int,
    grid: tuple[int, int],
) -> Float[Tensor, ""]:
    """Bottom-up and top-down predictions of a level against the teacher's vectors of the same
    columns."""
    place = column_places(*grid, targets.device).to(targets.dtype)
    predictions = [student.cell.bottom_up[level - 1](levels[level - 1].flatten(0, 1), place)]
    if student.config.top_down and level + 1 < student.config.levels:
        predictions.append(student.cell.top_down[level](levels[level + 1].flatten(0, 1), place))
    target = targets.detach().flatten(0, 1)
    return torch.stack([_apart(each.float(), target).mean() for each in predictions]).mean()


def _apart(x: Float[Tensor, "*b d"], y: Float[Tensor, "*b d"]) -> Float[Tensor, "*b"]:
    """Logistic loss of vectors that should be of one island."""
    return F.softplus(-SLOPE * (F.cosine_similarity(x, y, dim=-1) - MIDDLE))


def _weighted_mean(values: Tensor, weights: Tensor) -> Float[Tensor, ""]:
    """0 where nothing weighs anything."""
    return (values * weights).sum() / weights.sum().clamp(min=1e-6)

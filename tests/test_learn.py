"""Losses are low for what islands should be and high for what they should not, truth is measured
rightly, and a step of training teaches."""

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from column_scenes import Scene, ellipse
from test_learn_batch import batch_of, fresh
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from glom_video.glom import Glom, GlomConfig
from glom_video.glom.config import Schedule
from glom_video.learn import (
    GradientRecorder,
    clip_losses,
    find_gradients,
    training_step,
    unroll,
)
from glom_video.learn.losses import (
    MIDDLE,
    OF_GROUND,
    SLOPE,
    ground_loss,
    island_loss,
    touching_islands,
)
from glom_video.learn.pose import camera_flow, island_means, island_sizes, true_poses

DIM = 16
LEAST = 2 * (1 + OF_GROUND) * float(np.log1p(np.exp(-SLOPE * MIDDLE)))
"""The loss of perfect islands: of pairs alike and apart, among islands and with the background,
each as far from even odds as cosines of 1 and 0."""


# Islands


def clip_of_islands(side: int = 16, frames: int = 2) -> Tensor:
    """Ids (1 t n): a large island, a middling one and one of 4 columns on background."""
    ids = torch.zeros(1, frames, side, side, dtype=torch.long)
    ids[:, :, 1:9, 2:14], ids[:, :, 10:14, 3:9], ids[:, :, 12:14, 12:14] = 1, 2, 3
    return ids.flatten(2)


def directions(numbers: Tensor) -> Tensor:
    """Vectors (... d) along the axis of their number, of various lengths."""
    length = 1 + torch.rand(numbers.shape, generator=fresh())
    return F.one_hot(numbers, DIM).float() * length[..., None]


def loss_if_seen_as(seen: Tensor) -> float:
    """Island loss of columns that point along the axes ``seen``, where the truth is
    ``clip_of_islands``."""
    return island_loss(directions(seen), clip_of_islands(), fresh()).item()


def test_perfect_islands_cost_next_to_nothing() -> None:
    assert loss_if_seen_as(clip_of_islands()) == pytest.approx(LEAST, abs=1e-5)
    assert LEAST < 0.021


def test_which_direction_an_island_takes_does_not_matter() -> None:
    assert loss_if_seen_as(clip_of_islands() + 5) == pytest.approx(
        loss_if_seen_as(clip_of_islands()), abs=1e-5
    )


def test_merged_islands_cost() -> None:
    ids = clip_of_islands()
    one_merged = loss_if_seen_as(ids.masked_fill(ids == 2, 1))
    assert one_merged > 0.3
    assert loss_if_seen_as(torch.zeros_like(ids)) > one_merged + 2


def test_shattered_islands_cost() -> None:
    ids = clip_of_islands()
    halved = ids.clone()
    halved[..., : ids.shape[-1] // 3] += 8 * (ids[..., : ids.shape[-1] // 3] == 1)
    assert loss_if_seen_as(halved) > 0.2
    random = torch.randint(0, DIM, ids.shape, generator=fresh())
    assert loss_if_seen_as(random) > 2


def test_a_column_that_agrees_with_itself_alone_earns_nothing() -> None:
    """64 columns of one island, all at right angles: every pair of them costs softplus(5)."""
    shattered, one = torch.eye(64)[None, None], torch.ones(1, 1, 64, dtype=torch.long)
    assert island_loss(shattered, one, fresh()).item() == pytest.approx(5.0067, abs=1e-3)


def test_an_island_that_changes_its_vector_between_frames_costs() -> None:
    ids = clip_of_islands()
    turned = ids.clone()
    turned[:, 1] += 4 * (ids[:, 1] == 1)
    assert loss_if_seen_as(turned) > 0.2


def test_small_islands_count() -> None:
    """Taking 8 of 3,200 columns for background costs far more than the hundredth of what 768 cost
    that it would by area."""
    ids = torch.zeros(1, 2, 40, 40, dtype=torch.long)
    ids[:, :, 4:20, 4:28], ids[:, :, 30:32, 30:32] = 1, 2
    ids = ids.flatten(2)
    large, small = (
        island_loss(directions(ids.masked_fill(ids == number, 0)), ids, fresh()).item()
        for number in (1, 2)
    )
    assert large > small > 0.04 * large


def test_names_of_islands_do_not_matter() -> None:
    ids, noisy = clip_of_islands(), torch.randn(1, 2, 256, DIM, generator=fresh())
    renamed = torch.tensor([0, 3, 1, 2])[ids]
    assert torch.equal(island_loss(noisy, ids, fresh()), island_loss(noisy, renamed, fresh()))


def test_clips_of_a_batch_are_judged_apart() -> None:
    """The same id in two clips is not the same thing."""
    ids = clip_of_islands().repeat(2, 1, 1)
    seen = ids.clone()
    seen[1] += 6
    assert island_loss(directions(seen), ids, fresh()).item() == pytest.approx(LEAST, abs=1e-5)


def test_a_clip_of_few_columns_or_of_background_alone_has_a_loss() -> None:
    few = torch.zeros(1, 1, 64, dtype=torch.long)
    assert island_loss(directions(few), few, fresh()).item() < 0.02
    few[..., 30:50] = 1
    assert island_loss(directions(few * 0), few, fresh()).item() > 1


def test_touching_islands_cost_more_when_they_run_together() -> None:
    """Three islands, of which the first two touch: taking these for one costs more than taking the
    first and the far one for one, though all have one size; pairs tell nothing else apart."""
    grid = torch.zeros(1, 1, 12, 30, dtype=torch.long)
    grid[..., 2:10, 2:8], grid[..., 2:10, 8:14], grid[..., 2:10, 20:26] = 1, 2, 3
    touching = touching_islands(grid)
    assert touching[0, :4, :4].tolist() == [
        [True, True, True, True],
        [True, True, True, False],
        [True, True, True, False],
        [True, False, False, True],
    ]
    ids = grid.flatten(2)
    close, far = (
        island_loss(
            directions(ids.masked_fill(ids == other, 1)), ids, fresh(), touching=touching
        ).item()
        for other in (2, 3)
    )
    assert close > 1.5 * far
    right = island_loss(directions(ids), ids, fresh(), touching=touching).item()
    assert right == pytest.approx(LEAST, abs=1e-5)


def test_islands_that_run_together_cost_more_than_one_that_runs_into_the_background() -> None:
    """Two islands of one size: the background has a loss of its own, and the islands have none but
    this."""
    ids = torch.zeros(1, 1, 30, 20, dtype=torch.long)
    ids[:, :, 10:20], ids[:, :, 20:] = 1, 2
    ids = ids.flatten(2)
    merged, lost = (
        island_loss(directions(ids.masked_fill(ids == 2, other)), ids, fresh()).item()
        for other in (1, 0)
    )
    assert merged > 2 * lost


def test_the_background_is_told_from_objects_and_both_weigh_the_same() -> None:
    is_ground = clip_of_islands() == 0
    right, wrong = (
        torch.where(is_ground, *cosines).float()
        for cosines in (
            (torch.tensor(1.0), torch.tensor(0.0)),
            (torch.tensor(0.0), torch.tensor(1.0)),
        )
    )
    assert ground_loss(right, is_ground).item() < 0.02
    assert ground_loss(wrong, is_ground).item() > 4
    all_ground, no_ground = (
        ground_loss(torch.full_like(right, value), is_ground).item() for value in (1.0, 0.0)
    )
    assert all_ground == pytest.approx(no_ground, rel=0.01)
    assert all_ground > 2


# Poses


def rectangle(
    top: int, left: int, height: int, width: int, rows: int = 18, columns: int = 32
) -> Tensor:
    ids = torch.zeros(rows, columns, dtype=torch.long)
    ids[top : top + height, left : left + width] = 1
    return ids


def test_poses_of_a_rectangle_that_moves() -> None:
    ids = torch.stack([rectangle(4, 6, 4, 12), rectangle(5, 8, 4, 12), rectangle(5, 8, 4, 12)])[
        None
    ]
    poses, exists = true_poses(ids)
    assert exists.all()
    first, second, third = poses[0, :, 0]
    torch.testing.assert_close(first[:2], torch.tensor([12 / 32, 6 / 18]))
    assert first[2].item() == pytest.approx(0.5 * np.log(48 / (18 * 32)), abs=1e-4)
    assert first[3] > 0.7
    assert abs(first[4]) < 1e-5
    torch.testing.assert_close(first[5:], torch.zeros(2))
    torch.testing.assert_close(second[5:], torch.tensor([10 * 2 / 32, 10 * 1 / 18]))
    torch.testing.assert_close(third[5:], torch.zeros(2))


def test_what_the_camera_does_is_no_velocity() -> None:
    """A figure that stands still is carried two columns to the right and one down by the camera;
    another keeps its place, so it moves against it."""
    ids = torch.stack([rectangle(4, 6, 4, 12), rectangle(5, 8, 4, 12)])[None]
    ids[:, :, 14:, 24:] = 2
    motion = torch.zeros(1, 2, 7, 18 * 6, 32 * 6)
    # Backward flow, all of it the camera's: the residual is 0.
    motion[:, 1, 0], motion[:, 1, 1] = (
        -2 * 6,
        -1 * 6,
    )
    poses, _ = true_poses(ids, camera_flow(motion, torch.ones(motion.shape[:2]), (18, 32)))
    torch.testing.assert_close(
        poses[0, 1, :, 5:],
        torch.tensor([[0.0, 0.0], [-10 * 2 / 32, -10 * 1 / 18]]),
        atol=1e-5,
        rtol=0,
    )


def test_orientation_is_that_of_square_columns() -> None:
    upright, square = (
        true_poses(ids[None, None])[0][0, 0, 0]
        for ids in (rectangle(2, 6, 12, 4), rectangle(2, 6, 6, 6))
    )
    assert upright[3] < -0.7
    torch.testing.assert_close(square[3:5], torch.zeros(2), atol=1e-5, rtol=0)


def test_means_are_those_of_an_islands_columns_and_nought_where_it_is_not_seen() -> None:
    ids = torch.tensor([[[0, 1, 1, 3], [0, 0, 3, 3]]])
    values = torch.tensor([[[9.0, 1.0, 3.0, 5.0], [9.0, 9.0, 2.0, 4.0]]])[..., None]
    sizes = island_sizes(ids, 3)
    assert sizes[0, :, :, 0].tolist() == [[2, 0, 1], [0, 0, 2]]
    assert island_means(values, ids, sizes)[0, :, :, 0].tolist() == [[2, 0, 5], [0, 0, 3]]


def test_what_is_out_of_sight_has_no_pose_and_no_velocity() -> None:
    ids = torch.stack(
        [rectangle(4, 6, 4, 12), torch.zeros(18, 32, dtype=torch.long), rectangle(9, 20, 4, 8)]
    )[None]
    poses, exists = true_poses(ids)
    assert exists[0, :, 0].tolist() == [True, False, True]
    assert not poses[0, :, 0, 5:].any()


@pytest.mark.parametrize("degrees", [0, 30, 70, -40])
def test_the_pose_that_is_taught_is_the_pose_that_is_exported(degrees: float) -> None:
    """The same ellipse, as truth of the loss and as an island of a parse: same centre, scale and
    orientation."""
    mask = ellipse((14, 8), (8, 3), degrees)
    taught = true_poses(torch.from_numpy(mask)[None, None])[0][0, 0, 0].numpy()
    exported = Scene(mask).parse().islands["object"].pose[0]
    np.testing.assert_allclose(taught[:2], exported[:2], atol=0.005)
    assert np.exp(taught[2]) == pytest.approx(exported[2], rel=0.08)
    apart = np.degrees(0.5 * np.arctan2(taught[4], taught[3]) - exported[3])
    assert abs((apart + 90) % 180 - 90) < 4


# Steps


@pytest.fixture
def glom() -> Glom:
    torch.manual_seed(0)
    return Glom(GlomConfig(dim=DIM, hidden=32, encoder_widths=(8, 16, 16, 16)))


def test_a_few_steps_learn_a_fixed_batch(glom: Glom) -> None:
    optimiser, given = torch.optim.AdamW(glom.parameters(), lr=5e-3), batch_of(2)
    losses = [training_step(glom, optimiser, given, fresh()) for _ in range(15)]
    assert losses[-1].total().item() < 0.7 * losses[0].total().item()
    for name in ("part", "object", "ground"):
        assert getattr(losses[-1], name).item() < getattr(losses[0], name).item()


class NothingAsked(TorchDispatchMode):
    """Fails where a step would have to wait for a GPU, to be told a number, or would bring it
    one."""

    ASKING: ClassVar = {
        torch.ops.aten._local_scalar_dense.default,
        torch.ops.aten.nonzero.default,
        torch.ops.aten.lift_fresh.default,
    }

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        assert func not in self.ASKING, f"{func} cannot be recorded on a GPU"
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("schedule", ["sweep", "heads"])
def test_a_step_asks_the_device_for_no_number(schedule: Schedule) -> None:
    """Else it could not be recorded on a GPU. Tables are laid down in the first step."""
    glom = Glom(GlomConfig(dim=DIM, hidden=32, encoder_widths=(8, 16, 16, 16), schedule=schedule))
    find_gradients(glom, batch_of(1), fresh())
    given, generator = batch_of(1), fresh()
    with NothingAsked():
        find_gradients(glom, given, generator)
    with pytest.raises(AssertionError, match="cannot be recorded"), NothingAsked():
        int(given.objects.max())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_recorded_gradients_are_those_of_each_batch_and_of_its_chance(glom: Glom) -> None:
    """Sums are taken in any order on a GPU, so only nearly. The second batch is of another shape,
    the third of the first's again."""
    device = torch.device("cuda")
    glom.to(device)
    record = GradientRecorder(device)
    for seed, size in enumerate((96, 72, 96)):
        given, generator = batch_of(2, 2, size, size).to(device), torch.Generator(device)
        plain = find_gradients(glom, given, generator.manual_seed(seed))
        gradients = [value.grad.clone() for value in glom.parameters() if value.grad is not None]
        recorded = record(glom, given, generator.manual_seed(seed))
        torch.testing.assert_close(recorded.total(), plain.total().detach(), rtol=1e-4, atol=0)
        for value, gradient in zip(glom.parameters(), gradients, strict=True):
            torch.testing.assert_close(
                value.grad, gradient, rtol=0, atol=0.02 * gradient.abs().max().item()
            )


def test_every_weight_is_taught(glom: Glom) -> None:
    """No dead parts: each parameter gets a gradient from a clip of two frames, and the gradient's
    norm is cut to 1.

    Two steps, because residual blocks begin as the identity and let gradients in from the second
    on; 16x16 columns, because the scene's consensus has no choice on fewer.
    """
    before = {name: value.clone() for name, value in glom.named_parameters()}
    for _ in range(2):
        after_a_gap = replace(batch_of(1, 2, 96, 96), elapsed=torch.full((1, 2), 3.0))
        training_step(glom, torch.optim.SGD(glom.parameters(), lr=10.0), after_a_gap, fresh())
    assert [
        name
        for name, value in glom.named_parameters()
        if value.grad is None or not value.grad.any()
    ] == []
    assert [
        name for name, value in glom.named_parameters() if torch.equal(value, before[name])
    ] == []
    norm = torch.stack(
        [value.grad.norm() for value in glom.parameters() if value.grad is not None]
    ).norm()
    assert norm.item() <= 1.0001


def test_a_clip_is_the_same_as_its_frames_one_by_one(glom: Glom) -> None:
    given = batch_of(2, frames=3)
    with torch.no_grad():
        levels = unroll(glom, given).levels()
        state = None
        for t in range(3):
            state = glom.step(given.images[:, t], given.motion[:, t], state)
            torch.testing.assert_close(levels[:, t], state.levels, atol=1e-4, rtol=0)


def test_later_frames_teach_through_earlier_ones(glom: Glom) -> None:
    """The loss of the last frame has a gradient at the first picture: learning runs through
    time."""
    given = batch_of(1)
    images = given.images.clone().requires_grad_()
    unroll(glom, replace(given, images=images)).levels()[:, -1, 2].square().mul(
        torch.arange(float(DIM))
    ).sum().backward()
    assert images.grad is not None
    assert images.grad[:, 0].abs().max() > 0


@pytest.mark.parametrize("autocast", [None, torch.bfloat16])
def test_frames_that_go_before_are_compared_with_but_not_learnt_from(
    glom: Glom, autocast: torch.dtype | None
) -> None:
    """Losses are those of the whole clip; its first pictures have no gradient, and each weight that
    later ones teach without them has one with them too."""
    given = batch_of(1, frames=4, height=96, width=96)
    images = given.images.clone().requires_grad_()
    given = replace(given, images=images)
    whole = find_gradients(glom, given, fresh(), autocast)
    taught = {name for name, value in glom.named_parameters() if value.grad is not None}
    images.grad = None
    led = find_gradients(glom, given, fresh(), autocast, lead=2)
    for name in ("part", "object", "ground", "pose"):
        torch.testing.assert_close(getattr(led, name), getattr(whole, name), rtol=0.02, atol=1e-3)
    assert images.grad is not None
    assert not images.grad[:, :2].any()
    assert images.grad[:, 2].any()
    assert {name for name, value in glom.named_parameters() if value.grad is not None} == taught


def test_a_clip_without_objects_can_be_learnt_from(glom: Glom) -> None:
    given = batch_of(1)
    empty = {name: getattr(given, name) * 0 for name in ("parts", "objects")}
    losses = clip_losses(glom, unroll(glom, given).levels(), replace(given, **empty), fresh())
    losses.total().backward()
    assert losses.pose.item() == 0
    assert all(
        torch.isfinite(value.grad).all() for value in glom.parameters() if value.grad is not None
    )

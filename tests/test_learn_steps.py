"""A step of training teaches every weight, from this frame and from those before."""

from dataclasses import replace
from typing import Any, ClassVar

import pytest
import torch
from test_learn_batch import batch_of, fresh
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

DIM = 16


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

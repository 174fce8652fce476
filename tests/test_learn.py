"""Losses are low for what islands should be and high for what they should not."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from test_learn_batch import fresh
from torch import Tensor

from glom_video.learn.losses import (
    MIDDLE,
    OF_GROUND,
    SLOPE,
    ground_loss,
    island_loss,
    touching_islands,
)

DIM = 16
LEAST = 2 * (1 + OF_GROUND) * float(np.log1p(np.exp(-SLOPE * MIDDLE)))
"""The loss of perfect islands: of pairs alike and apart, among islands and with the background,
each as far from even odds as cosines of 1 and 0."""


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

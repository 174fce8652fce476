"""Monitors say what islands are like on cases made by hand, and trip where they have collapsed."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from test_learn_batch import batch_of
from torch import Tensor

from glom_video.glom import Glom, GlomConfig
from glom_video.glom.consensus import Consensus
from glom_video.learn import CollapseMonitor, LevelStatistics, level_statistics
from glom_video.learn.monitors import collapse, cosine_to_mean, effective_rank, island_count

SIDE, DIM = 12, 16
COLUMNS = SIDE * SIDE
USUAL = LevelStatistics(
    islands=5.0,
    attention_entropy=0.6,
    effective_rank=4.0,
    cosine_to_mean=0.4,
    contribution_weights=(0.25, 0.25, 0.25, 0.25),
)


def directions(labels: Tensor) -> Tensor:
    """Vectors (1 n d) along the axis of each column's label, of various lengths."""
    length = 1 + torch.rand(len(labels), generator=torch.Generator().manual_seed(0))
    return (F.one_hot(labels, DIM).float() * length[:, None])[None]


def thirds() -> Tensor:
    return torch.arange(COLUMNS) * 3 // COLUMNS


def noise() -> Tensor:
    return torch.randn(1, COLUMNS, 64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_islands_are_counted_whatever_their_size(count: int) -> None:
    labels = torch.arange(COLUMNS).clamp(max=count - 1)
    assert island_count(directions(labels)).item() == pytest.approx(count, abs=1e-3)


def test_columns_that_are_like_no_other_are_islands_each() -> None:
    assert island_count(noise()).item() > 0.9 * COLUMNS


def test_effective_rank_counts_directions() -> None:
    assert effective_rank(torch.ones(1, COLUMNS, DIM)).item() == pytest.approx(1)
    pair = torch.stack([torch.ones(DIM), -torch.ones(DIM)])[torch.arange(COLUMNS) % 2][None]
    assert effective_rank(pair).item() == pytest.approx(1, abs=1e-3)
    assert 2.5 < effective_rank(noise()[..., :3]).item() <= 3
    assert effective_rank(noise()).item() > 40


def test_cosine_to_mean_is_one_for_one_island_and_low_for_balanced_ones() -> None:
    assert cosine_to_mean(
        directions(torch.zeros(COLUMNS, dtype=torch.long))
    ).item() == pytest.approx(1, abs=1e-5)
    assert cosine_to_mean(directions(thirds())).item() == pytest.approx(3**-0.5, abs=0.02)
    assert abs(cosine_to_mean(noise()).item()) < 0.2


def test_entropy_is_that_of_uniform_attention_only_where_all_columns_are_alike() -> None:
    consensus = Consensus(2)
    alike = torch.ones(1, SIDE, SIDE, DIM)
    torch.testing.assert_close(
        consensus.entropy(alike), torch.ones(1, SIDE, SIDE), atol=1e-4, rtol=0
    )
    islands = directions(thirds()).view(1, SIDE, SIDE, DIM)
    with torch.no_grad():
        entropy = consensus.entropy(islands)
    assert entropy.shape == (1, SIDE, SIDE)
    assert 0 < entropy.min() <= entropy.max() <= 1
    assert entropy[0, SIDE // 3].mean() < 0.95  # at the border of two islands


def test_a_model_is_observed_at_every_level() -> None:
    torch.manual_seed(0)
    glom = Glom(GlomConfig(dim=16, hidden=32, encoder_widths=(8, 8, 16, 16)))
    before = {name: value.clone() for name, value in glom.state_dict().items()}
    statistics = level_statistics(glom, batch_of(2, 2, 48, 72))
    assert len(statistics) == 4
    for one in statistics:
        assert 1 <= one.islands <= 8 * 12
        assert 0 <= one.attention_entropy <= 1
        assert 1 <= one.effective_rank <= 16
        assert -1 <= one.cosine_to_mean <= 1
        assert sum(one.contribution_weights) == pytest.approx(1, abs=1e-3)
    assert statistics[3].contribution_weights[2] == 0, "nothing comes down to the highest level"
    assert all(torch.equal(before[name], value) for name, value in glom.state_dict().items())


def test_what_is_healthy_passes_and_what_is_not_is_named() -> None:
    assert collapse(USUAL, COLUMNS) is None
    assert "one island" in (collapse(replace(USUAL, islands=1.0), COLUMNS) or "")
    assert "its own" in (collapse(replace(USUAL, islands=0.9 * COLUMNS), COLUMNS) or "")
    assert "finite" in (collapse(replace(USUAL, cosine_to_mean=float("nan")), COLUMNS) or "")


def test_the_monitor_trips_only_after_enough_observations_in_a_row() -> None:
    monitor, named = CollapseMonitor(3), {"part": 0, "object": 1}
    collapsed = (USUAL, replace(USUAL, islands=1.0))
    for statistics in [collapsed, collapsed, (USUAL, USUAL), collapsed, collapsed]:
        assert monitor.update(statistics, COLUMNS, named) is None
    cause = monitor.update(collapsed, COLUMNS, named)
    assert cause is not None
    assert "object level" in cause
    assert "one island" in cause

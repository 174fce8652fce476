"""What columns do with each other and with their places: consensus keeps islands together, and the
warp moves a state along."""

import pytest
import torch
import torch.nn.functional as F
from small_gloms import GRID, glom_with, moving, pictures, run
from torch import Tensor

from glom_video.glom.consensus import Consensus, gathered, windows
from glom_video.glom.places import column_places
from glom_video.glom.warp import column_flow, warp

# Consensus


def two_halves(h: int, w: int, d: int = 16) -> tuple[Tensor, Tensor, Tensor]:
    """A map (1 h w d) whose left half is one vector and whose right half another, and the two."""
    left, right = torch.eye(d)[0] * 4, torch.eye(d)[1] * 4
    x = right.expand(1, h, w, d).clone()
    x[:, :, : w // 2] = left
    return x, left, right


@torch.inference_mode()
@pytest.mark.parametrize("stride", [2, 4, 8])
def test_islands_of_like_vectors_keep_their_vectors(stride: int) -> None:
    x, _, _ = two_halves(16, 24)
    torch.testing.assert_close(Consensus(stride)(x), x, atol=1e-3, rtol=0)


@torch.inference_mode()
def test_one_vector_everywhere_stays() -> None:
    x = torch.randn(16).expand(1, 9, 13, 16).contiguous()
    torch.testing.assert_close(Consensus(2)(x), x, atol=1e-5, rtol=0)


@torch.inference_mode()
@pytest.mark.parametrize(
    ("place", "pull"),
    [((6, 5), 0.1), ((7, 4), 0.1), ((7, 5), 0.02)],
    ids=["unsampled", "unsampled too", "its own sample"],
)
def test_a_lone_dissenter_inside_an_island_is_pulled_towards_it(
    place: tuple[int, int], pull: float
) -> None:
    x, left, right = two_halves(16, 24)
    stranger = torch.eye(16)[2] * 4
    x[0, *place] = F.normalize(0.7 * left + stranger, dim=0) * 4
    opinion = Consensus(2)(x)
    was, now = (F.cosine_similarity(y[0, *place], left, dim=0) for y in (x, opinion))
    assert now > was + pull
    assert F.cosine_similarity(opinion[0, *place], right, dim=0) < 0.1
    assert F.cosine_similarity(opinion[0, 6, 8], left, dim=0) > 0.95


@torch.inference_mode()
def test_the_temperature_stays_within_its_bounds() -> None:
    consensus = Consensus(2)
    for log_beta, beta in ((-9.0, 3.0), (9.0, 30.0)):
        consensus.log_beta.fill_(log_beta)
        assert consensus.beta().item() == pytest.approx(beta)


@pytest.mark.parametrize("stride", [2, 4, 8])
def test_consensus_costs_the_same_per_column_on_any_grid(stride: int) -> None:
    """Products of columns with keys, counted: four times the columns, four times the products."""
    products = {}
    for h, w in ((32, 48), (64, 96)):
        table = windows(h, w, stride, torch.device("cpu"))
        products[h] = table.queries.numel() * table.keys.shape[1] / (h * w)
    assert products[32] == products[64] == 36


@pytest.mark.parametrize(("h", "w", "stride"), [(8, 12, 2), (7, 13, 2), (3, 5, 4)])
def test_columns_come_back_from_their_blocks(h: int, w: int, stride: int) -> None:
    x = torch.randn(2, h * w, 3)
    table = windows(h, w, stride, torch.device("cpu"))
    blocks = gathered(x, table.queries)
    assert blocks.shape == (2, -(-h // (2 * stride)) * -(-w // (2 * stride)), (2 * stride) ** 2, 3)
    assert torch.equal(blocks[0, 0, 1], x[0, 1])
    assert torch.equal(blocks.flatten(1, 2).index_select(1, table.places), x)


def test_a_block_looks_at_samples_in_and_around_it_and_not_beyond_the_grid() -> None:
    table = windows(8, 12, 2, torch.device("cpu"))  # 2x3 blocks of 4x4 columns
    sampled = [row * 12 + column for row in (1, 3, 5, 7) for column in (1, 3, 5, 7, 9, 11)]
    assert table.keys[1][table.exists[1]].tolist() == sampled, (
        "the middle block of the upper row sees two samples beyond it on each side"
    )
    corner = [row * 12 + column for row in (1, 3, 5, 7) for column in (1, 3, 5, 7)]
    assert table.keys[0][table.exists[0]].tolist() == corner
    assert torch.equal(table.penalty[:, 0] == 0, table.exists)


# Places and warping


@torch.inference_mode()
def test_a_state_is_warped_by_whole_columns_exactly() -> None:
    levels = torch.randn(2, 3, GRID[0] * GRID[1], 8)
    # Fetched from two columns to the left and one row below.
    flow, validity = column_flow(moving(2, -12, 6))
    warped = warp(levels, flow).view(2, 3, *GRID, 8)
    assert torch.equal(warped[:, :, :-1, 2:], levels.view(2, 3, *GRID, 8)[:, :, 1:, :-2])
    assert torch.equal(validity, torch.ones(2, GRID[0] * GRID[1], 1))


@torch.inference_mode()
def test_a_state_is_warped_between_columns_by_mixing_them() -> None:
    levels = torch.randn(1, 2, GRID[0] * GRID[1], 8)
    flow, _ = column_flow(moving(1, -1.5))
    warped, maps = warp(levels, flow).view(2, *GRID, 8), levels.view(2, *GRID, 8)
    torch.testing.assert_close(warped[:, :, 1:], 0.75 * maps[:, :, 1:] + 0.25 * maps[:, :, :-1])


def test_places_differ_and_do_not_depend_on_the_number_of_columns() -> None:
    coarse, fine = (column_places(h, w, torch.device("cpu")) for h, w in ((4, 6), (12, 18)))
    assert len(torch.unique(coarse, dim=0)) == 24
    torch.testing.assert_close(coarse, fine.view(12, 18, -1)[1::3, 1::3].flatten(0, 1))


def test_a_grid_first_seen_while_perceiving_can_be_trained_on() -> None:
    glom, frames, motion = glom_with(), pictures(2, 48, 168), moving(2, 1, 0, 48, 168)
    run(glom, frames, motion)
    state = glom.step(frames[:1], motion[:1])
    glom.step(frames[1:], motion[1:], state).levels.square().mul(
        torch.arange(16.0)
    ).sum().backward()
    place = glom.cell.get_parameter("bottom_up.0.place.weight")
    assert place.grad is not None
    assert place.grad.abs().max() > 0

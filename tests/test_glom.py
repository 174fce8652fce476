"""The recurrent cell: each contribution counts and can be switched off, and the state is a value
that step leaves alone."""

from dataclasses import replace

import pytest
import torch
from small_gloms import GRID, H, W, glom_with, moving, pictures, run

from glom_video.glom.cell import BOTTOM_UP, CARRY, CONSENSUS, TOP_DOWN
from glom_video.glom.encoder import GlobalAttention
from glom_video.structures import InvalidInput

# State


@torch.inference_mode()
@pytest.mark.parametrize(
    "switches", [{}, {"warp": False}, {"iters": 2}, {"schedule": "synchronous"}], ids=str
)
def test_step_leaves_the_state_it_was_given_alone(switches: dict[str, object]) -> None:
    glom = glom_with(**switches)
    before = glom.step(pictures(1), moving(1, 0))
    kept = before.levels.clone()
    after = glom.step(pictures(1, seed=1), moving(1, -7), before)
    assert torch.equal(before.levels, kept)
    assert not torch.equal(after.levels, kept)


@torch.inference_mode()
def test_the_model_remembers_nothing_by_itself() -> None:
    glom, frame, still = glom_with(), pictures(1), moving(1, 0)
    state = glom.step(frame, still)
    first = glom.step(frame, still, state).levels
    glom.step(pictures(1, seed=5), moving(1, 9), glom.step(pictures(1, seed=6), still))
    assert torch.equal(glom.step(frame, still, state).levels, first)


@torch.inference_mode()
def test_frames_are_counted_and_not_iterations() -> None:
    glom = glom_with(iters=3)
    state = glom.step(pictures(1), moving(1, 0))
    assert state.frames_seen == 1
    assert glom.step(pictures(1), moving(1, 0), state).frames_seen == 2


@torch.inference_mode()
def test_a_batch_of_streams_gives_what_each_gives_alone() -> None:
    """To 1e-4 of vectors of unit variance: products of another batch size are summed in another
    order."""
    glom = glom_with()
    clips = torch.stack([pictures(3, seed=seed) for seed in range(3)])
    motion = torch.stack([moving(3, -3.0 * k, 2.0 * k) for k in range(3)])
    together = None
    for t in range(3):
        together = glom.step(clips[:, t], motion[:, t], together)
    assert together is not None
    for k in range(3):
        alone, _ = run(glom, clips[k], motion[k])
        torch.testing.assert_close(together.levels[k], alone.levels[0], atol=1e-4, rtol=0)


@torch.inference_mode()
@pytest.mark.parametrize("size", [(48, 48), (48, 144), (120, 72), (216, 384)])
def test_any_grid_will_do(size: tuple[int, int]) -> None:
    glom = glom_with()
    state = glom.step(pictures(1, *size), moving(1, 0, 0, *size))
    state = glom.step(pictures(1, *size, seed=1), moving(1, 2, 1, *size), state)
    assert state.grid == (size[0] // 6, size[1] // 6)
    assert state.levels.shape == (1, 4, state.grid[0] * state.grid[1], 16)
    assert torch.isfinite(state.levels).all()
    torch.testing.assert_close(
        state.levels.mean(-1), torch.zeros(state.levels.shape[:3]), atol=1e-4, rtol=0
    )
    assert (state.levels.var(-1, unbiased=False) - 1).abs().max() < 0.01


@torch.inference_mode()
def test_a_state_of_another_grid_is_refused() -> None:
    glom = glom_with()
    state = glom.step(pictures(1), moving(1, 0))
    with pytest.raises(ValueError, match=r"grid \(12, 16\).*grid \(16, 12\)"):
        glom.step(pictures(1, W, H), moving(1, 0, 0, W, H), state)


# Contributions and switches


@pytest.mark.parametrize(
    "switch",
    [
        {"carry": False},
        {"warp": False},
        {"gate": False},
        {"top_down": False},
        {"consensus": False},
        {"schedule": "synchronous"},
        {"schedule": "heads"},
        {"next_state": False},
        {"iters": 2},
    ],
    ids=str,
)
def test_every_switch_changes_the_state_at_both_named_levels(switch: dict[str, object]) -> None:
    frames, motion = pictures(3), moving(3, -8, 5)
    normal, _ = run(glom_with(), frames, motion)
    other, _ = run(glom_with(**switch), frames, motion)
    assert ((normal.levels - other.levels).abs().amax((2, 3)) > 0.01)[0, 1:3].all()


@pytest.mark.parametrize(
    ("switch", "contribution"), [("carry", CARRY), ("top_down", TOP_DOWN), ("consensus", CONSENSUS)]
)
def test_a_contribution_has_a_share_unless_it_is_switched_off(
    switch: str, contribution: int
) -> None:
    frames, motion = pictures(2), moving(2, 0)
    with_it, without = (
        run(glom_with(**{switch: on}), frames, motion)[1].weights for on in (True, False)
    )
    assert (with_it[:3, contribution] > 0.01).all()
    assert (without[:, contribution] < 1e-6).all()
    for weights in (with_it, without):
        torch.testing.assert_close(weights.sum(1), torch.ones(4))
        assert (weights[:, BOTTOM_UP] > 0.01).all()


def test_the_top_level_has_nothing_above_it() -> None:
    assert run(glom_with(), pictures(2), moving(2, 0))[1].weights[-1, TOP_DOWN] == 0


def test_the_gate_forgets_columns_whose_content_has_changed() -> None:
    """Without it, the carried state counts as much after the picture has changed as in a still
    one."""
    still = pictures(1).repeat(2, 1, 1, 1)
    changed = torch.cat([pictures(1), pictures(1, seed=1)])
    shares = {}
    for gate in (True, False):
        shares[gate] = [
            run(glom_with(gate=gate), frames, moving(2, 0))[1].weights[:, CARRY]
            for frames in (still, changed)
        ]
    still_share, changed_share = shares[True]
    assert changed_share[0] < 0.75 * still_share[0]
    assert changed_share[1] < 0.95 * still_share[1]
    torch.testing.assert_close(*shares[False])


def test_what_came_from_outside_is_not_carried() -> None:
    frames = pictures(1).repeat(2, 1, 1, 1)
    carried = [
        run(glom_with(), frames, moving(2, 0, validity=validity))[1].weights[:, CARRY]
        for validity in (1.0, 0.0)
    ]
    assert (carried[0] > 0.1).all()
    assert (carried[1] < 1e-3).all()


@torch.inference_mode()
def test_a_sweep_takes_this_frame_up_to_the_top_and_the_synchronous_schedule_lags() -> None:
    for schedule, reaches in (("sweep", True), ("synchronous", False)):
        glom = glom_with(schedule=schedule)
        state = glom.step(pictures(1), moving(1, 0))
        one, other = (
            glom.step(pictures(1, seed=seed), moving(1, 0), state).levels for seed in (1, 2)
        )
        arrived = (one - other).abs().amax((0, 2, 3)) > 1e-6
        assert arrived.tolist() == ([True] * 4 if reaches else [True, False, False, False])


@torch.inference_mode()
def test_the_warp_brings_the_state_along_with_the_picture() -> None:
    """After everything moved by four columns, patches agree with the state that was warped, and not
    with the one that was not."""
    wide = pictures(1, H, W + 24)
    frames = torch.cat([wide[..., 24:], wide[..., :W]])  # everything moves 24 pixels to the right
    motion = moving(2, -24)
    inside = torch.arange(GRID[1]).repeat(GRID[0]) >= 8
    agreement = {
        on: run(glom_with(warp=on), frames, motion)[1].agreement[0, 0, inside].mean()
        for on in (True, False)
    }
    assert agreement[True] > 0.94
    assert agreement[True] > agreement[False] + 0.03


@torch.inference_mode()
def test_what_moved_lately_reaches_the_columns_through_the_trail_alone() -> None:
    glom, frame, still = glom_with(), pictures(1), moving(1, 0)
    trailing = still.clone()
    trailing[:, 5, : H // 2] = 4
    assert (glom.step(frame, trailing).levels - glom.step(frame, still).levels).abs().max() > 0.1
    without = glom_with(trail=False)
    assert torch.equal(without.step(frame, trailing).levels, without.step(frame, still).levels)


@torch.inference_mode()
def test_global_attention_distinguishes_far_places_and_begins_as_the_identity() -> None:
    """Two things at the far end change places, so that what the norm sees of the whole stays the
    same."""
    attention = GlobalAttention(16)
    x = torch.randn(1, 16, 2, 60, generator=torch.Generator().manual_seed(0))
    assert torch.equal(attention(x), x)
    torch.nn.init.normal_(attention.out.weight)
    swapped = x.clone()
    swapped[..., 40], swapped[..., 59] = x[..., 59], x[..., 40]
    assert (attention(x)[..., :4] - attention(swapped)[..., :4]).abs().max() > 1e-3


@torch.inference_mode()
def test_a_grown_model_says_at_first_what_the_smaller_one_says() -> None:
    small = glom_with(overviews=0, trail=False)
    large = small.grown(replace(small.config, overviews=2, trail=True)).eval()
    frame, planes = pictures(1), moving(1, 3)
    planes[:, 5] = 4
    torch.testing.assert_close(large.step(frame, planes).levels, small.step(frame, planes).levels)
    assert len(large.encoder.overviews) == 2
    with pytest.raises(InvalidInput, match=r"no room for encoder\."):
        large.grown(small.config)


def test_colour_and_motion_both_reach_the_columns() -> None:
    glom, frame = glom_with(), pictures(1)
    base = glom.step(frame, moving(1, 3)).levels
    assert (glom.step(1 - frame, moving(1, 3)).levels - base).abs().max() > 0.1
    assert (glom.step(frame, moving(1, 0)).levels - base).abs().max() > 0.1


# Groundness


@torch.inference_mode()
def test_groundness_is_the_cosine_to_the_ground_vector() -> None:
    glom = glom_with()
    objects = torch.randn(2, 5, 16)
    objects[0, 0], objects[0, 1] = glom.ground * 3, -glom.ground
    ground = glom.groundness(objects)
    assert ground.shape == (2, 5)
    assert ground.abs().max() <= 1 + 1e-6
    torch.testing.assert_close(ground[0, :2], torch.tensor([1.0, -1.0]))

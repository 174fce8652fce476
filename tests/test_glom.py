"""The recurrent cell: each contribution counts, state is a value, islands keep together, and checkpoints say what is wrong with them."""

import json
import struct
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from huggingface_hub.errors import LocalEntryNotFoundError
from safetensors.torch import load_file, save_file
from torch import Tensor

from glom_video.glom import Glom, GlomConfig, StepReport, pretrained
from glom_video.glom.cell import BOTTOM_UP, CARRY, CONSENSUS, TOP_DOWN
from glom_video.glom.consensus import Consensus, from_blocks, sampled_windows, to_blocks
from glom_video.glom.field import column_places
from glom_video.glom.warp import column_flow, warp
from glom_video.structures import GlomState, InvalidInput

SMALL = GlomConfig(dim=16, hidden=32, encoder_widths=(8, 8, 16, 16))
H, W = 72, 96
GRID = (12, 16)


def glom_with(**switches: object) -> Glom:
    """A small model whose weights are the same whatever the switches."""
    torch.manual_seed(0)
    return Glom(replace(SMALL, **switches)).eval()


def pictures(count: int, height: int = H, width: int = W, seed: int = 0) -> Tensor:
    """(count 3 height width): coarse coloured noise, like nothing in particular."""
    coarse = torch.rand(count, 3, height // 12, width // 12, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 1)


def moving(count: int, dx: float, dy: float = 0.0, height: int = H, width: int = W, validity: float = 1.0) -> Tensor:
    """Motion planes of pictures where everything came from (dx, dy) pixels away, and the upper half by itself."""
    planes = torch.zeros(count, 5, height, width)
    planes[:, 0], planes[:, 1], planes[:, 4] = dx, dy, validity
    planes[:, 2, : height // 2] = dx
    return planes


@torch.inference_mode()
def run(glom: Glom, frames: Tensor, motion: Tensor) -> tuple[GlomState, StepReport]:
    """The state after these frames of one clip, and the report of the last."""
    state = None
    for image, planes in zip(frames, motion, strict=True):
        state, report = glom.step_with_report(image[None], planes[None], state)
    assert state is not None
    return state, report


# State


@torch.inference_mode()
def test_step_leaves_the_state_it_was_given_alone() -> None:
    glom = glom_with(iters=2)
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
    """To 1e-4 of vectors of unit variance: products of another batch size are summed in another order."""
    glom = glom_with()
    clips = torch.stack([pictures(3, seed=seed) for seed in range(3)])
    motion = torch.stack([moving(3, -3.0 * k, 2.0 * k) for k in range(3)])
    together = None
    for t in range(3):
        together = glom.step(clips[:, t], motion[:, t], together)
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
    torch.testing.assert_close(state.levels.mean(-1), torch.zeros(state.levels.shape[:3]), atol=1e-4, rtol=0)
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
        {"hierarchy_gated": True},
        {"schedule": "synchronous"},
        {"iters": 2},
    ],
    ids=str,
)
def test_every_switch_changes_the_state_at_both_named_levels(switch: dict[str, object]) -> None:
    frames, motion = pictures(3), moving(3, -8, 5)
    normal, _ = run(glom_with(), frames, motion)
    other, _ = run(glom_with(**switch), frames, motion)
    assert ((normal.levels - other.levels).abs().amax((2, 3)) > 0.01)[0, 1:3].all()


@pytest.mark.parametrize(("switch", "contribution"), [("carry", CARRY), ("top_down", TOP_DOWN), ("consensus", CONSENSUS)])
def test_a_contribution_has_a_share_unless_it_is_switched_off(switch: str, contribution: int) -> None:
    frames, motion = pictures(2), moving(2, 0)
    with_it, without = (run(glom_with(**{switch: on}), frames, motion)[1].shares.weights for on in (True, False))
    assert (with_it[:3, contribution] > 0.01).all()
    assert (without[:, contribution] < 1e-6).all()
    for weights in (with_it, without):
        torch.testing.assert_close(weights.sum(1), torch.ones(4))
        assert (weights[:, BOTTOM_UP] > 0.01).all()


def test_the_top_level_has_nothing_above_it() -> None:
    assert run(glom_with(), pictures(2), moving(2, 0))[1].shares.weights[-1, TOP_DOWN] == 0


def test_the_gate_forgets_columns_whose_content_has_changed() -> None:
    """Without it, the carried state counts as much after the picture has changed as in a still one."""
    still = pictures(1).repeat(2, 1, 1, 1)
    changed = torch.cat([pictures(1), pictures(1, seed=1)])
    shares = {}
    for gate in (True, False):
        shares[gate] = [run(glom_with(gate=gate), frames, moving(2, 0))[1].shares.weights[:, CARRY] for frames in (still, changed)]
    still_share, changed_share = shares[True]
    assert changed_share[0] < 0.5 * still_share[0]
    assert changed_share[1] < 0.9 * still_share[1]
    assert (changed_share < still_share).all()
    torch.testing.assert_close(*shares[False], atol=0.02, rtol=0)


def test_what_came_from_outside_is_not_carried() -> None:
    frames = pictures(1).repeat(2, 1, 1, 1)
    carried = [run(glom_with(), frames, moving(2, 0, validity=validity))[1].shares.weights[:, CARRY] for validity in (1.0, 0.0)]
    assert (carried[0] > 0.1).all()
    assert (carried[1] < 1e-3).all()


@torch.inference_mode()
def test_a_sweep_takes_this_frame_up_to_the_top_and_the_synchronous_schedule_lags() -> None:
    for schedule, reaches in (("sweep", True), ("synchronous", False)):
        glom = glom_with(schedule=schedule)
        state = glom.step(pictures(1), moving(1, 0))
        one, other = (glom.step(pictures(1, seed=seed), moving(1, 0), state).levels for seed in (1, 2))
        arrived = (one - other).abs().amax((0, 2, 3)) > 1e-6
        assert arrived.tolist() == ([True] * 4 if reaches else [True, False, False, False])


@torch.inference_mode()
def test_the_warp_brings_the_state_along_with_the_picture() -> None:
    """After everything moved by four columns, patches agree with the state that was warped, and not with the one that was not."""
    wide = pictures(1, H, W + 24)
    frames = torch.cat([wide[..., 24:], wide[..., :W]])  # everything moves 24 pixels to the right
    motion = moving(2, -24)
    inside = torch.arange(GRID[1]).repeat(GRID[0]) >= 8
    agreement = {on: run(glom_with(warp=on), frames, motion)[1].shares.agreement[0, 0, inside].mean() for on in (True, False)}
    assert agreement[True] > 0.94
    assert agreement[True] > agreement[False] + 0.03


@torch.inference_mode()
def test_colour_and_motion_both_reach_the_columns() -> None:
    glom, frame = glom_with(), pictures(1)
    base = glom.step(frame, moving(1, 3)).levels
    assert (glom.step(1 - frame, moving(1, 3)).levels - base).abs().max() > 0.1
    assert (glom.step(frame, moving(1, 0)).levels - base).abs().max() > 0.1


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
    torch.testing.assert_close(Consensus(stride, hierarchy_gated=False)(x, None), x, atol=1e-3, rtol=0)


@torch.inference_mode()
def test_one_vector_everywhere_stays() -> None:
    x = torch.randn(16).expand(1, 9, 13, 16).contiguous()
    torch.testing.assert_close(Consensus(2, hierarchy_gated=False)(x, None), x, atol=1e-5, rtol=0)


@torch.inference_mode()
@pytest.mark.parametrize(("place", "pull"), [((6, 5), 0.1), ((7, 4), 0.1), ((7, 5), 0.02)], ids=["unsampled", "unsampled too", "its own sample"])
def test_a_lone_dissenter_inside_an_island_is_pulled_towards_it(place: tuple[int, int], pull: float) -> None:
    x, left, right = two_halves(16, 24)
    stranger = torch.eye(16)[2] * 4
    x[0, *place] = F.normalize(0.7 * left + stranger, dim=0) * 4
    opinion = Consensus(2, hierarchy_gated=False)(x, None)
    was, now = (F.cosine_similarity(y[0, *place], left, dim=0) for y in (x, opinion))
    assert now > was + pull
    assert F.cosine_similarity(opinion[0, *place], right, dim=0) < 0.1
    assert F.cosine_similarity(opinion[0, 6, 8], left, dim=0) > 0.95


@torch.inference_mode()
def test_agreement_above_keeps_like_columns_of_two_objects_apart() -> None:
    """A10: two objects touch and their columns differ little; only the level above tells them apart."""
    h, w, d = 12, 24, 16
    ground, skin, tint = (torch.eye(d)[k] * 4 for k in range(3))
    x = ground.expand(1, h, w, d).clone()
    x[:, 2:10, 4:12], x[:, 2:10, 12:20] = skin + 0.1 * tint, skin - 0.1 * tint
    above = ground.expand(1, h, w, d).clone()
    above[:, 2:10, 4:12], above[:, 2:10, 12:20] = skin, tint
    apart = {}
    for gated in (False, True):
        opinion = Consensus(2, hierarchy_gated=gated)(x, above)
        apart[gated] = (opinion[0, 5, 10] - opinion[0, 5, 13]).norm() / (0.2 * tint.norm())
    assert apart[False] < 0.6
    assert apart[True] > 0.95


@torch.inference_mode()
def test_the_temperature_stays_within_its_bounds() -> None:
    consensus = Consensus(2, hierarchy_gated=False)
    for log_beta, beta in ((-9.0, 3.0), (9.0, 30.0)):
        consensus.log_beta.fill_(log_beta)
        assert consensus.beta().item() == pytest.approx(beta)


@pytest.mark.parametrize("stride", [2, 4, 8])
def test_consensus_costs_the_same_per_column_on_any_grid(stride: int) -> None:
    """Products of columns with keys, counted: four times the columns, four times the products."""
    products = {}
    for h, w in ((32, 48), (64, 96)):
        x = torch.zeros(1, h, w, 4)
        blocks, windows = to_blocks(x, 2 * stride), sampled_windows(x, stride)
        products[h] = blocks.shape[1] * blocks.shape[2] * windows.shape[2] / (h * w)
    assert products[32] == products[64] == 36


@pytest.mark.parametrize(("h", "w", "side"), [(8, 12, 4), (7, 13, 4), (3, 5, 8)])
def test_columns_come_back_from_their_blocks(h: int, w: int, side: int) -> None:
    x = torch.randn(2, h, w, 3)
    blocks = to_blocks(x, side)
    assert blocks.shape == (2, -(-h // side) * -(-w // side), side * side, 3)
    assert torch.equal(blocks[0, 0, 1], x[0, 0, 1])
    assert torch.equal(from_blocks(blocks, side, h, w), x)


# Places and warping


@torch.inference_mode()
def test_a_state_is_warped_by_whole_columns_exactly() -> None:
    levels = torch.randn(2, 3, GRID[0] * GRID[1], 8)
    flow, validity = column_flow(moving(2, -12, 6))  # fetched from two columns to the left and one row below
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
    coarse, fine = column_places(4, 6), column_places(12, 18)
    assert len(torch.unique(coarse, dim=0)) == 24
    torch.testing.assert_close(coarse, fine.view(12, 18, -1)[1::3, 1::3].flatten(0, 1))


def test_a_grid_first_seen_while_perceiving_can_be_trained_on() -> None:
    glom, frames, motion = glom_with(), pictures(2, 48, 168), moving(2, 1, 0, 48, 168)
    run(glom, frames, motion)
    state = glom.step(frames[:1], motion[:1])
    glom.step(frames[1:], motion[1:], state).levels.square().mul(torch.arange(16.0)).sum().backward()
    assert glom.cell.bottom_up[0].place.weight.grad.abs().max() > 0


# Groundness


@torch.inference_mode()
def test_groundness_is_the_cosine_to_the_ground_vector_at_the_object_level() -> None:
    glom = glom_with()
    levels = torch.randn(2, 4, 5, 16)
    levels[0, 2, 0], levels[0, 2, 1] = glom.ground * 3, -glom.ground
    ground = glom.groundness(levels)
    assert ground.shape == (2, 5)
    assert ground.abs().max() <= 1 + 1e-6
    torch.testing.assert_close(ground[0, :2], torch.tensor([1.0, -1.0]))
    levels[:, [0, 1, 3]] = 0
    assert torch.equal(glom.groundness(levels), ground)


# Config and checkpoints


@pytest.mark.parametrize(
    "settings",
    [
        {"levels": 5},
        {"part_level": 2},
        {"object_level": 4},
        {"schedule": "swept"},
        {"encoder_widths": (16, 50, 96, 144)},
    ],
    ids=str,
)
def test_a_config_that_cannot_be_built_is_refused(settings: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        GlomConfig(**settings)


def test_a_config_comes_back_from_its_text() -> None:
    config = replace(SMALL, schedule="synchronous", consensus_strides=(2, 4, 4, 8), hierarchy_gated=True)
    assert GlomConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize("target", ["model.safetensors", "folder"])
def test_a_checkpoint_rebuilds_its_own_model(tmp_path: Path, target: str) -> None:
    glom = glom_with(schedule="synchronous", top_down=False)
    glom.train().save_pretrained(str(tmp_path / target))
    loaded = Glom.from_pretrained(str(tmp_path / target))
    assert loaded.config == glom.config
    assert not loaded.training
    assert loaded.state_dict().keys() == glom.state_dict().keys()
    for name, value in glom.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)
    frames, motion = pictures(2), moving(2, 3)
    assert torch.equal(run(loaded, frames, motion)[0].levels, run(glom, frames, motion)[0].levels)


def test_a_hub_id_is_fetched_and_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    glom_with().save_pretrained(str(tmp_path))
    asked: list[tuple[str, str]] = []

    def download(repository: str, name: str) -> str:
        asked.append((repository, name))
        return str(tmp_path / name)

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert Glom.from_pretrained("someone/some-glom").config == SMALL
    assert asked == [("someone/some-glom", "glom.safetensors")]


def test_a_hub_that_cannot_be_reached_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def download(repository: str, name: str) -> str:
        raise LocalEntryNotFoundError("no connection\nand many more lines")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert_refused("someone/some-glom", "someone/some-glom")


def assert_refused(source: str | None, cause: str) -> None:
    """Loading raises InvalidInput, with this in the cause, and cause and remedy fit one line each."""
    with pytest.raises(InvalidInput, match=cause) as error:
        Glom.from_pretrained(source)
    assert error.value.remedy
    assert "\n" not in error.value.cause + error.value.remedy


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _text(path: Path) -> None:
    path.write_text("not a checkpoint at all")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _foreign(path: Path) -> None:
    save_file({"weight": torch.zeros(3)}, path)


def _with_config(**settings: object) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        save_file(load_file(path), path, {"config": json.dumps(asdict(SMALL) | settings)})

    return damage


def _without_a_tensor(path: Path) -> None:
    tensors = load_file(path)
    del tensors["ground"]
    save_file(tensors, path, {"config": SMALL.to_json()})


def _config_is_no_json(path: Path) -> None:
    save_file(load_file(path), path, {"config": "{dim: 16"})


def _header_says_more_than_there_is(path: Path) -> None:
    path.write_bytes(struct.pack("<Q", 10**9) + path.read_bytes()[8:])


@pytest.mark.parametrize(
    ("damage", "cause"),
    [
        (_truncated, "not a safetensors file"),
        (_text, "not a safetensors file"),
        (_empty, "not a safetensors file"),
        (_header_says_more_than_there_is, "not a safetensors file"),
        (_foreign, "no glom-video config"),
        (_with_config(dim=24), "do not fit its config"),
        (_with_config(colour="red"), "colour"),
        (_with_config(levels=5), "does not fit: .*levels"),
        (_with_config(part_level=2), "does not fit: .*part_level"),
        (_without_a_tensor, "ground"),
        (_config_is_no_json, "does not fit"),
    ],
)
def test_a_checkpoint_that_cannot_be_used_says_why(tmp_path: Path, damage: Callable[[Path], None], cause: str) -> None:
    path = tmp_path / "glom.safetensors"
    glom_with().save_pretrained(str(path))
    Glom.from_pretrained(str(path))
    damage(path)
    assert_refused(str(path), cause)


def test_a_path_where_nothing_is_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_refused(str(tmp_path / "absent.safetensors"), "absent")
    assert_refused(str(tmp_path), "glom.safetensors")
    monkeypatch.setattr(pretrained, "PACKAGE_WEIGHTS", tmp_path / "shipped.safetensors")
    assert_refused(None, "shipped")


def test_the_default_is_the_file_in_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    glom_with(iters=2).save_pretrained(str(tmp_path))
    monkeypatch.setattr(pretrained, "PACKAGE_WEIGHTS", tmp_path / "glom.safetensors")
    assert Glom.from_pretrained().config.iters == 2
    assert np.isfinite(Glom.from_pretrained().ground.detach().numpy()).all()

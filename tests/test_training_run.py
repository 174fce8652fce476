"""A training run with its surroundings: clips by need, precision, signals, validation, collapse."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import json_lines
from renderers_here import RenderersHere, train_here
from safetensors.torch import load_file
from training_configs import TINY_MODEL_AND_PHASE

from glom_video.learn import LevelStatistics, training_step
from glom_video.structures import InvalidInput
from glom_video_pipelines.train import TrainConfig, TrainingFailed
from glom_video_pipelines.training import precision, steps
from glom_video_pipelines.training.clips import renderers
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.clips.pool import ClipPool, Shard
from glom_video_pipelines.training.process_group import ProcessGroup
from glom_video_pipelines.training.validation import FAMILIES, column_labels

TINY = f"""
seed = 5
learning_rate = 0.003
warm_up_steps = 1
monitor_steps = 1
validation_clips = 1
{TINY_MODEL_AND_PHASE}"""
PHASE = Phase(steps=50, height=48, width=48, frames=2, batch=4, fresh=1, pool=40, rendered_frames=4)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TINY)
    return path


def pool_of(
    first_step: int = 0,
    shard: Shard | None = None,
    here: RenderersHere | None = None,
    ahead: int = 12,
) -> ClipPool:
    return ClipPool(
        PHASE,
        first_seed=20,
        first_step=first_step,
        folders=(),
        executor=here or RenderersHere(),
        ahead=ahead,
        shard=shard,
    )


# Clips


def test_a_resumed_pool_draws_what_its_next_batches_need_and_not_the_whole_pool() -> None:
    here = RenderersHere()
    with pool_of(first_step=45, here=here, ahead=2) as pool:
        pool.next_batch()
    assert 20 + 45 in here.asked
    assert len(here.asked) <= 2 * PHASE.batch + 2, (
        "this batch, the one that is put together meanwhile, and what is ahead"
    )
    assert min(here.asked) >= 20 + 46 - PHASE.pool


def test_shares_of_a_team_make_up_the_batch() -> None:
    def images_of(shard: Shard | None) -> torch.Tensor:
        with pool_of(shard=shard) as pool:
            return pool.next_batch().images

    whole, shares = images_of(None), [images_of(Shard(rank, 2)) for rank in range(2)]
    assert torch.equal(torch.stack(shares, 1).flatten(0, 1), whole)


def test_a_batch_that_cannot_be_shared_is_refused(config: Path) -> None:
    with pytest.raises(InvalidInput, match="2 clips cannot be shared by 3"):
        ProcessGroup(0, 3, torch.device("cpu")).check(TrainConfig.load(config).phases)


# Precision


def test_the_faster_precision_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    monkeypatch.setattr(precision, "bf16_gain", lambda device: 4.0)
    assert precision.chosen_precision("auto", cpu) == ("bf16", "bf16 is 4.0x as fast here")
    assert precision.chosen_precision("fp32", cpu)[0] == "fp32"
    monkeypatch.setattr(precision, "bf16_gain", lambda device: 0.5)
    assert precision.chosen_precision("auto", cpu)[0] == "fp32"


def test_a_run_in_bf16_learns_in_fp32_weights(config: Path, tmp_path: Path) -> None:
    config.write_text('precision = "bf16"\n' + TINY)
    weights = load_file(train_here(config, tmp_path / "run"))
    assert {value.dtype for value in weights.values()} == {torch.float32}
    assert all(torch.isfinite(value).all() for value in weights.values())
    assert torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["precision"] == "bf16"


def test_a_device_that_is_not_there_says_so(config: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nowhere"):
        train_here(config, tmp_path / "run", device="nowhere")


# Monitors and validation


def test_a_run_logs_the_health_of_its_levels(config: Path, tmp_path: Path) -> None:
    train_here(config, tmp_path / "run")
    for row in json_lines(tmp_path / "run" / "log.jsonl"):
        assert set(row["levels"]) == {"0", "1", "2", "3"}
        assert row["levels"]["1"]["islands"] >= 1
        assert set(row["levels"]["1"]["shares"]) == {"carry", "bottom_up", "top_down", "consensus"}
        assert row["rate"] > 0


def test_collapse_ends_the_run_and_spares_the_checkpoint(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text("collapse_patience = 2\ncheckpoint_seconds = 0\n" + TINY)
    dead = LevelStatistics(
        islands=1.0,
        attention_entropy=1.0,
        effective_rank=1.0,
        cosine_to_mean=1.0,
        contribution_weights=(1.0, 0.0, 0.0, 0.0),
    )
    monkeypatch.setattr(steps, "level_statistics", lambda *given: (dead,) * 4)
    out = tmp_path / "run"
    with pytest.raises(TrainingFailed, match="one island") as failed:
        train_here(config, out)
    assert "learning_rate" in failed.value.remedy
    # Warm-up 1, then two observations.
    assert torch.load(out / "checkpoint.pt", weights_only=True)["step"] == 2
    assert not (out / "glom.safetensors").exists()


def test_validation_is_logged_and_drawn_and_changes_nothing(config: Path, tmp_path: Path) -> None:
    plain = load_file(train_here(config, tmp_path / "plain"))
    assert json_lines(tmp_path / "plain" / "validation.jsonl") == []
    config.write_text("validation_seconds = 0.000001\n" + TINY)
    out = tmp_path / "run"
    watched = load_file(train_here(config, out))
    assert all(torch.equal(plain[name], watched[name]) for name in plain)
    rows = json_lines(out / "validation.jsonl")
    assert [row["step"] for row in rows] == [1, 2, 3, 3]
    for row in rows:
        assert set(row["validation"]) == set(FAMILIES)
        for figures in row["validation"].values():
            assert 0 < figures["part"] < 20
            assert figures["object fg-ari"] is None or -1 <= figures["object fg-ari"] <= 1
    assert sorted(path.name for path in out.glob("*.png")) == [
        f"validation-00000{step}.png" for step in (1, 2, 3)
    ]
    first, again = rows[-2]["validation"], rows[-1]["validation"]
    assert first == again, "the clips and the draws of a validation are fixed"


def test_families_of_validation_are_those_of_the_renderer() -> None:
    from glom_video import synth

    assert synth.FAMILIES == FAMILIES


def test_column_labels_name_islands_from_one_and_background_nought() -> None:
    vectors = torch.eye(4)[[0] * 5 + [1] * 3 + [2] * 2]
    ground = torch.tensor([[1.0] * 5, [0.0] * 5])
    for level in ("part", "object"):
        assert column_labels(vectors, ground, level).tolist() == [0] * 5 + [1] * 3 + [2] * 2
        assert column_labels(vectors, torch.ones(2, 5), level).tolist() == [0] * 10


# Signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_the_last_whole_step_and_the_run_goes_on_exactly(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    whole = load_file(train_here(config, tmp_path / "whole"))
    out, done = tmp_path / "run", []

    def step(*given: Any, **further: Any) -> object:
        done.append(training_step(*given, **further))
        if len(done) == 2:
            os.kill(os.getpid(), number)
        return done[-1]

    with monkeypatch.context() as patched:
        patched.setattr(steps, "training_step", step)
        with pytest.raises(KeyboardInterrupt):
            train_here(config, out)
    assert torch.load(out / "checkpoint.pt", weights_only=True)["step"] == 2
    resumed = load_file(train_here(out / "config.toml", out, resume=True))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_the_command_exits_with_130_when_interrupted(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, glom_video: Callable[..., Any]
) -> None:
    def step(*given: Any, **further: Any) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return training_step(*given, **further)

    monkeypatch.setattr(steps, "training_step", step)
    monkeypatch.setattr(renderers, "Renderers", RenderersHere)
    ran = glom_video("train", config, "-o", tmp_path / "run")
    assert ran.code == 130
    assert ran.out == ""
    assert "--resume" in ran.err

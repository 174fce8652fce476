"""A training run with its surroundings: clips by need, signals, validation, collapse, several
processes, workers that end with their parent."""

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from renderers_here import RenderersHere, train_here
from safetensors.torch import load_file

from glom_video.learn import LevelStatistics, training_step
from glom_video.structures import InvalidInput
from glom_video_pipelines.train import TrainConfig, TrainingFailed
from glom_video_pipelines.training import precision, steps
from glom_video_pipelines.training.clips import renderers
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.clips.pool import ClipPool, Shard
from glom_video_pipelines.training.process_group import ProcessGroup
from glom_video_pipelines.training.validation import FAMILIES, column_labels

ROOT = Path(__file__).parents[1]
TINY = """
seed = 5
learning_rate = 0.003
warm_up_steps = 1
monitor_steps = 1
validation_clips = 1

[model]
dim = 16
hidden = 32
encoder_widths = [8, 8, 16, 16]

[[phase]]
steps = 3
height = 48
width = 48
frames = 2
batch = 2
fresh = 1
pool = 2
rendered_frames = 4
"""
PHASE = Phase(steps=50, height=48, width=48, frames=2, batch=4, fresh=1, pool=40, rendered_frames=4)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TINY)
    return path


def log_of(out: Path, name: str = "log.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / name).read_text().splitlines()]


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
    for row in log_of(tmp_path / "run"):
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
    assert log_of(tmp_path / "plain", "validation.jsonl") == []
    config.write_text("validation_seconds = 0.000001\n" + TINY)
    out = tmp_path / "run"
    watched = load_file(train_here(config, out))
    assert all(torch.equal(plain[name], watched[name]) for name in plain)
    rows = log_of(out, "validation.jsonl")
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


# Processes


def ran_here(script: str, **environment: str) -> subprocess.Popen[str]:
    variables = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | environment
    return subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=variables
    )


RANK = """
import hashlib, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from renderers_here import train_here
from glom_video_pipelines import train
runs, begin = [], train.TrainingRun.begin
train.TrainingRun.begin = lambda *given: runs.append(begin(*given)) or runs[-1]
train_here(Path({config!r}), Path({out!r}))
weights = runs[0].glom.state_dict().values()
print(hashlib.sha256(b"".join(value.numpy().tobytes() for value in weights)).hexdigest())
"""


def test_two_processes_train_one_model(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = RANK.format(tests=str(ROOT / "tests"), config=str(config), out=str(out))
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    processes = [
        ran_here(script, RANK=str(rank), LOCAL_RANK=str(rank), **shared) for rank in range(2)
    ]
    # Gloo greets on stdout.
    digests = [process.communicate()[0].split()[-1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert len(digests[0]) == 64
    assert digests[0] == digests[1]
    assert [row["step"] for row in log_of(out)] == [1, 2, 3]
    assert (out / "glom.safetensors").exists()


PARENT = """
import os, time
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.clips.renderers import Renderers
if __name__ == "__main__":
    pool = Renderers(1)
    size = {"height": 48, "width": 48, "frames": 2, "rendered_frames": 3}
    phase = Phase(steps=1, batch=1, fresh=1, pool=1, **size)
    print(pool.submit(os.getpid).result(), pool.draw(1, phase, ()).result(), flush=True)
    time.sleep(600)
"""


def test_workers_end_when_their_parent_is_killed_and_leave_no_clips() -> None:
    parent = ran_here(PARENT)
    assert parent.stdout is not None
    number, path = parent.stdout.readline().split()
    worker, clip = int(number), Path(path)
    assert clip.exists()
    os.kill(worker, 0)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while is_alive(worker):
        assert time.monotonic() < deadline, "the worker outlives its parent"
        time.sleep(0.05)
    assert not clip.parent.exists()


def is_alive(process: int) -> bool:
    """Whether it runs; one that has ended and that nobody has asked after does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the switch")
def test_freed_tensors_stay_with_the_process() -> None:
    """Forty megabytes, freed and asked for again, soon come without new pages; without the switch
    each time costs ten thousand page faults."""
    script = (
        "import resource, torch\n"
        "from glom_video_pipelines.allocator import keep_freed_memory\n"
        "assert keep_freed_memory()\n"
        "faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(20): torch.zeros(10_000_000)\n"
        "before = faults()\n"
        "for _ in range(5): torch.zeros(10_000_000)\n"
        "print(faults() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 1000

"""Training: configs that cannot be used are refused, a run leaves weights that load, and a run that was stopped goes on exactly where it was."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from glom_video.glom import Glom, GlomConfig
from glom_video.learn import Losses, training_step
from glom_video.structures import InvalidInput
from pipelines import clip_pool, train
from pipelines.clip_pool import ClipPool, Phase, prepare_clip
from pipelines.train import TrainConfig, rate_at, run_train

TINY = """
seed = 5
learning_rate = 0.003
warm_up_steps = 2
photos = []

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

[[phase]]
steps = 2
height = 48
width = 72
frames = 3
batch = 2
fresh = 2
pool = 4
rendered_frames = 5
"""
STEPS = 5


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TINY)
    return path


class LaterHere:
    """Stands in for the pool of processes: draws a clip in this process when it is asked for, and each clip once for all tests."""

    prepared = staticmethod(cache(prepare_clip))

    def __init__(self, workers: int, mp_context: object) -> None:
        self.open = True

    def submit(self, work: object, seed: int, phase: Phase, folders: tuple[Path, ...]) -> "LaterHere.Clip":
        assert self.open
        return self.Clip(seed, phase, folders)

    def shutdown(self, wait: bool, cancel_futures: bool) -> None:
        self.open = False

    class Clip:
        def __init__(self, *what: Any) -> None:
            self.what = what

        def result(self) -> object:
            return LaterHere.prepared(*self.what)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker processes, and a checkpoint after every step."""
    monkeypatch.setattr(clip_pool, "ProcessPoolExecutor", LaterHere)
    monkeypatch.setattr(train, "CHECKPOINT_SECONDS", -1.0)


def log_of(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


# Config


def test_a_config_is_read_whole(config: Path) -> None:
    loaded = TrainConfig.load(config)
    assert loaded.model == GlomConfig(dim=16, hidden=32, encoder_widths=(8, 8, 16, 16))
    assert (loaded.steps, loaded.seed, loaded.learning_rate, loaded.photos) == (5, 5, 0.003, ())
    assert loaded.phases[0] == Phase(steps=3, height=48, width=48, frames=2, batch=2, fresh=1, pool=2, rendered_frames=4)


def test_the_config_of_the_default_weights_can_be_read() -> None:
    loaded = TrainConfig.load(Path(train.__file__).parents[1] / "glom_video" / "weights" / "config.toml")
    assert loaded.model == GlomConfig()


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda text: text.replace("[[phase]]", "[[phases]]"), "phase"),
        (lambda text: text.replace("seed = 5", "sead = 5"), "sead"),
        (lambda text: text.replace("dim = 16", "dims = 16"), "dims"),
        (lambda text: text.replace("hidden = 32", "part_level = 3"), "part_level"),
        (lambda text: text.replace("[8, 8, 16, 16]", "[8, 8, 16, 20]"), "multiples of 8"),
        (lambda text: text.replace("steps = 3\n", ""), "steps"),
        (lambda text: text.replace("width = 72", "width = 70"), "70x48"),
        (lambda text: text.replace("rendered_frames = 5", "rendered_frames = 3"), "rendered frame"),
        (lambda text: text.replace("fresh = 2", "fresh = 3"), "fresh <= batch"),
        (lambda text: text.replace("seed = 5", "seed: 5"), "line 2"),
    ],
)
def test_a_config_that_cannot_be_used_says_why(config: Path, change: Callable[[str], str], cause: str) -> None:
    changed = change(TINY)
    assert changed != TINY
    config.write_text(changed)
    with pytest.raises(InvalidInput, match=cause) as error:
        TrainConfig.load(config)
    assert str(config) in error.value.cause
    assert "\n" not in error.value.cause + error.value.remedy


def test_a_config_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="absent"):
        run_train(tmp_path / "absent.toml", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_rate_warms_up_and_then_falls(config: Path) -> None:
    config.write_text(TINY.replace("steps = 3", "steps = 998").replace("warm_up_steps = 2", "warm_up_steps = 100"))
    loaded = TrainConfig.load(config)
    rates = np.array([rate_at(step, loaded) for step in range(loaded.steps)])
    assert rates[0] == pytest.approx(3e-5)
    assert rates.argmax() in range(95, 105)
    assert (np.diff(rates[105:]) <= 0).all()
    assert rates[-1] == pytest.approx(3e-3 / 50)


# Runs


@pytest.mark.usefixtures("here")
def test_a_run_leaves_weights_log_and_config(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    weights = run_train(config, out)
    assert weights == out / "glom.safetensors"
    loaded = Glom.from_pretrained(str(weights))
    assert loaded.config == TrainConfig.load(config).model
    assert (out / "config.toml").read_text() == TINY
    rows = log_of(out)
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5]
    for row in rows:
        assert all(0 < row[name] < 20 for name in ("part", "object", "ground"))
    begun = train.Run.begin(TrainConfig.load(config)).glom.state_dict()
    assert all(torch.isfinite(value).all() for value in loaded.state_dict().values())
    assert any(not torch.equal(begun[name], value) for name, value in loaded.state_dict().items())


@pytest.mark.usefixtures("here")
def test_what_is_shipped_is_the_average_over_steps(config: Path, tmp_path: Path) -> None:
    weights = run_train(config, tmp_path / "run")
    stored = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    shipped = load_file(weights)
    assert all(torch.equal(shipped[name], value) for name, value in stored["average"].items())
    assert not torch.equal(shipped["ground"], stored["glom"]["ground"])


def stopped_after(steps: int, monkeypatch: pytest.MonkeyPatch, config: Path, out: Path) -> None:
    """A run that is interrupted in the middle of its next step."""
    done = 0

    def step(*given: Any) -> Losses:
        nonlocal done
        if done == steps:
            raise KeyboardInterrupt
        done += 1
        return training_step(*given)

    with monkeypatch.context() as patched:
        patched.setattr(train, "training_step", step)
        with pytest.raises(KeyboardInterrupt):
            run_train(config, out)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("steps", [2, 3, 4], ids=["within a phase", "between phases", "in a later phase"])
def test_a_run_that_was_stopped_goes_on_exactly(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    whole = load_file(run_train(config, tmp_path / "whole"))
    stopped_after(steps, monkeypatch, config, tmp_path / "stopped")
    assert not (tmp_path / "stopped" / "glom.safetensors").exists()
    resumed = load_file(run_train(config, tmp_path / "stopped", resume=True))
    assert whole.keys() == resumed.keys()
    assert [name for name in whole if not torch.equal(whole[name], resumed[name])] == []
    one, other = (
        [{name: row[name] for name in ("step", "part", "object", "ground", "pose")} for row in log_of(tmp_path / run)] for run in ("whole", "stopped")
    )
    assert one == other


@pytest.mark.usefixtures("here")
def test_steps_after_the_last_checkpoint_are_done_again_and_logged_once(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "run"
    stopped_after(2, monkeypatch, config, out)
    kept = (out / "checkpoint.pt").read_bytes()
    (out / "checkpoint.pt").unlink()
    stopped_after(4, monkeypatch, config, out)
    (out / "checkpoint.pt").write_bytes(kept)
    run_train(config, out, resume=True)
    assert [row["step"] for row in log_of(out)] == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("here")
def test_a_finished_run_is_not_overwritten_unasked(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    weights = run_train(config, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(InvalidInput, match="holds a training run") as error:
        run_train(config, out)
    assert "--resume" in error.value.remedy
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    tensors = load_file(weights)
    again = load_file(run_train(config, out, resume=True))
    assert all(torch.equal(tensors[name], again[name]) for name in tensors)


@pytest.mark.usefixtures("here")
def test_another_seed_gives_other_weights(config: Path, tmp_path: Path) -> None:
    one = load_file(run_train(config, tmp_path / "one"))
    config.write_text(TINY.replace("seed = 5", "seed = 6"))
    assert not torch.equal(one["ground"], load_file(run_train(config, tmp_path / "other"))["ground"])


@pytest.mark.usefixtures("here")
def test_a_loss_that_is_no_number_ends_the_run_and_spares_the_checkpoint(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "run"
    stopped_after(2, monkeypatch, config, out)
    kept = (out / "checkpoint.pt").read_bytes()
    bad = Losses(torch.tensor(float("nan")), torch.tensor(1.0), torch.tensor(1.0), torch.tensor(1.0))
    monkeypatch.setattr(train, "training_step", lambda *given: bad)
    with pytest.raises(FloatingPointError, match="step 3"):
        run_train(config, out, resume=True)
    assert (out / "checkpoint.pt").read_bytes() == kept


# Clips


@pytest.mark.usefixtures("here")
def test_batches_depend_on_the_step_alone(config: Path) -> None:
    """A pool that begins at step 4 gives what one that began at step 0 gives from there on."""
    phase = Phase(steps=6, height=48, width=48, frames=2, batch=3, fresh=1, pool=4, rendered_frames=4)

    def batches(first_step: int) -> list[torch.Tensor]:
        with ClipPool(phase, first_seed=20, first_step=first_step, folders=(), workers=1) as pool:
            return [pool.next_batch().images for _ in range(first_step, 6)]

    whole, later = batches(0), batches(4)
    assert all(torch.equal(one, other) for one, other in zip(whole[4:], later, strict=True))
    assert not torch.equal(whole[4], whole[5])


def test_a_prepared_clip_keeps_picture_motion_and_truth_together() -> None:
    """Truth of a column is that of its middle pixel, and motion leads from each frame to the one before."""
    phase = Phase(steps=1, height=96, width=144, frames=2, batch=1, fresh=1, pool=1, rendered_frames=3)
    clip = LaterHere.prepared(3, phase, ())
    assert clip.images.shape == (3, 96, 144, 3)
    assert clip.motion.shape == (3, 5, 96, 144)
    assert clip.parts.shape == clip.objects.shape == (3, 16, 24)
    assert clip.objects.any()
    assert np.array_equal(clip.parts == 0, clip.objects == 0)
    assert not clip.motion[0].any()
    batch = clip_pool.assemble([(clip, 1)], 2)
    assert torch.equal(batch.images[0, 0], torch.from_numpy(clip.images[1]).permute(2, 0, 1) / 255)
    assert torch.equal(batch.objects[0], torch.from_numpy(clip.objects[1:]).long())
    y, x = np.mgrid[8:88, 8:136]
    flow = clip.motion[1].astype(np.float32)
    source = np.clip(np.rint([y + flow[1, 8:88, 8:136], x + flow[0, 8:88, 8:136]]), 0, [[[95]], [[143]]]).astype(int)
    known = flow[4, 8:88, 8:136] > 0.8
    now, before = (image.astype(int).mean(-1) for image in (clip.images[1], clip.images[0]))
    assert known.mean() > 0.3
    assert np.abs(now[8:88, 8:136] - before[tuple(source)])[known].mean() < 8


def test_worker_processes_give_the_same_weights(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a real run: clips drawn by another process, here for one phase of one step."""
    monkeypatch.setattr(clip_pool, "AHEAD", 2)
    config.write_text(TINY.split("[[phase]]\nsteps = 2")[0].replace("steps = 3", "steps = 1"))
    real = load_file(run_train(config, tmp_path / "real"))
    monkeypatch.setattr(clip_pool, "ProcessPoolExecutor", LaterHere)
    here = load_file(run_train(config, tmp_path / "here"))
    assert all(torch.equal(real[name], here[name]) for name in here)

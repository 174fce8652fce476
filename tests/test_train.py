"""Training: configs that cannot be used are refused, a run leaves weights that load, and a run that
was stopped goes on exactly where it was."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from renderers_here import train_here
from safetensors.torch import load_file

from glom_video.glom import Glom, GlomConfig
from glom_video.learn import Losses, training_step
from glom_video.structures import InvalidInput
from glom_video_pipelines import train
from glom_video_pipelines.train import TrainConfig, rate_at, run_train
from glom_video_pipelines.training import steps as training_steps
from glom_video_pipelines.training.clips.phase import Phase

TINY = """
seed = 5
learning_rate = 0.003
warm_up_steps = 2
checkpoint_seconds = 0
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
lead = 1
batch = 2
fresh = 2
pool = 4
rendered_frames = 5
"""
ONE_STEP = TINY.split("[[phase]]\nsteps = 2")[0].replace("steps = 3", "steps = 1")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of TINY that went to its end, for tests that only read it."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "config.toml").write_text(TINY)
    train_here(folder / "config.toml", folder / "run")
    return folder / "run"


def log_of(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


# Config


def test_a_config_is_read_whole(config: Path) -> None:
    loaded = TrainConfig.load(config)
    assert loaded.model == GlomConfig(dim=16, hidden=32, encoder_widths=(8, 8, 16, 16))
    assert (loaded.steps, loaded.seed, loaded.learning_rate, loaded.photos) == (5, 5, 0.003, ())
    assert loaded.phases[0] == Phase(
        steps=3, height=48, width=48, frames=2, batch=2, fresh=1, pool=2, rendered_frames=4
    )


RUNS = Path(__file__).parents[1] / "docs" / "training"


MEANS = {11: "mean", 13: "mean-11-12", 14: "mean-12-13", 16: "mean-12-13-15"}
"""Runs that began with a mean of the weights before them, and where that lay."""


def test_every_run_is_written_down_and_goes_on_from_the_one_before() -> None:
    """They have their logs too, a line per step, of which none is missing."""
    for number in range(1, 1 + len(list(RUNS.glob("run-*.toml")))):
        run = TrainConfig.load(RUNS / f"run-{number}.toml")
        before = MEANS.get(number, f"run-{number - 1}")
        assert run.initial == (f"runs/{before}/glom.safetensors" if number > 1 else None)
        lines = (RUNS / f"run-{number}.jsonl").read_text().splitlines()
        assert [json.loads(line)["step"] for line in lines] == list(range(1, 1 + len(lines)))
        assert len(lines) <= run.steps


def test_configs_that_are_shipped_are_those_that_are_written_down() -> None:
    shipped = Path(train.__file__).parent / "training"
    assert TrainConfig.load(shipped / "default.toml") == TrainConfig.load(RUNS / "run-1.toml")
    assert TrainConfig.load(shipped / "adapt.toml").initial == "package"


def test_the_last_runs_make_the_model_that_is_shipped() -> None:
    for number in (5, 8):
        assert TrainConfig.load(RUNS / f"run-{number}.toml").model == GlomConfig()
    assert TrainConfig.load(RUNS / "run-11.toml").model == replace(GlomConfig(), trunk=True)
    assert Glom.from_pretrained().config == replace(GlomConfig(), trunk=True)


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
def test_a_config_that_cannot_be_used_says_why(
    config: Path, change: Callable[[str], str], cause: str
) -> None:
    changed = change(TINY)
    assert changed != TINY
    config.write_text(changed)
    with pytest.raises(InvalidInput, match=cause) as error:
        TrainConfig.load(config)
    assert str(config) in error.value.cause
    assert "\n" not in error.value.cause + error.value.remedy


def test_a_config_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="absent"):
        train_here(tmp_path / "absent.toml", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_rate_warms_up_and_then_falls(config: Path) -> None:
    config.write_text(
        TINY.replace("steps = 3", "steps = 998").replace("warm_up_steps = 2", "warm_up_steps = 100")
    )
    loaded = TrainConfig.load(config)
    rates = np.array([rate_at(step, loaded) for step in range(loaded.steps)])
    assert rates[0] == pytest.approx(3e-5)
    assert rates.argmax() in range(95, 105)
    assert (np.diff(rates[105:]) <= 0).all()
    assert rates[-1] == pytest.approx(3e-3 / 50)


# Runs


def test_a_run_leaves_weights_log_and_config(config: Path, finished: Path) -> None:
    loaded = Glom.from_pretrained(str(finished / "glom.safetensors"), for_training=True)
    assert loaded.config == TrainConfig.load(config).model
    assert (finished / "config.toml").read_text() == TINY
    rows = log_of(finished)
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5]
    for row in rows:
        assert all(0 < row[name] < 20 for name in ("part", "object", "ground"))
    begun = train.TrainingRun.begin(TrainConfig.load(config)).glom.state_dict()
    assert all(torch.isfinite(value).all() for value in loaded.state_dict().values())
    assert any(not torch.equal(begun[name], value) for name, value in loaded.state_dict().items())


def test_what_is_shipped_is_the_average_over_steps(finished: Path) -> None:
    stored = torch.load(finished / "checkpoint.pt", weights_only=True)
    shipped = load_file(finished / "glom.safetensors")
    assert all(torch.equal(shipped[name], value) for name, value in stored["average"].items())
    assert not torch.equal(shipped["ground"], stored["glom"]["ground"])


def test_a_run_can_start_from_the_weights_of_another(
    config: Path, finished: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.safetensors", tmp_path / "second.toml"
    shutil.copy(finished / "glom.safetensors", first)
    second.write_text(
        f'initial = "{first}"\nlearning_rate = 0.0\nweight_decay = '
        f"0.0\n[[phase]]{TINY.split('[[phase]]')[1]}"
    )
    left, taken_up = (
        load_file(first),
        Glom.from_pretrained(str(train_here(second, tmp_path / "second")), for_training=True),
    )
    assert taken_up.config == TrainConfig.load(config).model
    for name, value in taken_up.state_dict().items():
        torch.testing.assert_close(value, left[name])
    first.unlink()
    with pytest.raises(InvalidInput, match="no weights at"):
        train_here(second, tmp_path / "third")


def test_a_run_can_go_on_from_the_weights_of_another_with_a_part_switched_off(
    finished: Path, tmp_path: Path
) -> None:
    first, second = finished / "glom.safetensors", tmp_path / "second.toml"
    settings = ONE_STEP.split("[[phase]]")[1]
    still = f'initial = "{first}"\nlearning_rate = 0.0\nweight_decay = 0.0\n'
    second.write_text(f"{still}[model]\ncarry = false\n[[phase]]{settings}")
    left, weights = load_file(first), train_here(second, tmp_path / "second")
    assert not Glom.from_pretrained(str(weights)).config.carry
    assert all(torch.allclose(value, left[name]) for name, value in load_file(weights).items())
    second.write_text(f"{still}[model]\ntrail = false\n[[phase]]{settings}")
    with pytest.raises(InvalidInput, match="trail would add or take away weights"):
        train_here(second, tmp_path / "third")


def test_a_run_can_make_the_model_of_another_larger(tmp_path: Path) -> None:
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text(ONE_STEP.replace("[model]", "[model]\noverviews = 0\ntrail = false"))
    smaller = train_here(first, tmp_path / "first")
    settings = ONE_STEP.replace("learning_rate = 0.003", "learning_rate = 0.0\nweight_decay = 0.0")
    second.write_text(f'initial = "{smaller}"\ngrown = true\n{settings}')
    larger = Glom.from_pretrained(str(train_here(second, tmp_path / "second")), for_training=True)
    assert larger.config == TrainConfig.load(second).model
    assert larger.config.overviews
    torch.testing.assert_close(
        larger.encoder.get_parameter("stem.0.weight")[:, :7],
        load_file(smaller)["encoder.stem.0.weight"],
    )
    second.write_text(f"grown = true\n{settings}")
    with pytest.raises(InvalidInput, match="grown needs the weights to grow from"):
        TrainConfig.load(second)


def test_a_run_can_take_the_encoder_of_another_alone(finished: Path, tmp_path: Path) -> None:
    first, second = finished / "glom.safetensors", tmp_path / "second.toml"
    second.write_text(
        f'encoder = "{first}"\nlearning_rate = 0.0\nweight_decay = 0.0\nseed = '
        f"6\n{ONE_STEP[ONE_STEP.index('[model]') :]}"
    )
    left, begun = load_file(first), load_file(train_here(second, tmp_path / "second"))
    same = {name for name, value in begun.items() if torch.allclose(value, left[name])}
    assert same >= {name for name in begun if name.startswith("encoder.")}
    assert not same & {"ground", "cell.bottom_up.0.vector.weight", "pose.0.weight"}
    settings = second.read_text()
    second.write_text(settings.replace("[model]", "[model]\ntrail = false"))
    with pytest.raises(InvalidInput, match="is not that of the model"):
        train_here(second, tmp_path / "third")
    second.write_text("grown = true\n" + settings.replace("[model]", "[model]\noverviews = 3"))
    larger = load_file(train_here(second, tmp_path / "fourth"))
    assert all(
        torch.allclose(larger[name], left[name]) for name in left if name.startswith("encoder.")
    )
    assert not larger["encoder.overviews.2.out.weight"].any()
    second.write_text(f'initial = "{first}"\n{settings}')
    with pytest.raises(InvalidInput, match="name either initial or encoder"):
        TrainConfig.load(second)


def stopped_after(
    steps: int, monkeypatch: pytest.MonkeyPatch, config: Path, out: Path, adapt: Sequence[str] = ()
) -> None:
    """A run that is interrupted in the middle of its next step."""
    done = 0

    def step(*given: Any, **further: Any) -> Losses:
        nonlocal done
        if done == steps:
            raise KeyboardInterrupt
        done += 1
        return training_step(*given, **further)

    with monkeypatch.context() as patched:
        patched.setattr(training_steps, "training_step", step)
        with pytest.raises(KeyboardInterrupt):
            train_here(config, out, adapt=adapt)


@pytest.mark.parametrize(
    "steps", [2, 3, 4], ids=["within a phase", "between phases", "in a later phase"]
)
def test_a_run_that_was_stopped_goes_on_exactly(
    config: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    whole = load_file(finished / "glom.safetensors")
    stopped_after(steps, monkeypatch, config, tmp_path / "stopped")
    assert not (tmp_path / "stopped" / "glom.safetensors").exists()
    resumed = load_file(train_here(config, tmp_path / "stopped", resume=True))
    assert whole.keys() == resumed.keys()
    assert [name for name in whole if not torch.equal(whole[name], resumed[name])] == []
    one, other = (
        [
            {name: row[name] for name in ("step", "part", "object", "ground", "pose")}
            for row in log_of(run)
        ]
        for run in (finished, tmp_path / "stopped")
    )
    assert one == other


def test_steps_after_the_last_checkpoint_are_done_again_and_logged_once(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    stopped_after(2, monkeypatch, config, out)
    kept = (out / "checkpoint.pt").read_bytes()
    (out / "checkpoint.pt").unlink()
    stopped_after(4, monkeypatch, config, out)
    (out / "checkpoint.pt").write_bytes(kept)
    train_here(config, out, resume=True)
    assert [row["step"] for row in log_of(out)] == [1, 2, 3, 4, 5]


def test_a_finished_run_is_not_overwritten_unasked(
    config: Path, finished: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(finished, tmp_path / "run")
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(InvalidInput, match="holds a training run") as error:
        train_here(config, out)
    assert "--resume" in error.value.remedy
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    tensors = load_file(out / "glom.safetensors")
    again = load_file(train_here(config, out, resume=True))
    assert all(torch.equal(tensors[name], again[name]) for name in tensors)


def test_another_seed_gives_other_weights(config: Path, tmp_path: Path) -> None:
    config.write_text(ONE_STEP)
    one = load_file(train_here(config, tmp_path / "one"))
    config.write_text(ONE_STEP.replace("seed = 5", "seed = 6"))
    assert not torch.equal(
        one["ground"], load_file(train_here(config, tmp_path / "other"))["ground"]
    )


def test_a_loss_that_is_no_number_ends_the_run_and_spares_the_checkpoint(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    stopped_after(2, monkeypatch, config, out)
    kept = (out / "checkpoint.pt").read_bytes()
    bad = Losses(torch.tensor(float("nan")), *torch.ones(4))
    monkeypatch.setattr(training_steps, "training_step", lambda *given, **further: bad)
    with pytest.raises(FloatingPointError, match="step 3"):
        train_here(config, out, resume=True)
    assert (out / "checkpoint.pt").read_bytes() == kept


def test_chance_is_drawn_anew_at_every_step(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[bytes] = []

    def step(
        glom: Glom,
        optimiser: torch.optim.Optimizer,
        batch: object,
        generator: torch.Generator,
        **further: object,
    ) -> Losses:
        states.append(generator.get_state().numpy().tobytes())
        return Losses(*torch.ones(5))

    monkeypatch.setattr(training_steps, "training_step", step)
    train_here(config, tmp_path / "run")
    assert len(set(states)) == len(states) == 5


def test_worker_processes_give_the_same_weights(config: Path, tmp_path: Path) -> None:
    """As in a real run: clips drawn by another process, here for one phase of one step."""
    config.write_text(ONE_STEP)
    real = load_file(run_train(config, tmp_path / "real"))
    here = load_file(train_here(config, tmp_path / "here"))
    assert all(torch.equal(real[name], here[name]) for name in here)

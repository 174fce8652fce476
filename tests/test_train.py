"""Training: a run leaves weights that load, and a run that was stopped goes on exactly where it
was."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import Cli, is_one_error, json_lines
from renderers_here import train_here
from safetensors.torch import load_file
from training_configs import ONE_STEP, TINY, config, finished

from glom_video.glom import Glom
from glom_video.learn import Losses, training_step
from glom_video.structures import InvalidInput
from glom_video_pipelines import train
from glom_video_pipelines.locked import OutputLock
from glom_video_pipelines.train import TrainConfig, run_train
from glom_video_pipelines.training import steps as training_steps
from glom_video_pipelines.training.steps import WEIGHTS

__all__ = ["config", "finished"]


def test_a_run_leaves_weights_log_and_config(config: Path, finished: Path) -> None:
    loaded = Glom.from_pretrained(str(finished / "glom.safetensors"), for_training=True)
    assert loaded.config == TrainConfig.load(config).model
    assert (finished / "config.toml").read_text() == TINY
    rows = json_lines(finished / "log.jsonl")
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
            for row in json_lines(run / "log.jsonl")
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
    assert [row["step"] for row in json_lines(out / "log.jsonl")] == [1, 2, 3, 4, 5]


def test_a_run_that_is_not_there_is_not_resumed(tmp_path: Path) -> None:
    out = tmp_path / "none"
    with pytest.raises(InvalidInput, match="none holds no training run"):
        train_here(out / "config.toml", out, resume=True)
    assert not out.exists()


def test_a_run_is_not_resumed_as_one_of_another_model(
    config: Path, finished: Path, tmp_path: Path
) -> None:
    """Torch's own words said neither what was wrong nor what could be done."""
    out = shutil.copytree(finished, tmp_path / "run")
    config.write_text(TINY.replace("dim = 16", "dim = 24"))
    with pytest.raises(
        InvalidInput, match=r"checkpoint\.pt does not hold a run of this"
    ) as refused:
        train_here(config, out, resume=True)
    assert "\n" not in refused.value.cause
    assert "another folder" in refused.value.remedy
    (out / "checkpoint.pt").write_bytes(b"half")
    with pytest.raises(InvalidInput, match="does not hold a run of this config"):
        train_here(config, out, resume=True)


def test_a_config_of_the_user_is_not_replaced_by_the_copy_of_another(
    config: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "config.toml").write_text("seed = 1")
    with pytest.raises(InvalidInput, match="is not a copy of"):
        train_here(config, out)
    assert (out / "config.toml").read_text() == "seed = 1"
    assert [path.name for path in out.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("name", ["glom.safetensors", "videos.txt", "log.jsonl"])
def test_no_file_of_the_user_is_replaced(config: Path, tmp_path: Path, name: str) -> None:
    """Only a config was kept: weights and a list of videos were replaced, and a log was emptied."""
    out = tmp_path / "run"
    out.mkdir()
    (out / name).write_text("mine\n")
    with pytest.raises(InvalidInput, match=f"{name} is there already"):
        train_here(config, out)
    assert {path.name: path.read_text() for path in out.iterdir()} == {name: "mine\n"}


def test_a_run_whose_checkpoint_was_removed_keeps_its_weights(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    for name, text in {"config.toml": config.read_text(), "log.jsonl": "", WEIGHTS: ""}.items():
        (out / name).write_text(text)
    with pytest.raises(InvalidInput, match=f"{WEIGHTS} is there already"):
        train_here(config, out)


def test_a_folder_that_another_run_writes_to_is_refused(config: Path, tmp_path: Path) -> None:
    """Until its first checkpoint nothing told it from an empty one, and both wrote one log."""
    out = tmp_path / "run"
    with OutputLock(out), pytest.raises(InvalidInput, match="another run writes to"):
        train_here(config, out)
    assert not out.exists()


@pytest.mark.parametrize("other", [["other.toml"], ["-o", "elsewhere"]])
def test_a_config_or_folder_beside_a_run_to_resume_is_refused(
    glom_video: Cli, tmp_path: Path, other: list[str]
) -> None:
    """They were ignored."""
    ran = glom_video("train", *other, "--resume", tmp_path)
    assert ran.code == 2
    assert is_one_error(ran.err)
    assert "a resumed run has its own" in ran.err
    assert other[0] in ran.err


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

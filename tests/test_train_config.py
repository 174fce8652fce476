"""Configs of training: what they say is read, and those that cannot be used are refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from renderers_here import train_here
from training_configs import TINY, config

from glom_video.glom import Glom, GlomConfig
from glom_video.structures import InvalidInput
from glom_video_pipelines import train
from glom_video_pipelines.train import TrainConfig, rate_at
from glom_video_pipelines.training.clips.phase import Phase

__all__ = ["config"]


def test_a_config_is_read_whole(config: Path) -> None:
    loaded = TrainConfig.load(config)
    assert loaded.model == GlomConfig(dim=16, hidden=32, encoder_widths=(8, 8, 16, 16))
    assert (loaded.steps, loaded.seed, loaded.learning_rate, loaded.photos) == (5, 5, 0.003, ())
    assert loaded.phases[0] == Phase(
        steps=3, height=48, width=48, frames=2, batch=2, fresh=1, pool=2, rendered_frames=4
    )


RUNS = Path(__file__).parents[1] / "docs" / "training"


MEANS = {
    11: "mean",
    13: "mean-11-12",
    14: "mean-12-13",
    16: "mean-12-13-15",
    17: "mean-15-16",
    18: "mean-16-17",
}
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
    shipped = replace(GlomConfig(), trunk=True, trunk_deep=True)
    assert TrainConfig.load(RUNS / "run-17.toml").model == shipped
    assert Glom.from_pretrained().config == shipped


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
        (lambda text: text.replace("seed = 5", 'seed = "5"'), "seed is '5', where a whole number"),
        (lambda text: text.replace("seed = 5", "seed = true"), "seed is True"),
        (
            lambda text: text.replace("seed = 5", "seed = 5\ninitial = 3"),
            "initial is 3, where text",
        ),
        (lambda text: text.replace("steps = 3\n", "steps = 3.5\n"), "steps is 3.5"),
        (lambda text: text.replace("steps = 3\n", "steps = 3\npeople = 4\n"), "people is 4"),
        (lambda text: text.replace("steps = 3\n", "steps = 3\nclose = 1.5\n"), "close is a share"),
        (lambda text: text.replace("steps = 3\n", "steps = 3\nclose = nan\n"), "close is a share"),
        (lambda text: text.replace("steps = 3\n", "steps = 0\n"), "steps of a phase is at least 1"),
        (lambda text: text.replace("height = 48", "height = 0"), "height of a phase is at least"),
        (lambda text: text.replace("seed = 5", "seed = -1"), "seed is at least 0, not -1"),
        (lambda text: text.replace("seed = 5", "threads = 0"), "threads is at least 1, not 0"),
        (lambda text: text.replace("seed = 5", "workers = 0"), "workers is at least 1, not 0"),
        (lambda text: text.replace("seed = 5", "weight_decay = nan"), "weight_decay is at least 0"),
        (lambda text: text.replace("seed = 5", "average_decay = 2.0"), "from 0 to 1, not 2.0"),
        (lambda text: "phase = []\n" + text.split("[[phase]]")[0], "at least one phase"),
        (lambda text: text.replace("[[phase]]", "[phase]", 1).split("[[phase]]")[0], "begins with"),
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


@pytest.mark.parametrize(
    "named",
    [
        'photographed = 0.5\nphotographs = "absent"',
        'surfaced = 0.5\nbodies = "absent"',
        'peopled = 0.5\npeople = "absent"',
    ],
)
def test_data_that_are_not_there_are_missed_before_a_run_begins(
    config: Path, tmp_path: Path, named: str
) -> None:
    """The folder of a run that did nothing was in the way of the next."""
    config.write_text(TINY.replace("steps = 3\n", f"steps = 3\n{named}\n"))
    with pytest.raises(InvalidInput, match="no absent, which the training config names"):
        train_here(config, tmp_path / "out")
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
    assert rate_at(0, replace(loaded, warm_up_steps=0)) == loaded.learning_rate

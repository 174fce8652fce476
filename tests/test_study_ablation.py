"""An ablation: each run is the base with one thing changed, and nothing is done twice."""

import json
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from renderers_here import RenderersHere
from test_training_run import TINY

from glom_video.glom import Glom
from glom_video.structures import InvalidInput
from glom_video_pipelines.study import ablation
from glom_video_pipelines.study.ablation import in_order, run_ablation
from glom_video_pipelines.study.ablation_table import print_ablation, verdict
from glom_video_pipelines.study.budget import variant_config
from glom_video_pipelines.study.shared_clips import KeepingRenderers
from glom_video_pipelines.study.variants import BASE, HEADS, SEEDS, VARIANTS, Variant, chosen
from glom_video_pipelines.training.clips.drawing import render_training_clip
from glom_video_pipelines.training.clips.files import write_clip_file
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.config import TrainConfig


def test_every_run_is_the_base_with_one_thing_changed(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(TINY)
    base = TrainConfig.load(config)
    config.write_text(variant_config(TINY, Variant("heads", HEADS, equal_time=True), 7, 1.5))
    control = TrainConfig.load(config)
    assert (control.seed, control.model.schedule, control.model.dim) == (7, "heads", 16)
    assert (base.phases[0].steps, control.phases[0].steps) == (3, 4)
    assert control.learning_rate == base.learning_rate
    config.write_text(variant_config(TINY, BASE, 7, 1.5))
    assert TrainConfig.load(config).phases == base.phases


def test_what_is_compared_most_closely_is_trained_first() -> None:
    runs = in_order(VARIANTS)
    assert {variant.name for variant, _ in runs[:6]} == {"base", "heads, equal time"}
    assert [seed for variant, seed in runs if variant is BASE] == list(SEEDS)
    seeds = [variant.seeds for variant, _ in runs]
    assert seeds == sorted(seeds, reverse=True)
    assert len(runs) == len({(variant.name, seed) for variant, seed in runs})


def test_with_as_many_seeds_for_all_each_seed_is_done_before_the_next() -> None:
    runs = in_order(chosen(["no carry", "no warp"], 2))
    assert [(variant.name, seed) for variant, seed in runs] == [
        (name, seed) for seed in SEEDS[:2] for name in ("base", "no warp", "no carry")
    ]


def test_clips_are_drawn_once_for_all_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[object, ...]] = []

    def submit(self: ProcessPoolExecutor, work: object, *what: object) -> Future[Any]:
        drawn.append(what)
        return Future()

    monkeypatch.setattr(ProcessPoolExecutor, "submit", submit)
    phase = partial(Phase, height=48, width=48, frames=2, batch=2, fresh=1, pool=2)
    with KeepingRenderers(1) as renderers:
        first = renderers.submit(len, 1, phase(3), ())
        assert renderers.submit(len, 1, phase(5), ()) is first
        assert renderers.submit(len, 2, phase(3), ()) is not first
        path = write_clip_file(render_training_clip(9, phase(3), ()), tmp_path)
        first_run, second_run = (renderers.take(path, None) for _ in range(2))
        assert torch.equal(first_run.images, second_run.images)
    assert len(drawn) == 2


def test_an_ablation_trains_scores_and_does_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ablation, "KeepingRenderers", RenderersHere)
    config, out = tmp_path / "config.toml", tmp_path / "out"
    config.write_text(TINY)
    study = partial(
        run_ablation,
        config,
        out,
        clips=1,
        frames=3,
        as_json=True,
        variants=(Variant("base"), Variant("no gate", {"gate": False})),
    )
    assert study() == 0
    first = json.loads(capsys.readouterr().out)
    assert [(run["variant"], run["seed"]) for run in first["runs"]] == [("base", 0), ("no gate", 0)]
    assert all(run["steps"] == 3 and "AssA part" in run["figures"] for run in first["runs"])
    assert first["ms_per_frame"].keys() == {"base", "no gate"}
    assert not Glom.from_pretrained(str(out / "no-gate-0")).config.gate

    monkeypatch.setattr(ablation, "run_train", None)
    (out / "no-gate-0" / "scores.json").unlink()
    assert study() == 0
    assert json.loads(capsys.readouterr().out)["runs"] == first["runs"]


def test_an_ablation_of_some_variants_keeps_the_base_to_compare_with() -> None:
    assert [variant.name for variant in chosen(["no warp", "heads, equal time"])] == [
        "base",
        "heads, equal time",
        "no warp",
    ]
    assert chosen(None) == VARIANTS
    with pytest.raises(InvalidInput, match="no variant 'warp'"):
        chosen(["warp"])


def test_a_difference_within_the_spread_is_called_hidden() -> None:
    def runs(*values: float) -> list[dict[str, Any]]:
        return [{"figures": {"fg_ari_video object": value, "AssA part": 0.5}} for value in values]

    base = runs(0.40, 0.44, 0.42)
    assert (
        verdict(base, runs(0.30, 0.32, 0.31))
        == "lower: FG-ARI object -0.110; hidden by the spread: AssA part +0.000"
    )
    assert verdict(base, runs(0.47)).startswith("higher: FG-ARI object +0.050")
    assert verdict(base, runs(0.39, 0.55, 0.47)).startswith(
        "hidden by the spread: FG-ARI object +0.050"
    )
    assert verdict(base, [{"figures": {}}]) == "nothing to compare"


def runs_of(variant: str, *scores: float) -> list[dict[str, Any]]:
    """Runs with these object FG-ARI, one a seed."""
    return [
        {
            "variant": variant,
            "steps": 40,
            "seconds": 12.0,
            "failure": "",
            "figures": {"fg_ari_video object": score},
        }
        for score in scores
    ]


def test_the_table_has_means_with_their_spread_and_says_what_it_hides(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = {**runs_of("synchronous", 0.0)[0], "failure": "islands have collapsed"}
    runs = [*runs_of("base", 0.5, 0.6), *runs_of("no carry", 0.52), *runs_of("wide", 0.9), failed]
    names = ["base", "no carry", "wide", "synchronous"]
    origin = dict.fromkeys(("command", "date", "machine", "device", "products"), "known")
    result = {
        **origin,
        "clips": "2 clips",
        "runs": runs,
        "ms_per_frame": dict.fromkeys(names, 7.0),
    }
    print_ablation(result, names)
    printed = capsys.readouterr().out
    assert "0.550 (0.100)" in printed
    assert "no carry: hidden by the spread: FG-ARI object -0.030" in printed
    assert "wide: higher: FG-ARI object +0.350" in printed
    assert "islands have collapsed" in printed

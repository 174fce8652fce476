"""``glom-video study ablation``: what each switch is worth in training, beside the control that a
GLOM has to beat.

Every variant is trained with one small budget and scored on the same held-out clips. Finished runs
are not repeated.
"""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import torch

from glom_video.motion import MotionSettings
from glom_video_pipelines.model import load_glom
from glom_video_pipelines.study.ablation_table import print_ablation
from glom_video_pipelines.study.budget import times_as_many_steps, variant_config
from glom_video_pipelines.study.held_out_clips import StudyClip, render_held_out
from glom_video_pipelines.study.options import STUDY_SETTINGS
from glom_video_pipelines.study.report import origin, print_result
from glom_video_pipelines.study.scoring import by_level, score_clips
from glom_video_pipelines.study.shared_clips import KeepingRenderers
from glom_video_pipelines.study.speed import frame_times
from glom_video_pipelines.study.variants import SEEDS, VARIANTS, Variant
from glom_video_pipelines.train import TrainConfig, TrainingFailed, run_train
from glom_video_pipelines.training.config import config_text
from glom_video_pipelines.training.precision import chosen_device

METRICS, LEVELS = ("fg_ari_video", "AssA"), ("object", "part")
"""What every run is scored by."""


@dataclass(frozen=True, slots=True)
class Trained:
    """One run and what it scored."""

    variant: str
    seed: int
    steps: int
    seconds: float
    """Of training, without waiting for clips."""
    figures: dict[str, float]
    """Means over the clips that define them, by metric and level: ``"AssA part"``."""
    failure: str | None = None
    """Why the run came to nothing."""


def run_ablation(
    config_path: Path,
    out: Path,
    *,
    clips: int = 8,
    frames: int = 16,
    device: str = "auto",
    as_json: bool = False,
    only_table: bool = False,
    variants: Sequence[Variant] = VARIANTS,
) -> int:
    """Train and score what is missing in the folder ``out``, print the table and return 0.

    Args:
        clips: held-out clips of each family that every run is scored on, of so many ``frames``.
        only_table: of the runs that are there.

    Raises:
        InvalidInput: the config or its folders of photographs cannot be read.
        KeyboardInterrupt: SIGINT or SIGTERM; the same command goes on.
    """
    ablation = _Ablation(config_path, TrainConfig.load(config_path), out, device, clips, frames)
    runs = in_order(variants)
    if not only_table:
        ablation.complete(runs)
    trained = [
        Trained(**json.loads(path.read_text()))
        for run in runs
        if (path := ablation.folder(*run) / "scores.json").exists()
    ]
    glom = load_glom(None, device)
    result = origin(glom) | {
        "clips": f"{clips} of each held-out family, {frames} frames",
        "ms_per_frame": frame_times(
            {variant.name: variant.changes for variant in variants},
            ablation.config.model,
            glom.ground.device,
        ),
        "runs": [asdict(run) for run in trained],
    }
    names = [variant.name for variant in variants]
    print_result(result, partial(print_ablation, names=names), as_json=as_json)
    return 0


@dataclass(slots=True)
class _Ablation:
    config_path: Path
    config: TrainConfig
    out: Path
    device: str
    clips: int
    frames: int
    _held_out: list[StudyClip] = field(default_factory=list)

    def folder(self, variant: Variant, seed: int) -> Path:
        return self.out / f"{re.sub(r'[^a-z0-9]+', '-', variant.name)}-{seed}"

    def complete(self, runs: Sequence[tuple[Variant, int]]) -> None:
        """Runs of one seed that follow each other share their clips."""
        self.out.mkdir(parents=True, exist_ok=True)
        torch.set_num_threads(self.config.threads)
        times_steps = self._times_steps()
        missing = [run for run in runs if not (self.folder(*run) / "scores.json").exists()]
        for _, of_seed in groupby(missing, itemgetter(1)):
            with KeepingRenderers(self.config.workers) as rendering:
                for variant, seed in of_seed:
                    self._complete_one(variant, seed, times_steps, rendering)

    def _times_steps(self) -> float:
        """Measured once for the whole study: a second measurement would give the control another
        budget."""
        kept = self.out / "pace.json"
        if not kept.exists():
            times = times_as_many_steps(self.config, chosen_device(self.device))
            kept.write_text(json.dumps({"times_steps": round(times, 3)}))
        return float(json.loads(kept.read_text())["times_steps"])

    def _complete_one(
        self, variant: Variant, seed: int, times_steps: float, rendering: KeepingRenderers
    ) -> None:
        """Train one run to its end, unless it has been, and write what it scored."""
        run = self.folder(variant, seed)
        run.mkdir(exist_ok=True)
        config = variant_config(config_text(self.config_path), variant, seed, times_steps)
        (run / "base.toml").write_text(config, encoding="utf-8")
        failure, figures = None, {}
        try:
            figures = self._scored(self._weights(run, rendering), variant.name)
        except TrainingFailed as error:
            failure = error.cause
        steps, seconds = _trained_for(run / "log.jsonl")
        trained = Trained(variant.name, seed, steps, seconds, figures, failure)
        (run / "scores.json").write_text(json.dumps(asdict(trained)) + "\n")
        # Ten times the weights, and nothing goes on from here.
        (run / "checkpoint.pt").unlink(missing_ok=True)
        print(f"{variant.name}, seed {seed}: {failure or figures}", file=sys.stderr)

    def _weights(self, run: Path, rendering: KeepingRenderers) -> Path:
        """Of a run folder with a config, trained if it has none. Raises TrainingFailed."""
        weights = run / "glom.safetensors"
        if not weights.exists():
            run_train(
                run / "base.toml",
                run,
                resume=(run / "checkpoint.pt").exists(),
                device=self.device,
                rendering=rendering,
            )
        return weights

    def _scored(self, weights: Path, method: str) -> dict[str, float]:
        phase = self.config.phases[-1]
        if not self._held_out:
            shape = {"frames": self.frames, "height": phase.height, "width": phase.width}
            self._held_out = render_held_out(
                self.clips, **shape, photos=self.config.photos, stops=phase.stops
            )
        trained_at = MotionSettings(working_pixels=phase.height * phase.width)
        settings = replace(STUDY_SETTINGS, motion=trained_at)
        glom = load_glom(str(weights), self.device)
        scores = score_clips(glom, method, self._held_out, settings)
        means = by_level(scores, METRICS)
        return {
            f"{name} {level}": round(means[level][name], 4)
            for name in METRICS
            for level in LEVELS
            if name in means[level]
        }


def _trained_for(log: Path) -> tuple[int, float]:
    """Steps of a run, and its seconds without those that it waited for clips."""
    steps = [json.loads(line) for line in log.read_text().splitlines()]
    seconds = steps[-1]["seconds"] - sum(step["waited"] for step in steps)
    return len(steps), round(seconds, 1)


def in_order(variants: Sequence[Variant]) -> list[tuple[Variant, int]]:
    """The base and its control with all seeds; then the variants with several seeds, seed by seed;
    then the others. So what matters most is there first, should the study be stopped. If all have
    as many seeds, seed by seed."""
    runs = [
        (variant, seed)
        for place, seed in enumerate(SEEDS)
        for variant in variants
        if variant.seeds > place
    ]
    if len({variant.seeds for variant in variants}) == 1:
        return runs
    return sorted(runs, key=lambda run: (run[0] not in variants[:2], run[0].seeds == 1))

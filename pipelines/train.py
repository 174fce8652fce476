"""``glom-video train``: config in, run folder with checkpoints, logs and weights out. Runs resume
exactly."""

import json
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch

from glom_video.formats.partial import writing
from glom_video.learn import CollapseMonitor
from glom_video.structures import InvalidInput, write_whole
from glom_video_pipelines.allocator import keep_freed_memory
from glom_video_pipelines.interruption import interruption
from glom_video_pipelines.locked import OutputLock
from glom_video_pipelines.training.checkpoint import TrainingRun
from glom_video_pipelines.training.clips.renderers import Renderers, renderers
from glom_video_pipelines.training.config import TrainConfig, config_text, rate_at
from glom_video_pipelines.training.display import display
from glom_video_pipelines.training.footage import Video, find_videos
from glom_video_pipelines.training.journal import (
    LOG,
    NO_BOARD,
    VALIDATION_LOG,
    Journal,
    journal,
)
from glom_video_pipelines.training.precision import chosen_precision
from glom_video_pipelines.training.process_group import ProcessGroup, process_group
from glom_video_pipelines.training.stages import stages
from glom_video_pipelines.training.steps import WEIGHTS, Training, TrainingFailed
from glom_video_pipelines.training.validation import Validation

__all__ = ["TrainConfig", "TrainingFailed", "TrainingRun", "rate_at", "run_train", "stages"]

CONFIG = "config.toml"
"""In the run folder: a copy of the config."""
VIDEO_LIST = "videos.txt"
"""In the run folder: the clips that the run adapts to, one path a line as JSON writes it, since a
name may hold line breaks or bytes that are no text. Earlier versions wrote the bare path."""
SWITCH_SECONDS = 1e-4
"""Threads that take in and put together clips hand Python's lock back to the one that computes
within this time; else within fifty times that."""


def run_train(
    config_path: Path,
    out: Path,
    *,
    resume: bool = False,
    device: str = "auto",
    adapt: Sequence[str] = (),
    rendering: Renderers | None = None,
) -> Path:
    """Train to the end of the config; returns the weights file. Under torchrun each process calls
    it, and the first one writes.

    Args:
        adapt: clips to learn from without labels, beside the rendered ones; a resumed run remembers
            them.
        rendering: processes that draw the clips and go on after this run; of its own without.

    Raises:
        InvalidInput: ``out`` holds a run already and ``resume`` is False, or none and it is True,
            another process writes a run there, the config cannot be read, or the device or data
            that it names are not there.
        TrainingFailed: a loss that is not finite, or islands that have collapsed. The checkpoint
            stays as it was.
        KeyboardInterrupt: SIGINT or SIGTERM; the checkpoint is that of the last whole step.
    """
    if resume and not config_path.exists():
        raise InvalidInput(
            f"{out} holds no training run", "Name the folder that a run has written."
        )
    config = TrainConfig.load(config_path)
    if (out / "checkpoint.pt").exists() and not resume:
        raise InvalidInput(
            f"{out} holds a training run already",
            "Continue it with --resume, or give another folder.",
        )
    if not resume:
        _refuse_replacing(config_path, out)
    _check_data(config)
    torch.set_num_threads(config.threads)
    sys.setswitchinterval(SWITCH_SECONDS)
    keep_freed_memory()
    with process_group(device) as group, interruption() as stop, _alone(out, group):
        group.check(config.phases)
        run, reason = _begun(config, out / "checkpoint.pt", group)
        videos = _videos(config, adapt, out / VIDEO_LIST if resume else None)
        if group.is_first:
            write_inputs(out, config_path, videos)
        shown = display(config.steps, len(config.phases), is_first=group.is_first)
        written: AbstractContextManager[Journal | None] = (
            journal(out, run.step) if group.is_first else nullcontext()
        )
        drawing = renderers(config.workers) if rendering is None else nullcontext(rendering)
        with drawing as executor, written as log, shown:
            shown.say(
                f"training on {group.device}, {group.size} process{'es' * (group.size > 1)}, "
                f"{run.precision} ({reason}), from step {run.step}"
            )
            if log is not None and log.board is None:
                shown.say(NO_BOARD)
            monitor = CollapseMonitor(config.collapse_patience)
            validation = Validation(config, executor, run.seconds)
            return Training(
                config, out, run, group, stop, executor, log, shown, validation, monitor, videos
            ).run_to_end()


def _alone(out: Path, group: ProcessGroup) -> AbstractContextManager[object]:
    """The right to write to the run folder, of the process that does."""
    return OutputLock(out) if group.is_first else nullcontext()


def _refuse_replacing(config_path: Path, out: Path) -> None:
    """Raises InvalidInput where weights would be replaced, or a file that no run has written."""
    copy = out / CONFIG
    # Such a run has ended before its first checkpoint.
    is_begun = copy.exists() and (out / LOG).exists()
    if not is_begun and copy.exists() and copy.read_bytes() != config_path.read_bytes():
        raise InvalidInput(
            f"{copy} is there already, and is not a copy of {config_path}",
            "Give another folder, or train with that config.",
        )
    for name in (WEIGHTS,) if is_begun else (WEIGHTS, LOG, VALIDATION_LOG, VIDEO_LIST):
        if (out / name).exists():
            raise InvalidInput(
                f"{out / name} is there already, and would be replaced",
                "Give another folder with -o.",
            )


def _check_data(config: TrainConfig) -> None:
    """Raises InvalidInput for data that are not there, before anything is written."""
    wanted = [*map(str, config.photos), *(path for phase in config.phases for path in phase.data)]
    for path in wanted:
        if not Path(path).exists():
            raise InvalidInput(
                f"there is no {path}, which the training config names",
                "Change it there; relative paths count from the folder that the command runs in.",
            )


def write_inputs(out: Path, config_path: Path, videos: Sequence[Video]) -> None:
    """Into the run folder: what the run is resumed with, each file whole or as it was. Raises
    InvalidInput if the disk does not take them."""
    files = {CONFIG: config_text(config_path)}
    if videos:
        lines = [json.dumps(str(video.path.resolve())) for video in videos]
        files[VIDEO_LIST] = "".join(f"{line}\n" for line in lines)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            write_whole(out / name, text.encode())
    if not videos and (out / LOG).exists():  # of a run here that left no checkpoint
        (out / VIDEO_LIST).unlink(missing_ok=True)


def remembered(path: Path) -> list[str]:
    """The clips of a list that a run has written. Raises InvalidInput if it holds something
    else."""
    lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    try:
        return [json.loads(line) if line.startswith('"') else line for line in lines]
    except ValueError as error:
        cause = f"{path} is no list of clips: {error}"
        raise InvalidInput(
            cause, "Write one path a line, or name the clips with --adapt."
        ) from error


def _videos(config: TrainConfig, adapt: Sequence[str], listed: Path | None) -> tuple[Video, ...]:
    """What is learnt from without labels: what was named now, or, as a run that is resumed has
    ``listed`` it, when the run began."""
    frames = max(phase.frames for phase in config.phases)
    if adapt or listed is None or not listed.exists():
        return find_videos(adapt, frames) if adapt else ()
    named_before = remembered(listed)
    try:
        return find_videos(named_before, frames)
    except InvalidInput as error:
        remedy = "Put it back, or name the clips of this run with --adapt beside --resume."
        raise InvalidInput(f"{error.cause}, which {listed} names", remedy) from error


def _begun(config: TrainConfig, checkpoint: Path, group: ProcessGroup) -> tuple[TrainingRun, str]:
    """The run, new or from its checkpoint, and the reason for its precision. No process goes on
    before all have read the checkpoint."""
    run = TrainingRun.begin(config, group.device)
    reason = "as the run began"
    if checkpoint.exists():
        run.restore(checkpoint)
    if run.precision is None:
        run.precision, reason = chosen_precision(config.precision, group.device)
    run.precision = group.broadcast(run.precision, ("fp32", "bf16"))
    return run, reason

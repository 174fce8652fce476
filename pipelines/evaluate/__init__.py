"""``glom-video evaluate``: how stable the islands of clips are and, where there is truth, how right; beside controls and peers if asked."""

import json
import shlex
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from glom_video.evaluate import ClipScore, annotation_levels
from glom_video.structures import InvalidInput
from pipelines.evaluate.clips import Clip, find_clips, find_truth
from pipelines.evaluate.report import print_tables, report
from pipelines.evaluate.score import Perceive, score_clip

__all__ = ["Clip", "find_clips", "find_truth", "model_perceive", "run_evaluate", "score_clip"]


def run_evaluate(
    paths: Sequence[str | Path],
    *,
    truth: Path | None = None,
    controls: bool = False,
    peers: bool = False,
    out: Path | None = None,
    as_json: bool = False,
    weights: str | None = None,
    device: str = "auto",
    iters: int | None = None,
    first_frames: int | None = None,
    perceive: Perceive | None = None,
) -> int:
    """Score all clips of these paths, print tables (or one JSON object) and return the exit code: 0, or 1 if a clip could not be scored.

    Args:
        paths: DAVIS trees of pictures, videos and image folders are run through the model; DAVIS trees of masks are predictions as they stand.
        truth: root of a DAVIS tree of true masks; without it only self-consistency is measured.
        out: folder for ``metrics.json``.
        first_frames: score only so many frames of each clip.
        perceive: stands in for the model that ``weights``, ``device`` and ``iters`` describe.

    Raises:
        InvalidInput: what concerns all clips: paths that lead to nothing, truth with unknown levels, weights that are not there.
    """
    command = shlex.join(["glom-video", *sys.argv[1:]])
    clips = find_clips(paths, truth)
    if truth is not None:
        annotation_levels(truth)
    if perceive is None and any(not clip.masks for clip in clips):
        perceive = model_perceive(weights, device, iters)
    scores, failed = _score_all(clips, truth, perceive, controls, peers, first_frames)
    result = report(scores, failed, command)
    if out is not None:
        _write(out, json.dumps(result, indent=1) + "\n")
    if as_json:
        print(json.dumps(result))
    elif scores:
        print_tables(scores, command)
    return int(bool(failed))


def model_perceive(weights: str | None, device: str, iters: int | None) -> Perceive:
    """The model as a function of one clip's frames. Raises InvalidInput for weights or a device that are not there."""
    from glom_video.perceive import perceive  # torch is slow to import and predictions on disk do not need it
    from pipelines.model import load_glom

    return partial(perceive, glom=load_glom(weights, device), iters=iters)


def _score_all(
    clips: Sequence[Clip], truth: Path | None, perceive: Perceive | None, controls: bool, peers: bool, first_frames: int | None
) -> tuple[list[ClipScore], dict[str, InvalidInput]]:
    """Scores of all clips, and the error of each that could not be scored; progress and errors go to stderr as they come."""
    scores: dict[tuple[str, str, str], ClipScore] = {}
    failed: dict[str, InvalidInput] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    shown = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    with Progress(*columns, console=shown, disable=not shown.is_terminal, redirect_stdout=False, transient=True) as progress:
        task = progress.add_task("")
        for number, clip in enumerate(clips, 1):
            started = time.perf_counter()
            try:
                progress.reset(task, description=clip.name, total=len(clip.frame_names() or []) or None)
                known = find_truth(truth, clip.name) if truth is not None else None
                fresh = score_clip(
                    clip, known, perceive, controls=controls, peers=peers, first_frames=first_frames, on_frame=partial(progress.advance, task)
                )
            except InvalidInput as error:
                failed[clip.name] = error
                shown.print(f"error: {error.cause}\nfix: {error.remedy}")
                continue
            for score in fresh:  # controls and peers are the same for every method: the first to bring them counts
                scores.setdefault((score.method, score.level, score.clip), score)
            shown.print(f"[{number}/{len(clips)}] {clip.method}, {clip.name}: {fresh[0].frames} frames in {time.perf_counter() - started:.1f} s")
    return list(scores.values()), failed


def _write(folder: Path, text: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "metrics.json").write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be written: {error.strerror}", "Choose another report folder with -o.") from error

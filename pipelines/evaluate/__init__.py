"""``glom-video evaluate``: how stable the islands of clips are and, with truth, how accurate; on
request beside controls and other methods."""

import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from glom_video.evaluate import ClipScore, ClipScorer
from glom_video.formats import annotation_levels
from glom_video.read import TruncatedSource
from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate.results import count
from glom_video_pipelines.error_lines import error_lines, print_error
from glom_video_pipelines.evaluate.clip_report import ClipReport
from glom_video_pipelines.evaluate.compare import run_compare
from glom_video_pipelines.evaluate.from_table import score_table
from glom_video_pipelines.evaluate.headline import Headline, headline
from glom_video_pipelines.evaluate.inputs import Clip, find_clips
from glom_video_pipelines.evaluate.methods import Methods
from glom_video_pipelines.evaluate.options import EvaluateOptions
from glom_video_pipelines.evaluate.peers import load_methods
from glom_video_pipelines.evaluate.score import Observed, score_clip
from glom_video_pipelines.evaluate.summaries import Summaries, report, summaries
from glom_video_pipelines.evaluate.tables import print_tables
from glom_video_pipelines.evaluate.truth import find_truth
from glom_video_pipelines.evaluate.write import check_folder, write_report
from glom_video_pipelines.interruption import EXIT_CODE
from glom_video_pipelines.new_folder import remove_empty

__all__ = [
    "Clip",
    "EvaluateOptions",
    "Evaluation",
    "Methods",
    "evaluate_clips",
    "find_clips",
    "find_truth",
    "run_compare",
    "run_evaluate",
    "score_clip",
]

PICTURES = 480
"""Frames that a report keeps for display, over all its clips; ten take some hundred kilobytes."""
LEAST_PICTURES, MOST_PICTURES = 12, 160
"""Of one clip."""
UNREACHED = InvalidInput("the evaluation was interrupted before", "Run the same command again.")
"""Of clips that are left when it is interrupted."""
NOT_RUN = (
    "results on disk are scored as they stand: --weights and settings of the model change nothing"
)


def run_evaluate(options: EvaluateOptions, methods: Methods | None = None) -> int:
    """Score all clips, print tables or one JSON object, and return the exit code: 0, 1 if a clip
    could not be scored to its end or the report could not be written, or 130 if interrupted.

    Args:
        methods: replaces the methods that the options describe.

    Raises:
        InvalidInput: something concerns all clips: paths that do not exist, truth with unknown
            levels, missing weights.
    """
    command = shlex.join(["glom-video", *sys.argv[1:]])
    scored = evaluate_clips(options, command, methods)
    if options.as_json:
        print(json.dumps(scored.report))
    elif scored.scores:
        print_tables(scored.scores, scored.summaries, command, scored.headline)
    for path in scored.written:
        print(path, file=sys.stderr)
    if scored.unwritten is not None:
        print_error(scored.unwritten.cause, scored.unwritten.remedy)
    if scored.was_interrupted:
        return EXIT_CODE
    return int(bool(scored.report["failed"]) or scored.unwritten is not None)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was found of some clips."""

    report: dict[str, Any]
    """As JSON values; under ``failed`` the clips that could not be scored to their end."""
    scores: Sequence[ClipScore]
    summaries: Summaries
    headline: Headline | None
    written: Sequence[Path]
    """The files of ``options.out``."""
    unwritten: InvalidInput | None = None
    """Why they could not be written. It is not raised, so that the scores are not lost."""
    was_interrupted: bool = False
    """Then there are scores of some clips only, and ``options.out`` is not written."""


def evaluate_clips(
    options: EvaluateOptions, command: str, methods: Methods | None = None
) -> Evaluation:
    """Score all clips and write ``options.out``; progress goes to stderr. ``command``: what the
    report says that it was made by. Raises InvalidInput as ``run_evaluate`` does."""
    clips = find_clips(options.paths, options.truth, options.pictures)
    if options.truth is not None:
        annotation_levels(options.truth)
    with ExitStack() as opened:
        if options.out is not None:
            opened.callback(remove_empty, check_folder(options.out))
        if methods is None:
            is_run = any(not clip.is_prediction for clip in clips)
            if not is_run and options.concerns_model_alone:
                print(NOT_RUN, file=sys.stderr)
            methods = load_methods(options, model=is_run)
        outcome = _score_all(clips, options, methods)
        scores = list(outcome.scores.values())
        summed = summaries(scores)
        result = report(scores, summed, outcome.failed, command)
        first = headline(scores, summed, outcome.clip_reports)
        written: list[Path] = []
        unwritten = None
        # A report of nothing would replace an earlier one.
        if options.out is not None and scores and not outcome.was_interrupted:
            reports = outcome.clip_reports
            try:
                written = write_report(options.out, result, scores, summed, reports, first)
            except InvalidInput as error:
                unwritten = error
    return Evaluation(result, scores, summed, first, written, unwritten, outcome.was_interrupted)


@dataclass(slots=True)
class _Outcome:
    scores: dict[tuple[str, str, str], ClipScore] = field(default_factory=dict)
    """By method, level and clip."""
    clip_reports: list[dict[str, Any]] = field(default_factory=list)
    failed: dict[tuple[str, str], InvalidInput] = field(default_factory=dict)
    """By method and clip."""
    was_interrupted: bool = False
    """By Ctrl-C, when some clips were scored already."""

    def add(self, clip: Clip, scores: Sequence[ClipScore], record: "_ClipRecord") -> None:
        """The scores of one clip, and what was collected beside them."""
        if record.broken is not None:
            self.failed[clip.method, clip.name] = record.broken
        for score in scores:  # controls and peers are the same for every method: the first counts
            self.scores.setdefault((score.method, score.level, score.clip), score)
        if record.report is not None and record.scorer is not None:
            own = {score.level: score.figures for score in scores if score.method == clip.method}
            self.clip_reports.append(record.report.result(record.scorer, own))


def _score_all(clips: Sequence[Clip], options: EvaluateOptions, methods: Methods) -> _Outcome:
    """Scores of all clips, and the error of each that could not be scored; progress and errors go
    to stderr as they come."""
    outcome = _Outcome()
    kept = min(MOST_PICTURES, max(LEAST_PICTURES, PICTURES // len(clips)))
    with _progress() as progress:
        for number, clip in enumerate(clips, 1):
            task = progress.add_task(clip.name, total=None)
            report = ClipReport(clip.method, clip.name, kept) if options.out is not None else None
            record = _ClipRecord(report, partial(progress.advance, task))
            try:
                progress.update(task, total=len(clip.frame_names() or []) or None)
                scores = _score(clip, options, methods, record)
            except InvalidInput as error:
                outcome.failed[clip.method, clip.name] = error
                progress.console.print(error_lines(error.cause, error.remedy))
            except KeyboardInterrupt:
                if not outcome.scores:
                    raise
                outcome.was_interrupted = True
                left = clips[number - 1 :]
                outcome.failed |= {(each.method, each.name): UNREACHED for each in left}
                progress.console.print(
                    f"interrupted: {number - 1} of {len(clips)} clips are scored"
                )
                break
            else:
                outcome.add(clip, scores, record)
                for line in _lines_of_scored(clip, record, methods, f"{number}/{len(clips)}"):
                    progress.console.print(line)
            progress.remove_task(task)
    return outcome


def _lines_of_scored(
    clip: Clip, record: "_ClipRecord", methods: Methods, place: str
) -> Iterator[str]:
    """What is said of a clip that was scored, ``place`` of all: where it broke off, what it took,
    and what was left out."""
    if (broken := record.broken) is not None:
        yield error_lines(f"{broken.cause}; it is scored up to there", broken.remedy)
    yield f"[{place}] {clip.method}, {clip.name}: {record.summary_line()}"
    has_others = methods.peers or methods.beside or methods.controls
    if has_others and clip.table is not None:
        yield (
            f"{clip.name} is a table without masks, beside which nothing else is scored: annotate "
            "with --format davis or ytvis for controls, peers and other weights"
        )
    elif has_others and clip.pictures is None:
        yield (
            f"{clip.name} has no pictures, which peers and the stability of controls need: name "
            "them with --pictures"
        )


def _progress() -> Progress:
    """A bar on stderr of the clip at hand, where that is a terminal; its console takes lines."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        disable=not console.is_terminal,
        redirect_stdout=False,
        transient=True,
    )


def _score(
    clip: Clip, options: EvaluateOptions, methods: Methods, record: "_ClipRecord"
) -> list[ClipScore]:
    if clip.table is not None:
        if options.truth is not None:
            raise InvalidInput(
                f"{clip.table} holds no masks that could be held against the truth",
                "Annotate with --format davis or ytvis.",
            )
        return score_table(clip.method, clip.name, clip.table, options.first_frames)
    known = find_truth(options.truth, clip.name) if options.truth is not None else None
    return score_clip(
        clip,
        known,
        methods,
        first_frames=options.first_frames,
        on_frame=record,
        on_break=record.note_break,
    )


class _ClipRecord:
    """Collects of one clip as it is scored: what it took, and its report if there is to be a
    report."""

    def __init__(self, report: ClipReport | None, advance: Callable[[], None]) -> None:
        self.report = report
        self.scorer: ClipScorer | None = None
        self.broken: TruncatedSource | None = None
        self._advance, self._started = advance, time.perf_counter()
        self._frames, self._metric_seconds = 0, 0.0

    def __call__(self, observed: Observed, scorer: ClipScorer) -> None:
        self.scorer = scorer
        self._frames += 1
        self._metric_seconds += observed.metric_seconds
        if self.report is not None:
            self.report.add(observed)
        self._advance()

    def note_break(self, error: TruncatedSource) -> None:
        self.broken = error

    def summary_line(self) -> str:
        seconds = time.perf_counter() - self._started
        if not self._frames:
            return f"read from its table in {seconds:.1f} s"
        rate, frames = self._frames / max(self._metric_seconds, 1e-9), count(self._frames, "frame")
        return f"{frames} in {seconds:.1f} s, metrics alone {rate:.0f} frames/s"

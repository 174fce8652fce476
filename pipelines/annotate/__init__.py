"""``glom-video annotate``: sources in, annotated videos and masks out; a bad one never disturbs the others."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines.annotate.crew import PATIENCE_SECONDS, Crew
from pipelines.annotate.dry_run import show_plan
from pipelines.annotate.jobs import Job, check_libraries, plan
from pipelines.annotate.manifest import Manifest
from pipelines.annotate.options import AnnotateOptions, scaled_size
from pipelines.annotate.outcome import manifest_line
from pipelines.annotate.progress import BatchDisplay, display, sentence, show_results
from pipelines.annotate.tally import Tally
from pipelines.annotate.worker import Annotating, ProcessWorker, WorkerHandle
from pipelines.interruption import EXIT_CODE, interruption

__all__ = ["AnnotateOptions", "run_annotate"]


def run_annotate(
    sources: Sequence[str],
    out: Path,
    options: AnnotateOptions,
    *,
    overwrite: bool = False,
    dry_run: bool = False,
    as_json: bool = False,
    debug: bool = False,
) -> int:
    """Annotate all sources and return the exit code: 0, 1 if a source failed, 130 if interrupted.

    Raises InvalidInput for what concerns all sources: settings, weights, outputs that exist already.
    """
    scaled_size(options.size, 2, 2)
    check_libraries(options.formats)
    jobs = plan(sources, out, options, overwrite)
    if dry_run:
        return show_plan(jobs, as_json)
    started, lines = time.perf_counter(), {}
    make_worker = lambda: ProcessWorker(Annotating(options, debug=debug))  # noqa: E731
    with interruption() as stop, Manifest(out) as manifest, display(len(jobs)) as shown:
        for line in _lines(jobs, make_worker, 1, stop, shown, debug):
            lines[line["name"]] = line
            manifest.add(line)
            shown.finish(line["name"], sentence(line))
    in_order = [lines[job.name] for job in jobs if job.name in lines]
    exit_code = EXIT_CODE if stop.is_set() else int(any(line["status"] in ("failed", "partial") for line in in_order))
    show_results(in_order, time.perf_counter() - started, exit_code, as_json)
    return exit_code


def _lines(
    jobs: Sequence[Job], make_worker: Callable[[], WorkerHandle], workers: int, stop: threading.Event, shown: BatchDisplay, debug: bool
) -> Iterator[dict[str, Any]]:
    """What became of each job: first of those that need no worker."""
    for job in jobs:
        if job.done_before is not None:
            yield {**job.done_before, "status": "skipped", "reason": "done before with the same settings"}
        elif job.error is not None:
            yield manifest_line(job, "failed", job.error.cause, job.error.remedy, (), Tally().results())
    pending = [job for job in jobs if job.done_before is None and job.error is None]
    with Crew(make_worker, workers, shown, patience_seconds=PATIENCE_SECONDS, debug=debug) as crew:
        yield from crew.lines(pending, stop)

"""``glom-video annotate``: sources in, annotated videos and masks out; a bad source never disturbs
the others."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from glom_video.read import check_part
from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate.data_set import write_data_set
from glom_video_pipelines.annotate.dry_run import check_model, show_plan
from glom_video_pipelines.annotate.foreign import refuse_foreign
from glom_video_pipelines.annotate.frame_size import check_size
from glom_video_pipelines.annotate.index_page import write_index
from glom_video_pipelines.annotate.jobs import Job, check_libraries, plan
from glom_video_pipelines.annotate.manifest import Manifest, check_folder
from glom_video_pipelines.annotate.options import AnnotateOptions, RunOptions
from glom_video_pipelines.annotate.outcome import begun_line, manifest_line
from glom_video_pipelines.annotate.progress import display
from glom_video_pipelines.annotate.ray_workers import RayWorker, cluster, resources_per_worker
from glom_video_pipelines.annotate.results import print_json, print_results, result_line
from glom_video_pipelines.annotate.tally import Tally
from glom_video_pipelines.annotate.worker import MakeAnnotateWork, ProcessWorker, WorkerHandle
from glom_video_pipelines.annotate.worker_pool import HANG_SECONDS, WorkerPool
from glom_video_pipelines.error_lines import print_error
from glom_video_pipelines.interruption import EXIT_CODE, interruption

__all__ = ["AnnotateOptions", "Batch", "RunOptions", "annotate_batch", "run_annotate"]

DEFAULT_RUN = RunOptions()
"""One worker on this machine, which replaces nothing."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Results of a batch."""

    lines: Sequence[dict[str, Any]]
    """Lines of the manifest, in the order of the sources that were reached."""
    seconds: float
    was_interrupted: bool
    unwritten: InvalidInput | None = None
    """Why the json of all clips could not be written."""

    @property
    def exit_code(self) -> int:
        """0, 1 if a source or the json of all clips failed, 130 if interrupted."""
        if self.was_interrupted:
            return EXIT_CODE
        failed = any(line["status"] in ("failed", "partial") for line in self.lines)
        return int(failed or self.unwritten is not None)


def run_annotate(
    sources: Sequence[str],
    out: Path,
    options: AnnotateOptions,
    run: RunOptions = DEFAULT_RUN,
    *,
    dry_run: bool = False,
    as_json: bool = False,
) -> int:
    """Annotate all sources, print the results and return the exit code.

    Raises:
        InvalidInput: as ``annotate_batch``, and in a dry run for weights or a device that are not
            there.
    """
    if dry_run:
        check_folder(out)
        jobs = planned(sources, out, options, run.overwrite)
        if any(job.is_pending for job in jobs):
            check_model(options.weights, options.device)
        return show_plan(jobs, as_json)
    batch = annotate_batch(sources, out, options, run)
    if as_json:
        print_json(batch.lines, batch.seconds, batch.exit_code)
    else:
        print_results(batch.lines, batch.seconds)
    if batch.unwritten is not None:
        print_error(batch.unwritten.cause, batch.unwritten.remedy)
    return batch.exit_code


def planned(
    sources: Sequence[str], out: Path, options: AnnotateOptions, overwrite: bool
) -> list[Job]:
    """As ``plan``, with checks that concern all sources."""
    check_size(options.size)
    check_part(options.start_seconds, options.end_seconds, options.stride)
    if options.size is not None and ("alpha" in options.formats or options.with_frames):
        which = "--with-frames" if options.with_frames else "--format alpha"
        cause = f"{which} takes the source's pictures, which --size scales down"
        raise InvalidInput(cause, f"Leave --size out, or give {which} in a run of its own.")
    check_libraries(options.formats)
    if not overwrite:
        refuse_foreign(out, options.formats if options.with_frames else ())
    return plan(sources, out, options, overwrite)


def annotate_batch(
    sources: Sequence[str],
    out: Path,
    options: AnnotateOptions,
    run: RunOptions = DEFAULT_RUN,
) -> Batch:
    """Annotate all sources; progress goes to stderr. One worker is a process on this machine;
    several, or a ``ray_address``, are Ray actors.

    Raises:
        InvalidInput: something concerns all sources: settings, weights, outputs that exist.
    """
    jobs = planned(sources, out, options, run.overwrite)
    started, lines = time.perf_counter(), {}
    pending = [job for job in jobs if job.is_pending]
    refused = {job.name for job in jobs if job.is_refused}
    with (
        interruption() as stop,
        Manifest(out) as manifest,
        display(len(jobs)) as shown,
        ExitStack() as opened,
    ):
        new_lines: Iterator[dict[str, Any]] = iter(())
        if pending:
            makers = opened.enter_context(_workers(options, run))
            pool = WorkerPool(*makers, shown, hang_seconds=HANG_SECONDS, debug=run.debug)
            opened.enter_context(pool)
            new_lines = pool.lines(
                pending, stop, lambda job: manifest.add(begun_line(job), job.outputs.paths)
            )
        for line in chain(_known(jobs), new_lines):
            lines[line["name"]] = line
            if line["name"] not in refused:
                manifest.add(line)
            shown.finish(line["name"], result_line(line))
    unwritten = _data_set_error(out, options) if options.with_frames else None
    write_index(out)
    in_order = [lines[job.name] for job in jobs if job.name in lines]
    return Batch(in_order, time.perf_counter() - started, stop.is_set(), unwritten)


def _data_set_error(out: Path, options: AnnotateOptions) -> InvalidInput | None:
    """Write the json of all clips. What keeps it from being written is returned, not raised: the
    clips are there, and their results are to be told."""
    try:
        write_data_set(out, options.formats)
    except InvalidInput as error:
        return error
    return None


def _known(jobs: Sequence[Job]) -> Iterator[dict[str, Any]]:
    """Lines of the jobs that need no worker."""
    for job in jobs:
        if job.done_before is not None:
            reason = "done before with the same settings"
            outputs = [str(path) for path in job.outputs.paths]
            yield {**job.done_before, "status": "skipped", "reason": reason, "outputs": outputs}
        elif job.error is not None:
            cause, remedy = job.error.cause, job.error.remedy
            yield manifest_line(job, "failed", cause, remedy, (), Tally().results())


@contextmanager
def _workers(
    options: AnnotateOptions, run: RunOptions
) -> Iterator[tuple[Callable[[], WorkerHandle], int]]:
    """A function that makes a worker, and the number of workers."""
    if run.ray_address is None and (run.workers or 1) == 1:
        yield lambda: ProcessWorker(MakeAnnotateWork(options, debug=run.debug)), 1
        return
    with cluster(run.ray_address) as ray:
        resources = resources_per_worker(ray, run.workers, options.threads, options.device)
        work = MakeAnnotateWork(replace(options, threads=resources.cores), debug=run.debug)
        yield lambda: RayWorker(ray, work, resources), resources.workers

"""``glom-video annotate``: sources in, annotated videos and masks out, one source after the other; a bad one never disturbs the others."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from glom_video.read import describe, redacted
from glom_video.structures import InvalidInput
from pipelines.annotate.jobs import Job, check_libraries, plan
from pipelines.annotate.manifest import Manifest
from pipelines.annotate.options import AnnotateOptions, scaled_size
from pipelines.annotate.outcome import annotate_source
from pipelines.annotate.progress import display, sentence, show_results
from pipelines.interruption import EXIT_CODE, interruption
from pipelines.model import load_glom

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
    jobs = plan(sources, out, options.formats, options.levels, options.fingerprint, overwrite)
    if dry_run:
        return _show_plan(jobs, as_json)
    started, lines = time.perf_counter(), []
    with interruption() as stop, Manifest(out) as manifest, display(len(jobs)) as shown:
        glom = load_glom(options.weights, options.device) if any(job.error is None and job.done_before is None for job in jobs) else None
        for job in jobs:
            if stop.is_set():
                break
            lines.append(annotate_source(job, options, glom, stop, shown, debug))
            manifest.add(lines[-1])
            shown.finish(sentence(lines[-1]))
    exit_code = EXIT_CODE if stop.is_set() else int(any(line["status"] in ("failed", "partial") for line in lines))
    show_results(lines, time.perf_counter() - started, exit_code, as_json)
    return exit_code


def _show_plan(jobs: Sequence[Job], as_json: bool) -> int:
    """What would be done, on stdout; nothing is written. Returns the exit code."""
    lines = [_planned(job) for job in jobs]
    if as_json:
        print(json.dumps({"sources": lines}))
        return int(any(line["action"] == "fail" for line in lines))
    for line in lines:
        what = line["reason"] if line["action"] == "fail" else f"{line['picture']} -> {', '.join(line['outputs'])}"
        print(f"{line['action']}  {line['source']}  {what}")
    return int(any(line["action"] == "fail" for line in lines))


def _planned(job: Job) -> dict[str, Any]:
    line: dict[str, Any] = {"name": job.name, "source": redacted(job.source), "outputs": [str(path) for path in job.paths]}
    if job.done_before is not None:
        return {**line, "action": "skip", "picture": "done before with the same settings"}
    try:
        if job.error is not None:
            raise job.error
        info = describe(job.source)
    except InvalidInput as error:
        return {**line, "action": "fail", "reason": error.cause, "remedy": error.remedy}
    frames = "?" if info.frames_declared is None else info.frames_declared
    return {**line, "action": "annotate", "picture": f"{info.width}x{info.height}, {float(info.frame_rate):.2f} fps, {frames} frames, {info.codec}"}

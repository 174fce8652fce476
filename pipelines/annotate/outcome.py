"""One source -> its line in the manifest, whatever happens on the way."""

import threading
import traceback
from typing import Any

from glom_video.glom import Glom
from glom_video.read import describe, redacted
from glom_video.structures import InvalidInput, SourceInfo
from pipelines.annotate.clip import annotate_clip
from pipelines.annotate.jobs import Job
from pipelines.annotate.manifest import FORMAT_VERSION, Status
from pipelines.annotate.options import AnnotateOptions
from pipelines.annotate.progress import Display
from pipelines.annotate.tally import Tally
from pipelines.annotate.writers import Writers


def annotate_source(job: Job, options: AnnotateOptions, glom: Glom | None, stop: threading.Event, shown: Display, debug: bool) -> dict[str, Any]:
    """The manifest's line on a source. Whatever goes wrong stays with this source."""
    if job.done_before is not None:
        return {**job.done_before, "status": "skipped", "reason": "done before with the same settings"}
    tally, reason, remedy = Tally(), "", ""
    status: Status = "done"
    try:
        if job.error is not None:
            raise job.error
        assert glom is not None, "loaded whenever a job has neither an error nor an earlier result"
        info = describe(job.source)
        shown.begin(job.name, _frames_expected(info, options))
        with Writers(job, info, options, tally) as writers:
            annotate_clip(job.source, options, glom, writers, tally, stop, shown)
    except InvalidInput as error:
        status, reason, remedy = _stopped(tally), error.cause, error.remedy
    except KeyboardInterrupt:
        status, reason, remedy = _stopped(tally), f"{redacted(job.source)} was interrupted after {tally.frames} frames", "Run the same command again."
    except ImportError:  # a library that this machine lacks would fail every source
        raise
    except Exception as error:  # the failure unit is the file: a bug that one video brings out must not cost the night's others
        status, reason = _stopped(tally), f"{redacted(job.source)} met an internal error: {type(error).__name__}: {' '.join(str(error).split())}"
        remedy = "Run again with --debug and report what it prints."
        if debug:
            traceback.print_exc()
    return {
        "format_version": FORMAT_VERSION,
        "name": job.name,
        "source": redacted(job.source),
        "status": status,
        "reason": reason,
        "remedy": remedy,
        **tally.results(),
        "outputs": [str(path) for path in (job.paths if status == "done" else job.partial_paths) if path.exists()],
        "key": job.key,
    }


def _stopped(tally: Tally) -> Status:
    return "partial" if tally.frames else "failed"


def _frames_expected(info: SourceInfo, options: AnnotateOptions) -> int | None:
    """As far as the source says."""
    if info.frames_declared is None:
        return None
    first = (options.start_seconds or 0.0) * float(info.frame_rate)
    last = info.frames_declared if options.end_seconds is None else min(options.end_seconds * float(info.frame_rate), info.frames_declared)
    return max(1, round((last - first) / options.stride))

"""One source -> its line in the manifest, whatever happens on the way."""

import threading
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glom_video.read import describe, redacted
from glom_video.structures import InvalidInput, SourceInfo
from glom_video_pipelines.annotate.clip import annotate_clip
from glom_video_pipelines.annotate.jobs import Job
from glom_video_pipelines.annotate.manifest import FORMAT_VERSION, IS_BEGUN, Status
from glom_video_pipelines.annotate.options import AnnotateOptions
from glom_video_pipelines.annotate.progress import Display
from glom_video_pipelines.annotate.tally import Tally
from glom_video_pipelines.annotate.writers import clip_writer

if TYPE_CHECKING:
    from glom_video.glom import Glom

AGAIN = "Run the same command again."
"""Remedy for a source that was interrupted."""


def annotate_source(
    job: Job,
    options: AnnotateOptions,
    glom: "Glom",
    stop: threading.Event,
    shown: Display,
    debug: bool,
) -> dict[str, Any]:
    """Annotate a source and return its line in the manifest. Errors stay with this source."""
    tally, reason, remedy = Tally(heartbeat=shown.heartbeat, stride=options.stride), "", ""
    status: Status = "done"
    info: SourceInfo | None = None
    try:
        info = describe(job.source)
        shown.begin(job.name, _frames_expected(info, options))
        with clip_writer(job, info, options, tally) as writer:
            annotate_clip(job.source, options, glom, writer, tally, stop, shown)
            _check_damage(job, tally, options.max_corrupt)
            shown.close()
    except InvalidInput as error:
        status, reason, remedy = _status_when_stopped(tally), error.cause, error.remedy
    except KeyboardInterrupt:
        status, remedy = _status_when_stopped(tally), AGAIN
        reason = f"{redacted(job.source)} was interrupted after {tally.frames} frames"
    except ImportError:  # a library that this machine lacks would fail every source
        raise
    # the failure unit is the file: a bug that one video brings out must not cost the night's others
    except Exception as error:
        status, reason = _status_when_stopped(tally), _internal_error(job, error)
        remedy = "Run again with --debug and report what it prints."
        if debug:
            traceback.print_exc()
    outputs = job.outputs.paths if status == "done" else job.outputs.partial_paths
    figures = tally.results() | _source_facts(info)
    if tally.frames:
        figures["notes"] += options.settings.draw.notes(tally.objects_seen)
    return manifest_line(job, status, reason, remedy, outputs, figures)


def _internal_error(job: Job, error: Exception) -> str:
    """The cause, in one line."""
    words = " ".join(str(error).split())
    return f"{redacted(job.source)} met an internal error: {type(error).__name__}: {words}"


def manifest_line(
    job: Job,
    status: Status,
    reason: str,
    remedy: str,
    outputs: Sequence[Path],
    figures: Mapping[str, Any],
) -> dict[str, Any]:
    """The manifest's line of one source, with the outputs that exist."""
    return {
        "format_version": FORMAT_VERSION,
        "name": job.name,
        "source": redacted(job.source),
        "status": status,
        "reason": reason,
        "remedy": remedy,
        **figures,
        "outputs": [str(path) for path in outputs if path.exists()],
        "key": job.key,
        "config_hash": job.config_hash,
        "weights_hash": job.weights_hash,
    }


def begun_line(job: Job) -> dict[str, Any]:
    """The manifest's line of a source in progress; it stays if the run is killed, since outputs may
    get their final names after that."""
    reason = f"{redacted(job.source)} was not finished when the run ended"
    line = manifest_line(job, "partial", reason, AGAIN, (), Tally().results())
    return {**line, IS_BEGUN: True}


def _source_facts(info: SourceInfo | None) -> dict[str, Any]:
    """The source's stated facts beside what was found."""
    if info is None:
        return {"frames_declared": None, "frame_rate": None, "notes": []}
    notes = ["HDR, read without tone mapping: it looks flat and pale"] if info.is_hdr else []
    notes += info.notes
    return {
        "frames_declared": info.frames_declared,
        "frame_rate": round(float(info.frame_rate), 6),
        "notes": notes,
    }


def _status_when_stopped(tally: Tally) -> Status:
    """Of a source that did not come to its end."""
    return "partial" if tally.frames else "failed"


def _check_damage(job: Job, tally: Tally, max_corrupt: float) -> None:
    """Check the share of damaged and lost frames.

    Raises:
        InvalidInput: it is larger than ``max_corrupt``.
    """
    damaged = tally.corrupt_frames + tally.lost_frames
    if damaged > max_corrupt * (tally.frames + tally.lost_frames):
        counts = (
            f"{tally.corrupt_frames} corrupt and {tally.lost_frames} lost of "
            f"{tally.frames + tally.lost_frames}"
        )
        raise InvalidInput(
            (
                f"{redacted(job.source)} is damaged in more than {100 * max_corrupt:.3g}% of its "
                f"frames: {counts}"
            ),
            "Get a better copy, or allow more with --max-corrupt.",
        )


def _frames_expected(info: SourceInfo, options: AnnotateOptions) -> int | None:
    """Expected number of frames, if the source states it."""
    if info.frames_declared is None:
        return None
    rate, last = float(info.frame_rate), float(info.frames_declared)
    first = (options.start_seconds or 0.0) * rate
    if options.end_seconds is not None:
        last = min(options.end_seconds * rate, last)
    return max(1, round((last - first) / options.stride))

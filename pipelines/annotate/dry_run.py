"""``--dry-run``: what would be done."""

import json
from collections.abc import Sequence
from typing import Any

from glom_video.read import describe, redacted
from glom_video.structures import InvalidInput, one_line
from glom_video_pipelines.annotate.jobs import Job


def check_model(weights: str | None, device: str) -> None:
    """Raises InvalidInput for weights or a device that are not there. The default ones always are,
    and torch takes seconds to load."""
    if weights is not None or device != "auto":
        from glom_video_pipelines.model import load_glom

        load_glom(weights, device)


def show_plan(jobs: Sequence[Job], as_json: bool) -> int:
    """Print to stdout what would be done; write nothing. Returns the exit code."""
    lines = [_planned(job) for job in jobs]
    if as_json:
        print(json.dumps({"sources": lines}))
    else:
        for line in lines:
            print(one_line(f"{line['action']}  {line['source']}  {_what(line)}"))
    return int(any(line["action"] == "fail" for line in lines))


def _what(line: dict[str, Any]) -> str:
    """Why a source fails, or what it is and where its results go."""
    if line["action"] == "fail":
        return str(line["reason"])
    about = "; ".join((line["picture"], *line["notes"]))
    return f"{about} -> {', '.join(line['outputs'])}"


def _planned(job: Job) -> dict[str, Any]:
    """What would be done for a job, as JSON values."""
    line: dict[str, Any] = {
        "name": job.name,
        "source": redacted(job.source),
        "outputs": [str(path) for path in job.outputs.paths],
    }
    if job.done_before is not None:
        return {
            **line,
            "action": "skip",
            "picture": "done before with the same settings",
            "notes": [],
        }
    try:
        if job.error is not None:
            raise job.error
        info = describe(job.source)
    except InvalidInput as error:
        return {**line, "action": "fail", "reason": error.cause, "remedy": error.remedy}
    frames = "?" if info.frames_declared is None else info.frames_declared
    return {
        **line,
        "action": "annotate",
        "picture": (
            f"{info.width}x{info.height}, {float(info.frame_rate):.2f} fps, {frames} frames, "
            f"{info.codec}"
        ),
        "notes": list(info.notes),
    }

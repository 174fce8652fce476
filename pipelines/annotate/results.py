"""Results of a batch: a line per source, and the outputs on stdout."""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from glom_video.structures import one_line
from glom_video_pipelines.error_lines import error_lines


def count(number: int, noun: str) -> str:
    """A number with its noun, in the singular for 1."""
    return f"{number} {noun}{'s' * (number != 1)}"


def result_line(line: Mapping[str, Any]) -> str:
    """One line on a result, or the two of an error."""
    name, reason = one_line(line["name"]), one_line(line["reason"])
    outputs = one_line(", ".join(line["outputs"]))
    if line["status"] == "skipped":
        return f"skipped {name}: {reason} -> {outputs}"
    if line["status"] == "done":
        corrupt = "".join(
            f", {line[f'{what}_frames']} {what}"
            for what in ("corrupt", "lost")
            if line[f"{what}_frames"]
        )
        # One frame alone has no duration that could be compared.
        real = f", {line['times_real_time']:.2f}x real time" if line["duration_seconds"] else ""
        speed = (
            f"{count(line['frames'], 'frame')}{corrupt} in {line['seconds']:.1f} s "
            f"({line['fps']:.1f} fps{real})"
        )
        notes = "".join(f" ({note})" for note in line["notes"])
        return (
            f"done {name}: {speed}, {count(line['objects'], 'object')}, "
            f"{count(line['parts'], 'part')} -> {outputs}{notes}"
        )
    kept = f"; what there is of it: {outputs}" if outputs else ""
    return error_lines(f"{reason}{kept}", line["remedy"])


def print_results(lines: Sequence[Mapping[str, Any]], seconds: float) -> None:
    """The outputs on stdout, one per line; on stderr a count, if there were several sources."""
    for line in lines:
        if line["status"] in ("done", "skipped"):
            print(*line["outputs"], sep="\n")
    if len(lines) > 1:
        counts = Counter(line["status"] for line in lines)
        counted = ", ".join(f"{number} {status}" for status, number in counts.items())
        print(f"{counted} in {seconds:.1f} s", file=sys.stderr)


def print_json(lines: Sequence[Mapping[str, Any]], seconds: float, exit_code: int) -> None:
    """One JSON object on stdout; figures are of the sources that were not skipped."""
    fresh = [line for line in lines if line["status"] != "skipped"]
    frames = sum(line["frames"] for line in fresh)
    result = {
        "exit_code": exit_code,
        "seconds": round(seconds, 3),
        "frames": frames,
        "fps": round(frames / seconds, 2),
        "stage_ms": _mean_stage_ms(fresh, frames),
        "sources": list(lines),
    }
    print(json.dumps(result))


def _mean_stage_ms(lines: Sequence[Mapping[str, Any]], frames: int) -> dict[str, float]:
    """Milliseconds that each stage took per frame, over all sources."""
    stages = sorted({stage for line in lines for stage in line["stage_ms"]})
    spent = {
        stage: sum(line["stage_ms"].get(stage, 0.0) * line["frames"] for line in lines)
        for stage in stages
    }
    return {stage: round(total / max(frames, 1), 2) for stage, total in spent.items()}

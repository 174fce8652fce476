"""The report folder: report.html, metrics.json and metrics.parquet."""

import io
import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from glom_video.evaluate import METRICS, ClipScore
from glom_video.formats.partial import reason_of
from glom_video.structures import InvalidInput, write_whole
from glom_video_pipelines.evaluate.compare import load_report
from glom_video_pipelines.evaluate.headline import Headline
from glom_video_pipelines.evaluate.page import html_page
from glom_video_pipelines.evaluate.summaries import Summaries
from glom_video_pipelines.new_folder import made_folder

FILES = ("metrics.json", "metrics.parquet", "report.html")
"""Of a report, in the order in which they are written."""


def check_folder(folder: Path) -> list[Path]:
    """Raise InvalidInput, before any clip is scored, if the report could not be written there, or
    would replace files that are not of an earlier one. Returns the folders that were made for it,
    the innermost first."""
    for package in ("plotly", "pyarrow"):
        if find_spec(package) is None:
            raise InvalidInput(
                f"the report needs {package}",
                "Install it: pip install 'glom-video[report]'; or leave -o out.",
            )
    _refuse_others(folder)
    try:
        new = made_folder(folder)
        probe = folder / "metrics.partial"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _unwritable(folder, error) from error
    return new


def _unwritable(folder: Path, error: OSError) -> InvalidInput:
    cause = f"{folder} cannot be written: {reason_of(error)}"
    return InvalidInput(cause, "Choose another report folder with -o.")


def _refuse_others(folder: Path) -> None:
    """Reports are renewed; of each, metrics.json is written first."""
    there = [folder / name for name in FILES if (folder / name).exists()]
    if not there:
        return
    try:
        load_report(folder / FILES[0])
    except InvalidInput as error:
        raise InvalidInput(
            f"{folder} holds {there[0].name}, which is of no whole report",
            "Choose another report folder with -o.",
        ) from error


def write_report(
    folder: Path,
    report: Mapping[str, Any],
    scores: Sequence[ClipScore],
    summed: Summaries,
    clip_reports: Sequence[Mapping[str, Any]],
    first: Headline | None,
) -> list[Path]:
    """Write the three files, each whole or not at all, and return their paths. ``first`` is what
    the page says first. Raises InvalidInput if the disk does not take them."""
    try:
        write_whole(folder / FILES[0], (json.dumps(report, indent=1) + "\n").encode())
        write_whole(folder / FILES[1], _parquet(scores))
        write_whole(folder / FILES[2], html_page(report, summed, clip_reports, first).encode())
    except OSError as error:
        raise _unwritable(folder, error) from error
    return [folder / name for name in ("report.html", "metrics.json", "metrics.parquet")]


def _parquet(scores: Sequence[ClipScore]) -> bytes:
    """A row per method, level, clip and metric."""
    import pyarrow as pa
    from pyarrow import parquet

    rows = [(score, name, value) for score in scores for name, value in score.figures.items()]
    table = pa.table(
        {
            "method": pa.array([score.method for score, _, _ in rows], pa.string()),
            "level": pa.array([score.level for score, _, _ in rows], pa.string()),
            "clip": pa.array([score.clip for score, _, _ in rows], pa.string()),
            "family": pa.array([METRICS[name].family for _, name, _ in rows], pa.string()),
            "metric": pa.array([name for _, name, _ in rows], pa.string()),
            "value": pa.array([value for _, _, value in rows], pa.float64()),
            "frames": pa.array([score.frames for score, _, _ in rows], pa.int64()),
            "true_frames": pa.array([score.true_frames for score, _, _ in rows], pa.int64()),
        }
    )
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    return buffer.getvalue()

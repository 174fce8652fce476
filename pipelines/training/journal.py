"""Logs of a run: a line of JSON per step and per validation, and the same for TensorBoard."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from glom_video.learn import LevelStatistics
from glom_video.structures import CONTRIBUTIONS, write_whole

LOG, VALIDATION_LOG = "log.jsonl", "validation.jsonl"
"""In the run folder: a line per step, and a line per validation."""
NO_BOARD = "TensorBoard log is off: install the extra glom-video[train] for it"


@dataclass(frozen=True, slots=True)
class Journal:
    """Open files of a run folder."""

    steps: TextIO
    validations: TextIO
    board: Any | None
    """A SummaryWriter, where TensorBoard is installed."""

    def step(self, row: Mapping[str, Any]) -> None:
        """``row["step"]`` is the number of the step; numbers are drawn over it, nested ones under
        their path."""
        self._write(self.steps, row)

    def validation(self, row: Mapping[str, Any]) -> None:
        self._write(self.validations, row)

    def _write(self, file: TextIO, row: Mapping[str, Any]) -> None:
        print(json.dumps(row), file=file, flush=True)
        if self.board is not None:
            for name, value in numbers(
                {name: value for name, value in row.items() if name != "step"}
            ):
                self.board.add_scalar(name, value, row["step"])


@contextmanager
def journal(out: Path, step: int) -> Iterator[Journal]:
    """The journal of a run that goes on from a step: what was written after it is taken back,
    because those steps are done again."""
    board = _board(out, step)
    with (
        _reopened(out / LOG, step) as steps,
        _reopened(out / VALIDATION_LOG, step) as validations,
    ):
        try:
            yield Journal(steps, validations, board)
        finally:
            if board is not None:
                board.close()


def _reopened(path: Path, step: int) -> TextIO:
    rows = path.read_text().splitlines(keepends=True) if path.exists() else []
    kept = [row for row in rows if _step_of(row) <= step]
    if kept != rows:
        write_whole(path, "".join(kept).encode())
    return path.open("a")


def _step_of(row: str) -> float:
    """Infinite for a line that was cut off."""
    try:
        return float(json.loads(row)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")


def _board(out: Path, step: int) -> Any | None:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(out), purge_step=step + 1)


def numbers(row: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, float]]:
    """Numbers of a nested mapping by their path; what is no number is passed over."""
    for name, value in row.items():
        place = f"{path}/{name}" if path else name
        if isinstance(value, Mapping):
            yield from numbers(value, place)
        elif isinstance(value, int | float):
            yield place, float(value)


def logged(statistics: LevelStatistics) -> dict[str, Any]:
    """Statistics of a level as they stand in the log, with the weights of the contributions by
    name."""
    values = asdict(statistics)
    names = [name.replace("-", "_") for name in CONTRIBUTIONS]
    weights = [round(weight, 4) for weight in values.pop("contribution_weights")]
    return {name: round(value, 4) for name, value in values.items()} | {
        "shares": dict(zip(names, weights, strict=True))
    }

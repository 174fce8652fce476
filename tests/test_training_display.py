"""What a training run shows and writes down."""

import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from glom_video_pipelines.training import journal as written
from glom_video_pipelines.training.display import (
    LiveTable,
    NullTrainingDisplay,
    PlainLines,
    display,
)
from glom_video_pipelines.training.journal import journal, numbers
from glom_video_pipelines.training.running_means import RunningMeans, StepFigures
from glom_video_pipelines.training.sheet import COLUMNS, SheetRow, contact_sheet, write_sheet


def figures(step: int, seconds: float = 2.0, part: float = 1.0) -> StepFigures:
    return StepFigures(
        step,
        1,
        8,
        seconds,
        0.5,
        7e-4,
        {"part": part, "object": 0.5},
        work=10.0,
        work_left=10.0 * (100 - step),
    )


def test_pace_is_right_from_the_first_step() -> None:
    means = RunningMeans(100, 2)
    means.take(figures(1))
    entries = means.entries()
    assert entries["step"] == "1/100 (1%)"
    assert entries["clips/s"] == "4.0"
    assert entries["waiting"] == "25%"
    assert entries["left"] == "3:18"
    assert entries["part"] == "1.000"
    assert entries["rate"] == "7.0e-04"
    assert entries["phase"] == "1/2"


def test_losses_are_smoothed_and_follow() -> None:
    means = RunningMeans(100, 1)
    for step in range(1, 40):
        means.take(figures(step, part=1.0))
    means.take(figures(40, part=3.0))
    assert 1.05 < means.mean("part") < 1.2
    for step in range(41, 100):
        means.take(figures(step, part=3.0))
    assert means.mean("part") > 2.8


def test_a_dearer_phase_to_come_counts_in_the_time_left() -> None:
    means = RunningMeans(100, 2)
    means.take(StepFigures(1, 1, 8, 2.0, 0.0, 1e-3, {}, work=10.0, work_left=1000.0))
    assert means.seconds_left() == pytest.approx(200)


def test_without_a_terminal_there_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with PlainLines(100, 1) as lines:
        lines.advance(figures(1))
    assert capsys.readouterr().err == ""
    with PlainLines(100, 1, interval_seconds=0.0) as lines:
        lines.advance(figures(2))
        lines.say("by the way")
    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.splitlines()
    assert "step 2/100" in first
    assert "clips/s 4.0" in first
    assert second == "by the way"


def test_the_display_fits_what_stderr_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert isinstance(display(10, 1), LiveTable)
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    assert isinstance(display(10, 1), PlainLines)
    assert isinstance(display(10, 1, is_first=False), NullTrainingDisplay)


def test_the_live_table_shows_all_there_is() -> None:
    table = LiveTable(100, 2)

    def drawn() -> str:
        console = Console(width=200)
        with console.capture() as capture:
            console.print(table._table())
        return capture.get()

    assert "first clips" in drawn()
    table.advance(figures(10))
    for word in ("10/100", "clips/s", "left", "part", "object", "rate", "waiting", "25%"):
        assert word in drawn()


# Journal


def rows_of(path: Path) -> list[int]:
    return [json.loads(line)["step"] for line in path.read_text().splitlines()]


def test_a_journal_takes_back_what_came_after_the_checkpoint(tmp_path: Path) -> None:
    with journal(tmp_path, 0) as log:
        for step in (1, 2, 3):
            log.step({"step": step, "part": 1.0})
        log.validation({"step": 2})
        log.validation({"step": 3})
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"step": 4, "pa')
    with journal(tmp_path, 2) as log:
        log.step({"step": 3, "part": 2.0})
    assert rows_of(tmp_path / "log.jsonl") == [1, 2, 3]
    assert rows_of(tmp_path / "validation.jsonl") == [2]


def test_nested_numbers_have_paths_and_nothing_else_has() -> None:
    assert dict(numbers({"a": 1, "b": {"c": 2.5, "d": {"e": 3}}, "f": None, "g": "h"})) == {
        "a": 1.0,
        "b/c": 2.5,
        "b/d/e": 3.0,
    }


def test_tensorboard_gets_what_the_log_gets(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with journal(tmp_path, 0) as log:
        log.step({"step": 1, "part": 1.5, "levels": {"1": {"islands": 4.0}}})
        log.step({"step": 2, "part": 1.25})
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("part")] == [(1, 1.5), (2, 1.25)]
    assert events.Scalars("levels/1/islands")[0].value == 4.0
    with journal(tmp_path, 0) as log:  # begun anew, where a run had left no checkpoint
        log.step({"step": 1, "part": 1.0})
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("part")] == [(1, 1.0)]


def test_without_tensorboard_there_is_a_log_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    with journal(tmp_path, 0) as log:
        assert log.board is None
        log.step({"step": 1})
    assert rows_of(tmp_path / "log.jsonl") == [1]
    assert "train" in written.NO_BOARD


# Contact sheet


def test_a_sheet_shows_each_cell_in_its_place(tmp_path: Path) -> None:
    labels = np.zeros((8, 8), np.int64)
    labels[2:6, 2:6] = 3
    row = SheetRow(
        "crowd", np.full((48, 48, 3), 200, np.uint8), (labels, labels * 0, labels, labels)
    )
    sheet = contact_sheet([row, row])
    assert sheet.shape == (2 * (144 + 16) + 16, len(COLUMNS) * (144 + 6), 3)
    assert (sheet[16:160, :144] == 200).all()
    assert sheet[16 + 72, 150 + 72].any()
    assert not sheet[16 + 72, 300 + 72].any()
    write_sheet([row], tmp_path / "sheet.png")
    from PIL import Image

    with Image.open(tmp_path / "sheet.png") as stored:
        assert stored.size == (750, 176)

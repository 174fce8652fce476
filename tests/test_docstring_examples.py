"""Examples in docstrings say what the code does."""

import doctest
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {"glom_video": "glom_video", "pipelines": "glom_video_pipelines"}
"""Folders and the names that they are imported by."""
WITH_EXAMPLES = [
    path.relative_to(ROOT)
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


def test_there_are_examples_in_both_folders() -> None:
    assert {path.parts[0] for path in WITH_EXAMPLES} == set(FOLDERS)


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=str)
def test_examples_run_as_they_are_written(path: Path) -> None:
    if "web" in path.parts:
        pytest.importorskip("starlette", reason="the page needs the extra [web]")
    folder, *inner = path.with_suffix("").parts
    tested = doctest.testmod(importlib.import_module(".".join((FOLDERS[folder], *inner))))
    assert tested.attempted > 0
    assert tested.failed == 0

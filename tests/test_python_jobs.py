"""``annotate`` and ``evaluate`` as functions do what the commands of these names do."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli, MakeVideo, decoded, manifest

import glom_video as gv

SCRIPT = """
import sys
import glom_video as gv
print("begun")
for line in gv.annotate(sys.argv[1], "out", weights=sys.argv[2], threads=1):
    print(line["status"], line["frames"])
"""
"""Without a guard: it must not be run again by the process that annotates."""


def test_a_script_without_a_guard_annotates(
    tiny_weights: Path, make_video: MakeVideo, tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    clip = make_video("clip.mp4", frames=3)
    command = [sys.executable, "script.py", str(clip), str(tiny_weights)]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=250)
    assert ran.stdout.split() == ["begun", "done", "3"], ran.stderr
    assert len(decoded(tmp_path / "out" / "clip.mp4")) == 3


def test_annotate_leaves_what_the_command_leaves(
    glom_video: Cli, tiny_weights: Path, make_video: MakeVideo, tmp_path: Path
) -> None:
    clips = [make_video("a.mp4", frames=3), tmp_path / "none.mp4"]
    given = ("--format", "csv", "--end", "0.1", "--weights", tiny_weights)
    assert glom_video("annotate", *clips, "-o", tmp_path / "typed", *given).code == 1
    lines = gv.annotate(
        clips, tmp_path / "called", formats=["csv"], end_seconds=0.1, weights=tiny_weights
    )
    assert [line["status"] for line in lines] == ["done", "failed"]
    assert lines[1]["remedy"]
    typed, called = manifest(tmp_path / "typed"), manifest(tmp_path / "called")
    assert {name: line["key"] for name, line in typed.items()} == {
        name: line["key"] for name, line in called.items()
    }
    tables = [(tmp_path / name / "a.csv").read_bytes() for name in ("typed", "called")]
    assert tables[0] == tables[1]
    again = gv.annotate(
        clips[0], tmp_path / "called", formats=["csv"], end_seconds=0.1, weights=tiny_weights
    )
    assert [line["status"] for line in again] == ["skipped"]


@pytest.mark.parametrize("formats", [["avi"], []])
def test_a_format_that_is_none_is_said(
    formats: list[str], make_video: MakeVideo, tmp_path: Path
) -> None:
    with pytest.raises(gv.InvalidInput, match="format") as refused:
        gv.annotate(make_video("clip.mp4"), tmp_path / "out", formats=formats)
    assert "mp4" in refused.value.remedy


@pytest.mark.parametrize(
    "wrong", [{"workers": 0}, {"threads": 0}, {"max_corrupt": 1.5}, {"max_corrupt": float("nan")}]
)
def test_annotate_says_which_number_is_out_of_range(
    wrong: dict[str, Any], make_video: MakeVideo, tmp_path: Path
) -> None:
    (name,) = wrong
    with pytest.raises(gv.InvalidInput, match=f"{name} is "):
        gv.annotate(make_video("clip.mp4"), tmp_path / "out", **wrong)
    assert not (tmp_path / "out").exists()


def test_evaluate_of_no_frames_scores_none(make_video: MakeVideo) -> None:
    with pytest.raises(gv.InvalidInput, match="first_frames is 0"):
        gv.evaluate(make_video("clip.mp4"), first_frames=0)


def test_jobs_without_a_source_say_so(tmp_path: Path) -> None:
    for job in (lambda: gv.annotate([], tmp_path / "out"), lambda: gv.evaluate([])):
        with pytest.raises(gv.InvalidInput, match="no source was given"):
            job()


def test_evaluate_gives_what_the_command_prints(
    glom_video: Cli, tiny_weights: Path, make_video: MakeVideo, tmp_path: Path
) -> None:
    clip = make_video("clip.mp4", frames=4)
    ran = glom_video("evaluate", clip, "--json", "--weights", tiny_weights)
    assert ran.code == 0, ran.err
    called = gv.evaluate(clip, weights=tiny_weights, out=tmp_path / "report")
    assert (tmp_path / "report" / "report.html").exists()
    typed = json.loads(ran.out)
    assert typed["levels"] == json.loads(json.dumps(called["levels"]))
    assert called["failed"] == []

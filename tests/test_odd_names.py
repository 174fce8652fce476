"""Odd names, links and folders: each costs at most itself, and outputs are called what the user
called the source."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from clips import write_clip
from conftest import Options
from hypothesis import given, settings
from hypothesis import strategies as st
from processes import MAIN

from glom_video.read import expand, read
from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate import AnnotateOptions, run_annotate
from glom_video_pipelines.annotate.jobs import LONGEST_NAME, Job, plan
from glom_video_pipelines.annotate.manifest import Manifest
from glom_video_pipelines.probe import run_probe


def planned(*sources: Path, out: Path) -> dict[str, Job]:
    return {
        job.name: job
        for job in plan(
            [str(source) for source in sources], out, AnnotateOptions(), overwrite=False
        )
    }


def test_a_name_that_is_not_utf8_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ok.mp4").touch()
    Path(os.fsdecode(bytes(tmp_path / "in") + b"/caf\xe9.mp4")).touch()
    jobs = planned(tmp_path / "in", out=tmp_path / "out")
    assert len(jobs) == 2
    assert jobs["ok"].error is None
    (odd,) = (job for name, job in jobs.items() if name != "ok")
    assert odd.error is not None
    assert "not in UTF-8" in odd.error.cause


@pytest.mark.parametrize("odd", ["y" * 300 + ".mp4", "a\0b.mp4"])
def test_a_name_that_no_file_can_have_fails_alone(odd: str, tmp_path: Path) -> None:
    (tmp_path / "ok.mp4").touch()
    (tmp_path / "list.txt").write_text(f"ok.mp4\n{odd}\n")
    jobs = list(planned(tmp_path / "list.txt", out=tmp_path / "out").values())
    assert [job.error is None for job in jobs] == [True, False]


def test_a_locale_that_is_not_in_utf8_is_said_to_be_the_cause(tmp_path: Path) -> None:
    """The file's name is right: to rename it would change nothing."""
    write_clip(tmp_path / "\u00fc.mp4", range(2))
    said = subprocess.run(
        [sys.executable, "-c", MAIN, "annotate", "--dry-run", "\u00fc.mp4", "-o", "out"],
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 1
    assert "not read as UTF-8 but as ascii" in said.stdout


def test_what_a_pattern_matches_fails_alone(tmp_path: Path) -> None:
    """A link to nothing and an empty folder beside a clip."""
    write_clip(tmp_path / "b.mp4", range(2))
    (tmp_path / "a.mp4").symlink_to("nowhere.mp4")
    (tmp_path / "c").mkdir()
    found = expand([tmp_path / "*"])
    assert [Path(each).name for each in found] == ["a.mp4", "b.mp4", "c"]
    for each, cause in ((found[0], "link to a file"), (found[2], "holds no images")):
        with pytest.raises(InvalidInput, match=cause):
            next(read(each))


def test_names_give_a_terminal_no_orders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Line breaks, colours and signs that turn the text round are shown as escapes."""
    monkeypatch.chdir(tmp_path)
    odd = "a\nb\x1b[31m\u202ec[red]"
    error = InvalidInput(f"{odd} is empty", "Rename\nit.")
    assert (error.cause, error.remedy) == ("a\\nb\\x1b[31m\\u202ec[red] is empty", "Rename\\nit.")
    write_clip(tmp_path / f"{odd}.mp4", range(2))
    assert run_annotate([f"{odd}.mp4"], tmp_path / "out", AnnotateOptions(), dry_run=True) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("annotate  a\\nb\\x1b[31m\\u202ec[red].mp4")
    assert run_probe(f"{odd}.mp4") == 0
    assert "\x1b" not in capsys.readouterr().out


def test_a_file_is_one_source_however_its_path_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ok.mp4").touch()
    (tmp_path / "other.mp4").symlink_to("in/ok.mp4")
    given = (Path("in/ok.mp4"), Path("./in/../in/ok.mp4"), tmp_path / "in", Path("other.mp4"))
    assert list(planned(*given, out=tmp_path / "out")) == ["ok", "other"], "a link has its own name"


def test_a_tilde_in_a_name_is_a_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("~draft.mp4").touch()
    assert expand(["~draft.mp4"]) == [Path("~draft.mp4")]
    with pytest.raises(InvalidInput, match="there is no file"):
        expand(["~nobody-of-that-name.mp4"])


def test_a_tilde_in_a_list_is_as_literal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file it was an internal error."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for path in (tmp_path / "home" / "a.mp4", tmp_path / "in" / "~draft.mp4"):
        path.parent.mkdir()
        path.touch()
    listed = tmp_path / "in" / "clips.txt"
    listed.write_text("~draft.mp4\n~/a.mp4\n")
    assert expand([listed]) == [tmp_path / "in" / "~draft.mp4", tmp_path / "home" / "a.mp4"]
    listed.write_text("~nobody-of-that-name.mp4\n")
    with pytest.raises(InvalidInput, match="there is no file or folder"):
        expand([listed])


def test_a_folder_that_may_not_be_listed_is_a_source_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (tmp_path / "ok.mp4").touch()
    listed = Path.iterdir

    def iterdir(path: Path) -> object:  # as root, who may list everything, no folder is closed
        if path == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert expand([tmp_path]) == [tmp_path / "ok.mp4", closed]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "cam").mkdir()
    (tmp_path / "cam" / "x.mp4").touch()
    (tmp_path / "cam" / "up").symlink_to("..")
    (tmp_path / "self").symlink_to(".")
    assert expand([tmp_path]) == [tmp_path / "cam" / "x.mp4"]


def test_a_folder_of_bare_streams_holds_videos(tmp_path: Path) -> None:
    videos = ["a.265", "b.m2v", "c.ivf", "d.3g2", "e.nut"]
    for name in (*videos, "note.md"):
        (tmp_path / name).touch()
    assert [Path(found).name for found in expand([tmp_path])] == videos


def test_masks_of_a_davis_tree_are_no_clips(tmp_path: Path) -> None:
    for folder in ("JPEGImages/480p/bear", "Annotations/480p/bear", "apart/Annotations/walk"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "00000.png").touch()
    assert expand([tmp_path]) == [
        tmp_path / "JPEGImages" / "480p" / "bear",
        tmp_path / "apart" / "Annotations" / "walk",
    ]


def test_outputs_are_named_after_the_link_that_was_given(tmp_path: Path) -> None:
    (tmp_path / "9f86d081").touch()
    (tmp_path / "street.mp4").symlink_to(tmp_path / "9f86d081")
    assert set(planned(tmp_path / "street.mp4", out=tmp_path / "out")) == {"street"}


@pytest.mark.parametrize("inside", [True, False])
def test_what_a_manifest_lists_is_no_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "out").mkdir(parents=True)
    for path in ("in/x.mp4", "in/out/x.mp4", "in/out/mine.mp4"):
        Path(path).touch()
    Path("in/out/manifest.jsonl").write_text(
        json.dumps({"name": "x", "outputs": ["in/out/x.mp4"]}) + "\n"
    )
    out = Path("in/out") if inside else tmp_path / "elsewhere"
    jobs = plan(["in"], out, AnnotateOptions(formats=("csv",)), overwrite=False)
    assert [str(job.source) for job in jobs] == ["in/x.mp4", "in/out/mine.mp4"]


def test_partial_is_passed_over_as_an_ending_and_not_as_a_word(tmp_path: Path) -> None:
    for name in ("x.partially_hidden.mp4", "y.partial.mp4"):
        (tmp_path / name).touch()
    assert expand([tmp_path]) == [tmp_path / "x.partially_hidden.mp4"]


def test_a_colon_is_no_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from glom_video.read import read

    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "clip.mp4", range(3)).rename("cam1:front.mp4")
    assert len(list(read("cam1:front.mp4"))) == 3


@settings(deadline=None)
@given(
    st.text(
        st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="/"),
        min_size=1,
        max_size=240,
    )
)
def test_any_name_leaves_room_for_what_outputs_add(name: str) -> None:
    for job in plan([f"/nowhere/{name}.mp4"], Path("out"), AnnotateOptions(), overwrite=False):
        assert 0 < len(job.name.encode()) <= LONGEST_NAME
        assert all(
            len(path.name.encode()) < 255
            for path in (*job.outputs.paths, *job.outputs.partial_paths)
        )


def test_two_runs_into_one_folder_are_one_too_many(tmp_path: Path) -> None:
    with Manifest(tmp_path / "out"), pytest.raises(InvalidInput, match="another run writes"):
        Manifest(tmp_path / "out")
    with Manifest(tmp_path / "out"):
        pass


@pytest.mark.parametrize(
    "options", [["--start", "nan"], ["--end", "inf"], ["--min-area", "-5"], ["--min-area", "nan"]]
)
def test_numbers_that_are_none_are_usage_errors(tmp_path: Path, options: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", MAIN, "annotate", "x.mp4", "-o", str(tmp_path), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "internal" not in ran.stderr


@pytest.mark.parametrize("closed", ["2>&-", ">/dev/null 2>&1"])
def test_work_is_done_whatever_becomes_of_the_messages(tmp_path: Path, closed: str) -> None:
    clip = write_clip(tmp_path / "映.mp4", range(3))
    command = f"{sys.executable} -c '{MAIN}' probe {clip} {closed}"
    assert (
        subprocess.run(
            command, shell=True, env={**os.environ, "PYTHONIOENCODING": "cp1252"}, check=False
        ).returncode
        == 0
    )


@pytest.mark.parametrize("closed", ["2>&-", "2</dev/null"])
def test_results_are_printed_where_stderr_cannot_be_written(
    tmp_path: Path, small_model: Options, closed: str
) -> None:
    """In a script that runs with stderr closed, its number may be that of a file that is only
    read: after the work the command ended as with an internal error, and printed no results."""
    clip = write_clip(tmp_path / "clip.mp4", range(3))
    arguments = ["annotate", clip, "-o", tmp_path / "out", "--json", *small_model]
    words = [sys.executable, "-c", MAIN, *map(str, arguments)]
    ran = subprocess.run(
        f"{shlex.join(words)} {closed}", shell=True, stdout=subprocess.PIPE, text=True, check=False
    )
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["sources"][0]["status"] == "done"

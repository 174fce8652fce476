"""Options in a file: what is printed is read back, what stands in it holds, what cannot be is told;
and completion of what is typed."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli, MakeVideo, is_one_error, manifest
from processes import MAIN, ROOT
from test_settings import COMMANDS
from typer.main import get_command

from glom_video_pipelines.cli import app
from glom_video_pipelines.cli.settings import OPTIONS

SETTINGS = {option.field for option in OPTIONS}
LEAVES = [*COMMANDS, ("probe", "a.mp4"), ("doctor",), ("train",)]


def parameters(words: tuple[str, ...]) -> dict[str, Any]:
    """What a command line says, by parameter."""
    root = get_command(app)
    context = root.make_context("glom-video", list(words), allow_extra_args=True)
    command, left = root, list(words)
    while subcommands := getattr(command, "commands", None):
        name = left.pop(0)
        command = subcommands[name]
        context = (
            command.make_context(name, left, parent=context)
            if not hasattr(command, "commands")
            else command.make_context(name, list(left), parent=context, allow_extra_args=True)
        )
    return {name: value for name, value in context.params.items() if name != "config_file"}


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("config") / "all.toml"
    ran = subprocess.run(
        [sys.executable, "-c", MAIN, "config"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    path.write_text(ran.stdout)
    return path


def test_every_option_of_every_command_is_printed(printed: Path) -> None:
    text = printed.read_text()
    left: list[tuple[Any, tuple[str, ...]]] = [(get_command(app), ())]
    seen = 0
    while left:
        command, names = left.pop()
        below = getattr(command, "commands", {})
        left += [(each, (*names, name)) for name, each in below.items()]
        if below or names == ("config",):
            continue
        table = text.partition(f"[{'.'.join(names)}]\n")[2].partition("\n[")[0]
        for option in command.params:
            long = [name for name in option.opts if name.startswith("--") and name != "--config"]
            if long and long[0] != "--help":
                seen += 1
                key = long[0].removeprefix("--")
                assert f"\n{key} = " in table or f"\n# {key} =" in table, f"{names} {key}"
    assert seen > 100


@pytest.mark.parametrize("words", LEAVES, ids=" ".join)
def test_what_is_printed_is_read_back_and_changes_nothing(
    words: tuple[str, ...], printed: Path
) -> None:
    plain, read = parameters(words), parameters((*words, "--config", str(printed)))
    assert plain.keys() == read.keys()
    for name, value in plain.items():
        if name not in SETTINGS or value is not None:
            assert read[name] == value, name
    if words[0] == "stream":
        assert read["working_pixels"] == 384 * 216
    if words == ("study", "pose"):
        assert read["tick_seconds"] == tomllib.loads(printed.read_text())["study"]["pose"]["tick"]


def test_what_stands_in_a_file_holds_and_what_is_typed_goes_first(
    glom_video: Cli,
    make_video: MakeVideo,
    tiny_weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Relative paths count from where the command runs, not from where the file lies."""
    make_video("clip.mp4")
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "mine.toml").write_text(
        '[annotate]\nout = "there"\nformat = ["csv", "coco"]\nstride = 2\n'
        f'weights = "{tiny_weights}"\n'
        "[stream]\nport = 0\n"
    )
    monkeypatch.chdir(tmp_path)
    ran = glom_video("annotate", "clip.mp4", "--config", "settings/mine.toml")
    assert ran.code == 0, ran.err
    assert (tmp_path / "there" / "clip.csv").exists()
    assert (tmp_path / "there" / "clip.coco.json").exists()
    assert manifest(tmp_path / "there")["clip"]["frames"] == 4
    ran = glom_video(
        "annotate", "clip.mp4", "--config", "settings/mine.toml", "-o", "here", "--stride", 4,
        "--format", "csv",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert not (tmp_path / "here" / "clip.coco.json").exists()
    assert manifest(tmp_path / "here")["clip"]["frames"] == 2


@pytest.mark.parametrize(
    ("text", "cause", "remedy"),
    [
        ("[annotate]\nformats = []", "there is no 'formats'", "Did you mean 'format'?"),
        ("[anotate]\nformat = []", "there is no 'anotate'", "Did you mean 'annotate'?"),
        ("[study.poses]", "there is no 'poses'", "Did you mean 'pose'?"),
        ("format = 'csv'", "at the top there is no 'format'", "such as [annotate]"),
        ("stride = 3", "at the top there is no 'stride'", "such as [annotate]"),
        ("[study]\nclips = 5", "[study] there is no 'clips'", "such as [study.ablation]"),
        ("formula = 'csv'", "at the top there is no 'formula'", "Known are annotate"),
        ("[annotate]\nend = 0.1", "end is 0.1", 'Give text: "0.1"'),
        ("[annotate]\nend = true", "end is True", "Give text."),
        ("[stream]\nprot = 80", "there is no 'prot'", "Did you mean 'port'?"),
        ("annotate = 3", "is no table", "[annotate]"),
        ("[annotate]\nstride = 2.5", "stride is 2.5", "Give a whole number"),
        ("[annotate]\nstride = true", "stride is True", "Give a whole number"),
        ("[annotate]\nstride = 0", "stride is 0", "greater than or equal to 1"),
        ("[annotate]\nopacity = 'x'", "opacity is 'x'", "Give a number"),
        ("[annotate]\noverwrite = 1", "overwrite is 1", "Give true or false"),
        ("[annotate]\nformat = ['tiff']", "format is ['tiff']", "tiff"),
        ("[annotate]\nlayout = 'round'", "layout is 'round'", "round"),
        ("[annotate]\nstride = [1, 2]", "stride is [1, 2]", "Give a whole number"),
        ("[annotate]\nout = ''", "out is empty", "leave the line out"),
        ("[annotate]\nformat = ['csv', '']", "format is empty", "leave the line out"),
        ("[annotate", "is no TOML", "glom-video config"),
    ],
)
def test_what_cannot_be_is_told_with_the_nearest_name(
    text: str, cause: str, remedy: str, glom_video: Cli, tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text(text)
    ran = glom_video("annotate", "a.mp4", "-o", "out", "--config", tmp_path / "mine.toml")
    assert ran.code == 2
    assert is_one_error(ran.err), ran.err
    assert cause in ran.err
    assert remedy in ran.err.splitlines()[1]


def test_an_option_without_its_table_is_for_the_command_at_hand(
    glom_video: Cli, tmp_path: Path
) -> None:
    """Any that has it was named: of stream's, annotate."""
    (tmp_path / "mine.toml").write_text("format = 'csv'")
    ran = glom_video("stream", "0", "--config", tmp_path / "mine.toml")
    assert "such as [stream]" in ran.err


def test_a_training_config_is_no_file_of_options(glom_video: Cli, tmp_path: Path) -> None:
    """Its keys were told to belong to other commands."""
    (tmp_path / "mine.toml").write_text("seed = 0\n[[phase]]\nsteps = 1\n")
    ran = glom_video("train", "--config", tmp_path / "mine.toml")
    assert (ran.code, is_one_error(ran.err)) == (2, True)
    assert "is a training config" in ran.err
    assert "glom-video train FILE" in ran.err


def test_a_file_with_all_defaults_does_not_keep_reports_from_being_compared(
    glom_video: Cli, printed: Path
) -> None:
    ran = glom_video("evaluate", "--config", printed, "--compare", "a.json", "b.json")
    assert "a.json" in ran.err
    assert "leave" not in ran.err


def test_a_file_may_hold_what_a_command_does_not_use_this_time(
    glom_video: Cli, tmp_path: Path
) -> None:
    """What is typed and not used is refused; a file is for many calls."""
    mine = tmp_path / "mine.toml"
    mine.write_text("[evaluate]\ntolerance = 0.5\ntick = 0.25\n[bench]\nlast-frame = 8\n")
    for call in (
        ("evaluate", "nowhere.mp4"),
        ("evaluate", "--compare", "nowhere.json", "nowhere.json"),
        ("bench", "nowhere.mp4"),
    ):
        ran = glom_video(*call, "--config", mine)
        assert is_one_error(ran.err)
        assert "nowhere" in ran.err.splitlines()[0]


def test_a_file_that_is_not_there_is_one_clear_line(glom_video: Cli) -> None:
    ran = glom_video("probe", "a.mp4", "--config", "nowhere.toml")
    assert ran.code == 2
    assert is_one_error(ran.err)
    assert "nowhere.toml cannot be read" in ran.err


def test_the_shell_is_told_what_may_follow() -> None:
    words = "glom-video annotate --for"
    script = f"import sys; sys.argv = ['glom-video']; {MAIN}"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={
            **os.environ,
            "_GLOM_VIDEO_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": "2",
        },
    )
    assert ran.stdout.split() == ["--format"], ran.stderr

"""The command line is light and explains itself."""

import subprocess
import sys

import pytest
from conftest import Cli
from processes import MAIN, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["annotate", "--help"], ["study", "ablation", "--help"], ["--version"]],
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    report = "import atexit, sys; atexit.register(lambda: print(*sys.modules))"
    script = f"{report}; {MAIN}"
    ran = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    loaded = set(ran.stdout.splitlines()[-1].split())
    assert not loaded & {"torch", "numpy", "cv2", "av", "decord", "scipy", "PIL", "glom_video"}


def test_the_list_of_commands_cuts_nothing_off(
    glom_video: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for command in ((), ("study",)):
        listed = glom_video(*command, "--help").out.partition("Commands:")[2]
        assert listed.count("\n") > 5
        assert "..." not in listed


def commands() -> dict[str, str]:
    """Name and help of each command."""
    from typer.main import get_command

    from glom_video_pipelines.cli import app

    return {name: command.help or "" for name, command in get_command(app).commands.items()}  # type: ignore[attr-defined]


def test_every_command_is_explained_and_stands_in_readme() -> None:
    assert set(commands()) >= {"annotate", "stream", "evaluate", "synth", "train"}
    for name, text in commands().items():
        assert len(text) > 20, f"{name} has no help"
        assert f"glom-video {name}" in README, f"{name} does not stand in README"


def test_every_option_has_help() -> None:
    from typer.main import get_command

    from glom_video_pipelines.cli import app

    commands = get_command(app).commands  # type: ignore[attr-defined]
    for name, command in (commands | commands["study"].commands).items():
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name} {parameter.name} has no help"


def test_help_of_a_grouped_command_leaves_no_option_outside_of_its_groups() -> None:
    from typer.main import get_command

    from glom_video_pipelines.cli import app
    from glom_video_pipelines.cli.headings import GroupedCommand

    grouped = [
        command
        for command in get_command(app).commands.values()  # type: ignore[attr-defined]
        if isinstance(command, GroupedCommand)
    ]
    assert len(grouped) >= 4
    for command in grouped:
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name not in (
                "config_file",
                "help",
            ):
                assert getattr(parameter, "rich_help_panel", None), (command.name, parameter.name)


def test_choices_of_the_command_line_are_those_of_the_library() -> None:
    from typing import get_args

    from glom_video.formats import FORMATS
    from glom_video.read import Policy
    from glom_video.render import LAYOUTS
    from glom_video.structures import LEVEL_NAMES
    from glom_video.synth import FAMILIES
    from glom_video_pipelines import cli
    from glom_video_pipelines.cli.app import Format
    from glom_video_pipelines.stream.options import View

    assert get_args(cli.settings.Layout) == LAYOUTS
    assert get_args(cli.stream.Policy) == get_args(Policy)
    assert get_args(cli.stream.View) == get_args(View)
    assert get_args(cli.synth.Family) == FAMILIES
    assert tuple(cli.settings.Level) == LEVEL_NAMES
    assert tuple(Format) == FORMATS

"""``glom-video config``."""

import json
import textwrap
from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any

import typer

from glom_video_pipelines.cli.app import app
from glom_video_pipelines.cli.config_option import options_of
from glom_video_pipelines.cli.settings import OPTIONS

if TYPE_CHECKING:
    from glom_video.perceive import Settings


# It is the one command that has no use for --config itself.
@typer.Typer.command(app, short_help="Print all options with their defaults, as TOML for --config.")
def config(context: typer.Context) -> None:
    """Print the options of all commands with their defaults, as TOML that --config reads.

    There is a table per command and a key per option; options without a default are comments.
    Relative paths count from the folder that the command runs in.
    """
    print("\n\n".join(_tables(context.find_root().command, ())))


def _tables(command: Any, names: tuple[str, ...]) -> Iterator[str]:
    for name, below in command.commands.items():
        if hasattr(below, "commands"):
            yield from _tables(below, (*names, name))
        elif list(options_of(below)):
            yield "\n".join(_table(below, (*names, name)))


def _table(command: Any, names: tuple[str, ...]) -> Iterator[str]:
    yield f"[{'.'.join(names)}]"
    for key, option in options_of(command):
        yield from textwrap.wrap(option.help, 98, initial_indent="# ", subsequent_indent="# ")
        default = _default(option, names)
        yield f"# {key} =" if default is None else f"{key} = {_written(default)}"


def _default(option: Any, names: tuple[str, ...]) -> object:
    """What holds where nothing is typed; None where that is said in words only."""
    for setting in OPTIONS:
        if setting.option in option.opts:
            value = getattr(getattr(_settings(names), setting.stage), setting.field)
            return None if value is None else setting.value(value)
    return None if option.required else option.default


def _settings(names: tuple[str, ...]) -> "Settings":
    """Those of the library; some commands have their own."""
    from glom_video.perceive import Settings
    from glom_video_pipelines.stream.perceiving import LIVE_SETTINGS
    from glom_video_pipelines.study.options import STUDY_SETTINGS

    return {"stream": LIVE_SETTINGS, "study": STUDY_SETTINGS}.get(names[0], Settings())


def _written(value: object) -> str:
    """As TOML writes it, whose strings, lists and numbers are JSON's."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_written, value))}]"
    return json.dumps(value if isinstance(value, bool | int | float) else str(value))

"""``--config FILE``: options from a TOML file, a table per command."""

import inspect
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import wraps
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import typer

from glom_video_pipelines.cli.expanded import Command, keyword
from glom_video_pipelines.cli.no_empty import CheckedCommand, has_empty
from glom_video_pipelines.toml_kinds import WORDS, is_of

HELP = (
    "Options out of a TOML file, a table per command; what is typed goes first. glom-video config "
    "prints one."
)


class App(typer.Typer):
    """Whose commands take ``--config``."""

    def command(self, *given: Any, **named: Any) -> Callable[[Any], Any]:
        register = super().command(*given, **{"cls": CheckedCommand, **named})

        def registered(command: Any) -> Any:
            register(_takes_config(command))
            return command

        return registered


def _takes_config(command: Command) -> Command:
    @wraps(command)
    def run(**given: Any) -> None:
        del given["config_file"]
        command(**given)

    option = typer.Option("--config", metavar="FILE.toml", is_eager=True, callback=_load, help=HELP)
    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in inspect.signature(command).parameters.values()
    ]
    parameters.append(keyword("config_file", Annotated[Path | None, option], None))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _load(context: typer.Context, path: Path | None) -> Path | None:
    """Called before the other options are parsed, which take their defaults from the context."""
    if path is None or context.resilient_parsing:
        return path
    stored = _read(path)
    names = _names(context)
    _refuse_training_config(path, stored)
    _check_table(path, context.find_root().command, stored, (), names)
    own: Any = stored
    for name in names:
        own = own.get(name, {})
    by_key = _options(context.command)
    context.default_map = {
        by_key[key].name: _value(f"{path}: {key}", context, by_key[key], value)
        for key, value in own.items()
    }
    return path


def _read(path: Path) -> dict[str, Any]:
    from glom_video.structures import InvalidInput

    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInput(
            f"--config {path} cannot be read: {error.strerror or error}",
            "Name a TOML file; glom-video config prints one.",
        ) from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise InvalidInput(
            f"--config {path} is no TOML: {error}", "glom-video config prints an example."
        ) from error


def _refuse_training_config(path: Path, stored: Mapping[str, Any]) -> None:
    """Raises InvalidInput for the other kind of TOML file that there is."""
    from glom_video.structures import InvalidInput

    if "phase" in stored:
        raise InvalidInput(
            f"--config {path} is a training config, not one of options",
            "glom-video train FILE trains with it; glom-video config prints a file of options.",
        )


def _check_table(
    path: Path,
    command: Any,
    table: Mapping[str, Any],
    names: tuple[str, ...],
    running: Sequence[str],
) -> None:
    """Check the tables and keys of a file.

    Args:
        names: where the table is.
        running: the command that reads the file, which is suggested first.

    Raises:
        InvalidInput: there is no such table or key; names the first one.
    """
    from glom_video.structures import InvalidInput

    where = f"[{'.'.join(names)}]" if names else "at the top"
    commands: Mapping[str, Any] = getattr(command, "commands", {})
    known = list(commands or _options(command))
    for key, value in table.items():
        if key not in known:
            raise InvalidInput(
                f"{path}: {where} there is no {key!r}",
                _remedy(key, known, commands, names, running),
            )
        if commands and not isinstance(value, dict):
            raise InvalidInput(f"{path}: {where} {key!r} is no table", f"Write [{key}].")
        if commands:
            _check_table(path, commands[key], value, (*names, key), running)


def _remedy(
    key: str,
    known: list[str],
    commands: Mapping[str, Any],
    names: tuple[str, ...],
    running: Sequence[str],
) -> str:
    """For a key that is none: an option without its table, or a slip."""
    owners = [name for name, below in commands.items() if key in _options(below)]
    if owners:
        own = running[len(names)] if len(running) > len(names) else None
        owner = own if own in owners else owners[0]
        return f"Write it into the table of a command, such as [{'.'.join((*names, owner))}]."
    near = get_close_matches(key, known, 1)
    return f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(known)}."


def _names(context: typer.Context) -> list[str]:
    """The words that lead to a command, the program's own left out."""
    names: list[str] = []
    at = context
    while at.parent is not None:
        names.insert(0, str(at.info_name))
        at = at.parent  # type: ignore[assignment]
    return names


def options_of(command: Any) -> Iterator[tuple[str, Any]]:
    """Key and parameter of each option that a file may set."""
    for parameter in command.params:
        long = [name for name in parameter.opts if name.startswith("--")]
        if long and long[0] not in ("--help", "--config"):
            yield long[0].removeprefix("--"), parameter


def _options(command: Any) -> dict[str, Any]:
    return dict(options_of(command))


def _value(where: str, context: typer.Context, option: Any, value: object) -> object:
    """As the command line takes it. Raises InvalidInput for another type or one out of range."""
    from glom_video.structures import InvalidInput

    annotation = inspect.signature(context.command.callback).parameters[option.name].annotation  # type: ignore[arg-type]
    kind, length = _kind(annotation)
    kind = kind if kind in WORDS else str  # what is neither number nor switch is text
    values = value if isinstance(value, list) and length != 1 else [value]
    if has_empty(values):
        raise InvalidInput(f"{where} is empty", "Give a value, or leave the line out.")
    if length not in (None, len(values)) or not all(is_of(each, kind) for each in values):
        wanted = _as_text(value) if kind is str else WORDS[kind]
        raise InvalidInput(f"{where} is {value!r}", f"Give {wanted}.")
    taken = value if length == 1 else values
    try:
        option.process_value(context, taken)
    except typer.BadParameter as error:
        raise InvalidInput(f"{where} is {value!r}", f"{error.message}") from error
    return taken


def _kind(annotation: Any) -> tuple[Any, int | None]:
    """Type of one value, and how many there are; None: any number."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = (each for each in get_args(annotation) if each is not NoneType)
    if get_origin(annotation) is list:
        return get_args(annotation)[0], None
    if get_origin(annotation) is tuple:
        return get_args(annotation)[0], len(get_args(annotation))
    return annotation, 1


def _as_text(value: object) -> str:
    """What to write for a number where text is wanted: times and sizes are text, as in a shell."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f'text: "{value}"' if is_number else "text"

"""Options that several commands share, declared once: a command takes them as one value."""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

Command = Callable[..., None]


def expanded(
    command: Command, name: str, options: Sequence[inspect.Parameter], made: Callable[..., object]
) -> Command:
    """``command`` as typer sees it with ``options`` in place of its parameter ``name``, which is
    what ``made`` makes of them.

    Args:
        options: keyword-only, annotated as typer wants it.
        made: is called with the options by their names, when the command runs.
    """
    taken = [option.name for option in options]

    @wraps(command)
    def run(**given: Any) -> None:
        value = made(**{option: given.pop(option) for option in taken})
        command(**given, **{name: value})

    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command).parameters.values():
        keyword = parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        parameters += options if parameter.name == name else [keyword]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def keyword(name: str, annotation: object, default: object) -> inspect.Parameter:
    """One option, for ``expanded``."""
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )

"""Typed options that would be ignored are refused, or told where a script may give them always. A
config file may hold what a command does not use this time."""

import typer


def is_typed(context: typer.Context, option: str) -> bool:
    """Whether an option stands on the command line."""
    names = {name: each.name for each in context.command.params for name in each.opts}
    source = context.get_parameter_source(names[option])
    return source is not None and source.name == "COMMANDLINE"


def refuse_without(context: typer.Context, needed: str, *options: str) -> None:
    """Raises BadParameter for the first of these that is typed, where only ``needed``, which was
    not given, would use it."""
    for option in options:
        if is_typed(context, option):
            raise typer.BadParameter(
                f"it is for {needed}: give that too, or leave this out", param_hint=option
            )


def tell_without(context: typer.Context, needed: str, *options: str) -> None:
    """A line on stderr for each of these that is typed, where only ``needed``, which was not given,
    would use it."""
    for option in options:
        if is_typed(context, option):
            typer.echo(f"{option} changes nothing without {needed}", err=True)

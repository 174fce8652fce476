"""Empty values are refused: a variable that a script forgot to set is not the current folder."""

from typing import Any

import typer
from typer.core import TyperCommand


class CheckedCommand(TyperCommand):
    """A command that takes no empty value. Of several arguments, such as sources, an empty one is
    left to the command, in which it fails alone."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        parameters: list[Any] = self.get_params(ctx)
        for parameter in parameters:
            value = given.get(parameter.name)
            several = parameter.param_type_name == "argument" and parameter.nargs == -1
            if has_empty(value) and not several:
                raise typer.BadParameter("it is empty", ctx=ctx, param=parameter)
        return super().parse_args(ctx, args)


def has_empty(value: object) -> bool:
    """Whether a value is an empty text, or holds one."""
    return "" in value if isinstance(value, list | tuple) else value == ""

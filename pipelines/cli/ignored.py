"""Options that would be ignored are refused."""

from collections.abc import Mapping

import typer


def refuse_without(needed: str, given: Mapping[str, object]) -> None:
    """Raises BadParameter for the first option that has a value, where only ``needed``, which was
    not given, would use it."""
    for name, value in given.items():
        if value not in (None, []):
            raise typer.BadParameter(
                f"it is for {needed}: give that too, or leave this out", param_hint=name
            )

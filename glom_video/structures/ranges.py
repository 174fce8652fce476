"""Allowed values of settings, declared beside each field and checked when the settings are made.

A field is declared with ``field(default=0.002, metadata=allowed(Range(0.0, 1.0)))``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from glom_video.structures.invalid_input import InvalidInput

ALLOWED = "allowed"
"""The key of a field's metadata."""


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``least`` to ``most``, both included; only integers if ``least`` is an integer.
    nan is in no range."""

    least: int | float
    most: int | float = math.inf

    def __contains__(self, value: object) -> bool:
        kind = int if isinstance(self.least, int) else int | float
        if not isinstance(value, kind) or isinstance(value, bool):
            return False
        return self.least <= value <= self.most

    def __str__(self) -> str:
        least, most = (f"{end:,}".removesuffix(".0") for end in (self.least, self.most))
        return f"{least} or more" if math.isinf(self.most) else f"{least} to {most}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values; True does not count as 1."""

    values: tuple[object, ...]

    def __contains__(self, value: object) -> bool:
        return any(type(value) is type(each) and value == each for each in self.values)

    def __str__(self) -> str:
        return " or ".join(map(str, self.values))


def allowed(values: Range | Choice) -> Mapping[str, Range | Choice]:
    """Metadata of a field that may have these values; its default may lie outside of them."""
    return {ALLOWED: values}


def check_fields(settings: Any) -> None:
    """Check the fields of a dataclass.

    Raises:
        InvalidInput: the value of a field is not allowed; names the first such field.
    """
    check_values(
        type(settings), {each.name: getattr(settings, each.name) for each in fields(settings)}
    )


def check_values(kind: type[Any], values: Mapping[str, object]) -> None:
    """Check values by field name, of any type, before they are passed to the constructor of
    ``kind``.

    Raises:
        InvalidInput: a value is not allowed; names the first such field.
    """
    for item in fields(kind):
        value, within = values.get(item.name, item.default), item.metadata[ALLOWED]
        if value not in within and value is not item.default:
            raise InvalidInput(
                f"{item.name} is {value!r}", f"Give {within}; the default is {item.default}."
            )

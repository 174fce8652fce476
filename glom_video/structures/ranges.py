"""What the fields of a value of settings may be, declared beside them and checked when it is made.

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
    """Numbers from ``least`` to ``most``, both included, and integers only where ``least`` is one.
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
    """One of some values; True is not 1."""

    values: tuple[object, ...]

    def __contains__(self, value: object) -> bool:
        return any(type(value) is type(each) and value == each for each in self.values)

    def __str__(self) -> str:
        return " or ".join(map(str, self.values))


def allowed(values: Range | Choice) -> Mapping[str, Range | Choice]:
    """Metadata of a field that may have these values, and its default whatever that is."""
    return {ALLOWED: values}


def check_fields(settings: Any) -> None:
    """Raises InvalidInput for the first field of a dataclass whose value is not allowed."""
    check_values(
        type(settings), {each.name: getattr(settings, each.name) for each in fields(settings)}
    )


def check_values(kind: type[Any], values: Mapping[str, object]) -> None:
    """Raises InvalidInput for the first of ``values``, by field of ``kind``, that is not allowed.

    For values of any type, which the constructor is not called with.
    """
    for item in fields(kind):
        value, within = values.get(item.name, item.default), item.metadata[ALLOWED]
        if value not in within and value is not item.default:
            raise InvalidInput(
                f"{item.name} is {value!r}", f"Give {within}; the default is {item.default}."
            )

"""What the fields of a value of settings may be, declared beside them and checked when it is made.

A field is declared with ``field(default=0.002, metadata=allowed(Range(0, 1)))``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol

from glom_video.structures.invalid_input import InvalidInput

ALLOWED = "allowed"
"""The key of a field's metadata."""


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``least`` to ``most``, both included; nan is none of them."""

    least: float
    most: float = math.inf
    whole: bool = False
    """Integers only."""

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int if self.whole else int | float) or isinstance(value, bool):
            return False
        return self.least <= value <= self.most

    def __str__(self) -> str:
        if math.isinf(self.most):
            return f"{self.least:,} or more"
        return f"{self.least:,} to {self.most:,}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some values; True is not 1."""

    values: tuple[object, ...]

    def __contains__(self, value: object) -> bool:
        return any(type(value) is type(each) and value == each for each in self.values)

    def __str__(self) -> str:
        return " or ".join(map(str, self.values))


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


def allowed(values: Range | Choice) -> Mapping[str, Range | Choice]:
    """Metadata of a field that may have these values, and its default whatever that is."""
    return {ALLOWED: values}


def check_fields(settings: _Dataclass) -> None:
    """Raises InvalidInput for the first field whose value is not allowed."""
    for item in fields(settings):
        value, within = getattr(settings, item.name), item.metadata[ALLOWED]
        if value not in within and value is not item.default:
            raise InvalidInput(
                f"{item.name} is {value!r}", f"Give {within}; the default is {item.default}."
            )

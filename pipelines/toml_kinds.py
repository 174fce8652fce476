"""Whether what a TOML file states is of the types that settings are declared with."""

from collections.abc import Mapping
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def check_kinds(settings: type[Any], values: Mapping[str, object]) -> None:
    """Check values by field name against a dataclass; names that it lacks, and fields of other
    types than those of WORDS, are left to its constructor.

    Raises:
        TypeError: a value is of another type; names the first one.
    """
    hints = get_type_hints(settings)
    for name, value in values.items():
        hint = hints.get(name)
        kinds = get_args(hint) if get_origin(hint) is UnionType else (hint,)
        wanted = next((kind for kind in kinds if kind in WORDS), None)
        if wanted is not None and not is_of(value, wanted):
            raise TypeError(f"{name} is {value!r}, where {WORDS[wanted]} is due")


def is_of(value: object, wanted: type) -> bool:
    """Whether a value is of one of the types of WORDS. A whole number is a number too; true is
    none."""
    if isinstance(value, bool):
        return wanted is bool
    return isinstance(value, int | float if wanted is float else wanted)

"""Names that a package imports when they are first asked for. torch takes a second to load, and
what needs none, such as a page that shows a camera's picture, does not wait for it."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def imported_late(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """``__getattr__`` of a package. ``homes``: the module of each name.

    Raises:
        AttributeError: by the function, for any other name.
    """

    def named(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return named

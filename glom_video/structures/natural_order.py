"""Sorted as people count: frame 9 before frame 10."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


def naturally_sorted(items: Iterable[Item], key: Callable[[Item], str]) -> list[Item]:
    """The items by the text that ``key`` gives each, numbers in it by their value."""
    found = list(items)
    if len(found) < 2:  # natsort takes a tenth of a second to load
        return found
    from natsort import natsorted

    return natsorted(found, key=key)

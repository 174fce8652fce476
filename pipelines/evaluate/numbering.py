"""Rows of one name are told apart by a number."""

from collections import Counter
from collections.abc import Hashable, Sequence


def endings(names: Sequence[Hashable]) -> list[str]:
    """What each name ends with, in the order given: nothing for the first of its kind, then ``_2``,
    ``_3``."""
    seen: Counter[Hashable] = Counter()
    ends = []
    for name in names:
        seen[name] += 1
        ends.append(f"_{seen[name]}" if seen[name] > 1 else "")
    return ends

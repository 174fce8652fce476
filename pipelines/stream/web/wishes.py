"""What a viewer answers to a picture: that it has drawn it, and what it wants with the next one."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wish:
    """Of one viewer."""

    point: tuple[float, float] | None = None
    """Where it points, in shares of the frame's width and height; None: it wants no island."""
    level: int = 0
    """Of the columns, 0 the lowest."""
    is_held: bool = False
    """It wants no newer picture, and asks about the one that it has."""


def wish_of(message: str) -> Wish:
    """Out of JSON with ``point`` ([x, y] or null), ``level`` and ``is_held``. Raises ValueError for
    anything else."""
    try:
        told = json.loads(message)
        point, level, is_held = told["point"], told["level"], told["is_held"]
    except (KeyError, TypeError, RecursionError):
        raise ValueError("a wish has point, level and is_held") from None
    if type(level) is not int or level < 0 or type(is_held) is not bool:
        raise ValueError("level is a number from 0 up, is_held true or false")
    return Wish(None if point is None else _place(point), level, is_held)


def _place(point: object) -> tuple[float, float]:
    if not isinstance(point, list) or len(point) != 2:
        raise ValueError("a point is [x, y]")
    x, y = (float(at) if type(at) in (int, float) else -1.0 for at in point)
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise ValueError("x and y are shares of the frame, in [0, 1]")
    return x, y

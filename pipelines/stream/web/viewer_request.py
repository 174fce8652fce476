"""A viewer's answer to a picture: it has drawn it, and asks for what it needs with the next one."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ViewerRequest:
    """What one viewer asks for with the next picture."""

    point: tuple[float, float] | None = None
    """(x, y) it points at, shares of the frame's width and height in [0, 1]; None: no island."""
    level: int = 0
    """Level of the columns that the island is of, 0 the lowest."""
    is_held: bool = False
    """Whether it keeps the picture it has and asks about that one."""


def request_of(message: str) -> ViewerRequest:
    """The request in JSON: ``point`` ([x, y] or null), ``level`` and ``is_held``.

    Raises:
        ValueError: the message is anything else.
    """
    try:
        told = json.loads(message)
        point, level, is_held = told["point"], told["level"], told["is_held"]
    except (KeyError, TypeError, RecursionError):
        raise ValueError("a request has point, level and is_held") from None
    if type(level) is not int or level < 0 or type(is_held) is not bool:
        raise ValueError("level is a number from 0 up, is_held true or false")
    return ViewerRequest(None if point is None else _place(point), level, is_held)


def _place(point: object) -> tuple[float, float]:
    if not isinstance(point, list) or len(point) != 2:
        raise ValueError("a point is [x, y]")
    if not all(type(at) in (int, float) and 0 <= at <= 1 for at in point):
        raise ValueError("x and y are shares of the frame, in [0, 1]")
    return float(point[0]), float(point[1])

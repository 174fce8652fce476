"""Zones and lines in the picture, in fractions of its width and height."""

import math
from dataclasses import dataclass

import numpy as np

from glom_video.structures import InvalidInput

Point = tuple[float, float]
"""x, y in [0, 1]."""
MOST_PLACES = 32
"""Zones and lines in all."""
MOST_POINTS = 32
"""Of one zone."""
MOST_NAME_SIGNS = 40
"""Characters of a name."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon.

    Raises:
        InvalidInput: the name or the points cannot be used.
    """

    name: str
    points: tuple[Point, ...]
    """Three or more corners."""
    source: str | None = None
    """The source as shown, credentials removed; None: every source."""

    def __post_init__(self) -> None:
        _check(self.name, self.points, 3, MOST_POINTS)

    def contains(self, point: Point) -> bool:
        """Whether a point lies inside or on the edge."""
        import cv2

        corners = np.array(self.points, np.float32)
        return cv2.pointPolygonTest(corners, point, measureDist=False) >= 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line from one point to another."""

    name: str
    points: tuple[Point, ...]
    """Two."""
    source: str | None = None
    """As of Zone."""

    def __post_init__(self) -> None:
        _check(self.name, self.points, 2, 2)
        if self.points[0] == self.points[1]:
            raise InvalidInput(f"the line {self.name!r} has no length", "Give two points.")

    def crossed(self, before: Point, now: Point) -> int:
        """1 if the path from ``before`` to ``now`` crosses the line to its right, looking from its
        first point to its second, -1 to its left, 0 if it does not cross."""
        start, end = self.points
        was, is_now = _side(start, end, before), _side(start, end, now)
        if was == is_now or _side(before, now, start) == _side(before, now, end):
            return 0
        return 1 if is_now else -1


@dataclass(frozen=True, slots=True)
class Places:
    """All zones and lines.

    Raises:
        InvalidInput: there are too many, or two of one name and source.
    """

    zones: tuple[Zone, ...] = ()
    lines: tuple[Line, ...] = ()

    def __post_init__(self) -> None:
        everything = self.everything
        if len(everything) > MOST_PLACES:
            raise InvalidInput(
                f"{len(everything)} zones and lines", f"Give at most {MOST_PLACES} in all."
            )
        for number, place in enumerate(everything):
            for other in everything[:number]:
                same_source = None in (place.source, other.source) or place.source == other.source
                if place.name == other.name and same_source:
                    raise InvalidInput(
                        f"two zones or lines are called {place.name!r}",
                        "Give each a name of its own.",
                    )

    @property
    def everything(self) -> tuple[Zone | Line, ...]:
        """Zones, then lines."""
        return (*self.zones, *self.lines)

    def changed(self, added: "Places", removed: "Places") -> "Places":
        """Without those of ``removed``, and with those of ``added``. Raises InvalidInput as a
        new one."""
        return Places(
            (*(zone for zone in self.zones if zone not in removed.zones), *added.zones),
            (*(line for line in self.lines if line not in removed.lines), *added.lines),
        )

    def of(self, source: str) -> "Places":
        """Zones and lines of one source."""
        return Places(
            tuple(zone for zone in self.zones if zone.source in (None, source)),
            tuple(line for line in self.lines if line.source in (None, source)),
        )


NO_PLACES = Places()


def _side(start: Point, end: Point, point: Point) -> bool:
    """Whether a point lies right of the line through two others (y points down)."""
    return (end[0] - start[0]) * (point[1] - start[1]) > (end[1] - start[1]) * (point[0] - start[0])


def _check(name: str, points: tuple[Point, ...], least: int, most: int) -> None:
    if not (0 < len(name) <= MOST_NAME_SIGNS and name.isprintable() and name.strip() == name):
        raise InvalidInput(
            f"{name[:60]!r} is no name for a zone or line",
            f"Give 1 to {MOST_NAME_SIGNS} signs that can be printed, none of them a blank at an "
            "end.",
        )
    if not least <= len(points) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise InvalidInput(f"{name!r} has {len(points)} points", f"Give {wanted}.")
    for point in points:
        if not all(math.isfinite(part) and 0 <= part <= 1 for part in point):
            raise InvalidInput(
                f"{name!r} has a point at {point}",
                "Give x and y as fractions of the picture's width and height, 0 to 1.",
            )

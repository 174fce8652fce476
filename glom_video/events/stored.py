"""Zones and lines in a JSON file, and as plain values."""

import json
from pathlib import Path
from typing import Any

from glom_video.events.places import Line, Places, Zone
from glom_video.structures import InvalidInput, write_whole

FORMAT_VERSION = 1
"""Of the file of zones and lines."""
SHAPE = (
    'Give {"zones": [{"name": "door", "points": [[0.1, 0.2], [0.4, 0.2], [0.4, 0.9]]}], '
    '"lines": [...]}, with points as fractions of width and height.'
)
"""Remedy for a file that holds something else."""


def read_places(path: Path) -> Places:
    """Read a file of zones and lines.

    Raises:
        InvalidInput: the file cannot be read or holds something else.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInput(
            f"the zones {path} cannot be read: {error.strerror or error}",
            "Name a file of zones and lines.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"the zones {path} are no JSON", SHAPE) from error
    if isinstance(stored, dict) and stored.get("format_version", 1) != FORMAT_VERSION:
        raise InvalidInput(
            f"the zones {path} have format_version {stored['format_version']!r}",
            f"This version reads {FORMAT_VERSION}.",
        )
    try:
        return places_from_plain(stored)
    except InvalidInput as error:
        raise InvalidInput(f"the zones {path}: {error.cause}", error.remedy) from error


def write_places(path: Path, places: Places) -> None:
    """Write zones and lines, replacing the file as a whole.

    Raises:
        InvalidInput: it cannot be written.
    """
    content = {"format_version": FORMAT_VERSION, **places_to_plain(places)}
    try:
        write_whole(path, (json.dumps(content, indent=1) + "\n").encode())
    except OSError as error:
        raise InvalidInput(
            f"the zones {path} cannot be written: {error.strerror or error}",
            "Check the folder's permissions and the free space on its disk.",
        ) from error


def places_to_plain(places: Places) -> dict[str, Any]:
    """Plain values for JSON."""
    return {
        kind: [
            {
                "name": place.name,
                "points": [list(point) for point in place.points],
                "source": place.source,
            }
            for place in of_kind
        ]
        for kind, of_kind in (("zones", places.zones), ("lines", places.lines))
    }


def places_from_plain(stored: Any) -> Places:
    """Inverse of ``places_to_plain``.

    Raises:
        InvalidInput: it is anything else.
    """
    known = {"zones", "lines", "format_version"}
    if not isinstance(stored, dict) or not stored.keys() <= known:
        raise InvalidInput("these are no zones and lines", SHAPE)
    try:
        return Places(
            tuple(Zone(*_fields(item)) for item in stored.get("zones", [])),
            tuple(Line(*_fields(item)) for item in stored.get("lines", [])),
        )
    except (TypeError, KeyError) as error:
        raise InvalidInput("these are no zones and lines", SHAPE) from error


def _fields(item: Any) -> tuple[str, tuple[tuple[float, float], ...], str | None]:
    """Raises TypeError or KeyError for what is no zone or line."""
    name, source = item["name"], item.get("source")
    is_named = isinstance(name, str) and isinstance(source, str | None)
    if not is_named or not item.keys() <= {"name", "points", "source"}:
        raise TypeError
    return name, tuple(_point(point) for point in item["points"]), source


def _point(pair: Any) -> tuple[float, float]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise TypeError
    if not all(isinstance(part, int | float) and not isinstance(part, bool) for part in pair):
        raise TypeError
    try:
        return float(pair[0]), float(pair[1])
    except OverflowError as error:  # a number of hundreds of digits
        raise TypeError from error

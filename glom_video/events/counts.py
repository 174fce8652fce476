"""Counts of entries, exits and crossings."""

from collections import Counter
from typing import Any

from glom_video.events.event import Event
from glom_video.events.places import Places


class PlaceCounts:
    """Sums of events by place. A place that is removed is forgotten."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, event: Event) -> None:
        """Count an event, if it has a place."""
        if event.place is not None:
            self._counts[event.place, event.direction or event.kind] += 1

    def keep(self, places: Places) -> None:
        """Forget places that are not among these."""
        names = {place.name for place in places.everything}
        self._counts = Counter({key: n for key, n in self._counts.items() if key[0] in names})

    def of(self, places: Places) -> dict[str, dict[str, Any]]:
        """Counts by name. A zone has ``inside`` (now), ``entered`` and ``left``, a line ``to_left``
        and ``to_right``."""
        counted: dict[str, dict[str, Any]] = {}
        for zone in places.zones:
            entered = self._counts[zone.name, "entered_zone"]
            left = self._counts[zone.name, "left_zone"]
            counted[zone.name] = {"inside": entered - left, "entered": entered, "left": left}
        for line in places.lines:
            left, right = (self._counts[line.name, side] for side in ("left", "right"))
            counted[line.name] = {"to_left": left, "to_right": right}
        return counted

"""Events of objects: they appear or leave, split or merge, enter or leave a zone, cross a line.

``event`` is the value, ``places`` the zones and lines, ``stored`` their file, ``held`` decides when
a change counts, ``succession`` which object another came out of or went into, ``detector`` does all
of it frame by frame, ``counts`` sums entries and crossings.
"""

from glom_video.events.counts import PlaceCounts
from glom_video.events.detector import EventDetector
from glom_video.events.event import KINDS, Event, EventKind
from glom_video.events.places import NO_PLACES, Line, Places, Zone
from glom_video.events.stored import places_from_plain, places_to_plain, read_places, write_places

__all__ = [
    "KINDS",
    "NO_PLACES",
    "Event",
    "EventDetector",
    "EventKind",
    "Line",
    "PlaceCounts",
    "Places",
    "Zone",
    "places_from_plain",
    "places_to_plain",
    "read_places",
    "write_places",
]

"""What happens to objects, as events: who appeared or left, split or merged, entered or left a
zone, crossed a line.

``event`` is the value, ``places`` the zones and lines, ``stored`` their file, ``held`` when a
change counts, ``succession`` which object another came out of or went into, ``watch`` all of it
frame by frame, ``counts`` how often each zone was entered and each line crossed.
"""

from glom_video.events.counts import PlaceCounts
from glom_video.events.event import KINDS, Event, EventKind
from glom_video.events.places import NO_PLACES, Line, Places, Zone
from glom_video.events.stored import places_from_plain, places_to_plain, read_places, write_places
from glom_video.events.watch import EventWatch

__all__ = [
    "KINDS",
    "NO_PLACES",
    "Event",
    "EventKind",
    "EventWatch",
    "Line",
    "PlaceCounts",
    "Places",
    "Zone",
    "places_from_plain",
    "places_to_plain",
    "read_places",
    "write_places",
]

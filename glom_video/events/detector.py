"""Tracks in, events out, frame by frame."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from glom_video.events.event import Direction, Event, EventKind
from glom_video.events.held import Held, Moment
from glom_video.events.places import NO_PLACES, Places, Point
from glom_video.events.succession import came_out_of, went_into
from glom_video.structures import Percept, Tracks


@dataclass(slots=True)
class _Observed:
    """What is remembered of one object."""

    seen_in: Held[int]
    """Id of the object that it is seen as one with, or its own."""
    is_present: Held[bool] = field(default_factory=lambda: Held(False))
    zones: dict[str, Held[bool]] = field(default_factory=dict)
    """Per zone, by name, whether the object is inside."""
    lines: dict[str, Held[int]] = field(default_factory=dict)
    """Per line, by name, crossings to the right minus crossings to the left."""
    crossings: dict[str, int] = field(default_factory=dict)
    """The same, as seen at the moment."""
    centre: Point | None = None
    """Its last place in this scene."""
    came_out_of: int | None = None
    went_into: int | None = None


class EventDetector:
    """Detects the events of one clip or stream, in constant memory.

    An event is reported once its state has lasted for ``held.HOLD_SECONDS``, with the time at which
    it began. Each id appears once before it leaves, and may appear again: ids that appeared minus
    those that left are ``present``, and ids that entered a zone minus those that left it are
    inside. An object is where its centre is. One that splits off or goes into another, without
    having been reported as one with it, also appears or leaves.
    """

    def __init__(self) -> None:
        self._objects: dict[int, _Observed] = {}
        self._before: Tracks | None = None
        self._last: Moment | None = None

    def take_up(self, places: Places) -> list[Event]:
        """Zones that are new among ``places``: what is there, and in them, has entered them with
        the last frame. ``update`` does so by itself."""
        if self._last is None:
            return []
        told: list[Event] = []
        for number, observed in sorted(self._objects.items()):
            if observed.is_present.value and observed.centre is not None:
                told += _taken_up(number, observed, observed.centre, places, self._last)
        return told

    @property
    def present(self) -> set[int]:
        """Ids of the objects that are present, members of others included."""
        return {number for number, each in self._objects.items() if each.is_present.value}

    def update(self, percept: Percept, places: Places = NO_PLACES) -> list[Event]:
        """Events that became certain with this frame, in the order of ids. ``places`` may change
        from frame to frame. Damaged pictures are skipped."""
        if percept.frame.is_corrupt:
            return []
        told = self.take_up(places)
        tracks = percept.tracks["object"]
        now = self._last = Moment(percept.frame.index, percept.frame.pts_seconds)
        carriers = {member: row for row, members in enumerate(tracks.members) for member in members}
        before, self._before = self._before, tracks
        if percept.reset is not None:  # nothing of another scene is carried over
            before = None
            for each in self._objects.values():
                each.centre = None
        if before is not None:
            self._notice_successions(before, tracks, carriers)
        for number in sorted(self._objects.keys() | carriers.keys()):
            row = carriers.get(number)
            if row is None:
                told += self._unseen(number, now)
                continue
            seen_in = int(tracks.ids[row])
            if number not in self._objects:
                origin = None if before is None else came_out_of(before, tracks, number)
                self._objects[number] = _Observed(Held(seen_in), came_out_of=origin)
            x, y = tracks.pose[row, :2].tolist()
            told += _seen(number, self._objects[number], seen_in, (x, y), places, now)
        return told

    def _notice_successions(self, before: Tracks, now: Tracks, carriers: dict[int, int]) -> None:
        for number in set(before.ids.tolist()) - carriers.keys():
            if number in self._objects:
                self._objects[number].went_into = went_into(before, now, number)

    def _unseen(self, number: int, now: Moment) -> Iterator[Event]:
        observed = self._objects[number]
        if not observed.is_present.value:
            del self._objects[number]
            return
        since = observed.is_present.update(False, now)
        if since is None:
            return
        del self._objects[number]
        for name, inside in observed.zones.items():
            if inside.value:
                yield Event("left_zone", number, *since, place=name)
        if observed.went_into is not None:
            yield Event("merged", number, *since, other_id=observed.went_into)
        yield Event("left", number, *since)


def _taken_up(
    number: int, observed: _Observed, centre: Point, places: Places, last: Moment
) -> Iterator[Event]:
    known = observed.zones
    observed.zones = {}
    for zone in places.zones:
        is_entered = zone.name not in known and zone.contains(centre)
        observed.zones[zone.name] = known.get(zone.name, Held(is_entered))
        if is_entered:
            yield Event("entered_zone", number, *last, place=zone.name)


def _seen(
    number: int, observed: _Observed, seen_in: int, centre: Point, places: Places, now: Moment
) -> Iterator[Event]:
    observed.went_into = None
    if (since := observed.is_present.update(True, now)) is not None:
        yield Event("appeared", number, *since)
        if observed.came_out_of is not None:
            yield Event("split", number, *since, other_id=observed.came_out_of)
    was_in = observed.seen_in.value
    if (since := observed.seen_in.update(seen_in, now)) is not None:
        if was_in != number:
            yield Event("split", number, *since, other_id=was_in)
        if seen_in != number:
            yield Event("merged", number, *since, other_id=seen_in)
    yield from _zones(number, observed, centre, places, now)
    yield from _lines(number, observed, centre, places, now)
    observed.centre = centre


def _zones(
    number: int, observed: _Observed, centre: Point, places: Places, now: Moment
) -> Iterator[Event]:
    observed.zones = {
        zone.name: observed.zones.get(zone.name, Held(False)) for zone in places.zones
    }
    for zone in places.zones:
        since = observed.zones[zone.name].update(zone.contains(centre), now)
        if since is not None:
            kind: EventKind = "entered_zone" if observed.zones[zone.name].value else "left_zone"
            yield Event(kind, number, *since, place=zone.name)


def _lines(
    number: int, observed: _Observed, centre: Point, places: Places, now: Moment
) -> Iterator[Event]:
    observed.lines = {line.name: observed.lines.get(line.name, Held(0)) for line in places.lines}
    observed.crossings = {line.name: observed.crossings.get(line.name, 0) for line in places.lines}
    for line in places.lines:
        if observed.centre is not None:
            observed.crossings[line.name] += line.crossed(observed.centre, centre)
        before = observed.lines[line.name].value
        since = observed.lines[line.name].update(observed.crossings[line.name], now)
        if since is not None:
            side: Direction = "right" if observed.lines[line.name].value > before else "left"
            yield Event("crossed_line", number, *since, place=line.name, direction=side)

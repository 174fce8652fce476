"""The events of one live source: watched, counted, listed and logged."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from glom_video.events import NO_PLACES, Event, EventDetector, PlaceCounts, Places
from glom_video.structures import InvalidInput, Percept
from glom_video_pipelines.stream.events.event_log import EventLog
from glom_video_pipelines.stream.events.zone_store import ZoneStore

LISTED = 40
"""Events that a page lists."""


class LiveEvents:
    """Fed by the loop; zones are changed, and all else is read, from any thread.

    ``is_only``: its source is the only one of the run, so that zones drawn for it hold for every
    source.
    """

    def __init__(
        self,
        source: str,
        store: ZoneStore,
        log: EventLog | None = None,
        *,
        is_only: bool = True,
        send: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        """``send``: called with what is logged of each event; must not wait."""
        self.named_source = None if is_only else source
        """What zones are drawn for."""
        self._source, self._store, self._log, self._send = source, store, log, send
        self._detector, self._counts = EventDetector(), PlaceCounts()
        self._rows: deque[dict[str, Any]] = deque(maxlen=LISTED)
        self._told = 0
        self._newest: Percept | None = None
        self._counted = NO_PLACES

    @property
    def places(self) -> Places:
        """Zones and lines of this source."""
        return self._store.places.of(self._source)

    def change_places(self, *, added: Places = NO_PLACES, removed: Places = NO_PLACES) -> None:
        """Raises InvalidInput for zones of another source, and as ``ZoneStore.change``."""
        concerned = (*added.everything, *removed.everything)
        if any(each.source not in (None, self.named_source) for each in concerned):
            raise InvalidInput("a zone is of another source", "Draw it on that source's picture.")
        self._store.change(added=added, removed=removed)

    def add(self, percept: Percept) -> None:
        """One frame. Raises InvalidInput once, if the log cannot be written any longer."""
        self._newest, places = percept, self._counted_places()
        self._tell(percept, self._detector.update(percept, places))

    def apply_changed_places(self) -> None:
        """While no frame comes: what is in a zone that was drawn since has entered it. Raises
        InvalidInput as ``add``."""
        if self._newest is not None and self.places != self._counted:
            self._tell(self._newest, self._detector.take_up(self._counted_places()))

    def _counted_places(self) -> Places:
        self._counted = self.places
        self._counts.keep(self._counted)
        return self._counted

    def _tell(self, percept: Percept, events: Sequence[Event]) -> None:
        rows = [self._row(percept, event) for event in events]
        log, failure = self._log, None
        for row in rows:
            if self._send is not None:
                self._send(row)
            try:
                if log is not None:
                    log.write(row)
            except InvalidInput as error:
                self._log, log, failure = None, None, error
        if failure is not None:
            raise failure

    def _row(self, percept: Percept, event: Event) -> dict[str, Any]:
        self._counts.add(event)
        ago = percept.frame.pts_seconds - event.pts_seconds
        at = datetime.fromtimestamp(time.time() - ago, UTC).isoformat(timespec="milliseconds")
        row = {"at": at, "source": self._source, **event.to_plain()}
        self._told += 1
        self._rows.append({"number": self._told, **row})
        return row

    def newest_rows(self) -> list[dict[str, Any]]:
        """The last ones, oldest first: as they are logged, each with its ``number``."""
        return list(self._rows)

    def counts(self, places: Places) -> dict[str, dict[str, Any]]:
        """Of each of these zones and lines, as PlaceCounts tells them."""
        return self._counts.of(places)

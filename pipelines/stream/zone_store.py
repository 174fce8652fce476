"""The zones and lines of a run, and the file that keeps them."""

import threading
from pathlib import Path

from glom_video.events import NO_PLACES, Places, read_places, write_places


class ZoneStore:
    """Every method may be called from any thread. Raises InvalidInput for a file that holds
    something else; one that is not there is begun with the first zone that is drawn."""

    def __init__(self, path: Path | None) -> None:
        """``path`` None: they last as long as the run."""
        self._path = path
        self._changing = threading.Lock()
        self.places = read_places(path) if path is not None and path.exists() else NO_PLACES

    def change(self, source: str, places: Places) -> None:
        """Give those of one source anew; the other sources' stay. Raises InvalidInput for places
        that cannot be told apart, or that cannot be kept."""
        with self._changing:
            mine = self.places.of(source).everything
            changed = Places(
                (*(zone for zone in self.places.zones if zone not in mine), *places.zones),
                (*(line for line in self.places.lines if line not in mine), *places.lines),
            )
            if self._path is not None:
                write_places(self._path, changed)
            self.places = changed

"""The zones and lines of a run, and the file that keeps them."""

import threading
from pathlib import Path

from glom_video.events import NO_PLACES, Places, read_places, write_places


class ZoneStore:
    """Every method may be called from any thread. Raises InvalidInput for a file that holds
    something else; one that is not there is begun with the first zone that is drawn, and refused
    where none can be drawn."""

    def __init__(self, path: Path | None, *, can_draw: bool = True) -> None:
        """``path`` None: they last as long as the run. ``can_draw``: whether there is a page."""
        self._path = path
        self._changing = threading.Lock()
        is_read = path is not None and (path.exists() or not can_draw)
        self.places = read_places(path) if path is not None and is_read else NO_PLACES

    def change(self, *, added: Places = NO_PLACES, removed: Places = NO_PLACES) -> None:
        """Take some away and add others; what else is there stays. Raises InvalidInput for places
        that cannot be told apart, or that cannot be kept."""
        with self._changing:
            changed = self._kept().changed(added, removed)
            if self._path is not None:
                write_places(self._path, changed)
            self.places = changed

    def _kept(self) -> Places:
        """What is there now: another run, or a user, may have changed the file since it was
        read."""
        if self._path is not None and self._path.exists():
            return read_places(self._path)
        return self.places

"""How long no frame has come, and since when viewers know of it."""

import time

OUTAGE_SECONDS = 2.0
"""Without a frame, after which viewers get a notice."""


class Outage:
    """Counted from when frames come to the loop: the last one may be old by itself."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self.since: float | None = None
        """When the last frame came, by ``time.time()``, once viewers know of an outage."""

    def end(self) -> bool:
        """A frame has come, or none is due; whether viewers knew of an outage."""
        was_known, self.since = self.since is not None, None
        self._last = time.monotonic()
        return was_known

    def begins(self, *, has_begun: bool) -> bool:
        """No frame has come again; whether that is news. Before the very first there is none."""
        silent = time.monotonic() - self._last
        if not has_begun or self.since is not None or silent <= OUTAGE_SECONDS:
            return False
        self.since = time.time() - silent
        return True

"""How the live picture is drawn, and what viewers ask for while it runs."""

import threading
from collections import deque
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Any

from glom_video.structures import LEVEL_NAMES, LevelName

OPACITIES = (0.5, 0.8, 0.0, 0.25)
"""What a key steps through."""
LEVELS: tuple[LevelName | None, ...] = (None, *LEVEL_NAMES[::-1])
"""None: both."""


@dataclass(frozen=True, slots=True)
class DisplayOptions:
    """One for all viewers and for the recording: what is seen is what is recorded."""

    level: LevelName | None = None
    opacity: float = 0.5
    with_ids: bool = True
    changes: int = 0
    """How many changes led here: by it a viewer knows states from before its own change."""

    def next_level(self) -> "DisplayOptions":
        return self._with(level=LEVELS[(LEVELS.index(self.level) + 1) % len(LEVELS)])

    def next_opacity(self) -> "DisplayOptions":
        place = OPACITIES.index(self.opacity) + 1 if self.opacity in OPACITIES else 0
        return self._with(opacity=OPACITIES[place % len(OPACITIES)])

    def next_ids(self) -> "DisplayOptions":
        return self._with(with_ids=not self.with_ids)

    def changed(self, request: Any) -> "DisplayOptions":
        """With the values of a request; raises ValueError where it is not valid."""
        if not isinstance(request, dict) or not request.keys() <= {"level", "opacity", "with_ids"}:
            raise ValueError("give level, opacity and with_ids")
        options = self._with(**request)
        if (
            options.level not in LEVELS
            or type(options.with_ids) is not bool
            or type(options.opacity) not in (int, float)
            or not 0 <= options.opacity <= 1
        ):
            raise ValueError(
                "level is part, object or null, opacity from 0 to 1, with_ids true or false"
            )
        return replace(options, opacity=float(options.opacity))

    def _with(self, **values: Any) -> "DisplayOptions":
        return replace(self, **values, changes=self.changes + 1)


class Controls:
    """Between the viewers and the loop; every method may be called from any thread."""

    def __init__(self) -> None:
        self.display = DisplayOptions()
        self._reset = threading.Event()
        self._recording: SimpleQueue[bool | None] = SimpleQueue()
        self._notices: deque[str] = deque(maxlen=16)

    def request_reset(self) -> None:
        """The model begins anew with the next frame."""
        self._reset.set()

    def take_reset(self) -> bool:
        is_requested = self._reset.is_set()
        self._reset.clear()
        return is_requested

    def request_recording(self, wanted: bool | None = None) -> None:
        """Begin or finish a recording; None: whichever is not the case."""
        self._recording.put(wanted)

    def take_recording(self, is_recording: bool) -> bool:
        """Whether to record from now on."""
        while True:
            try:
                wanted = self._recording.get_nowait()
            except Empty:
                return is_recording
            is_recording = not is_recording if wanted is None else wanted

    def notify(self, notice: str) -> None:
        """One line that viewers should see."""
        self._notices.append(notice)

    def take_notices(self) -> list[str]:
        return [self._notices.popleft() for _ in range(len(self._notices))]

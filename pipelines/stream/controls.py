"""What viewers ask for while it runs: another way to draw, a recording, a reset."""

import threading
from collections import deque
from dataclasses import replace
from queue import Empty, SimpleQueue
from typing import Any

from glom_video.render import DrawSettings
from glom_video.structures import LEVEL_NAMES, InvalidInput, LevelName, check_values

OPACITIES = (0.5, 0.8, 0.0, 0.25)
"""What a key steps through."""
LEVELS: tuple[LevelName | None, ...] = (None, *LEVEL_NAMES[::-1])
"""None: both."""


def next_level(display: DrawSettings) -> DrawSettings:
    return replace(display, level=LEVELS[(LEVELS.index(display.level) + 1) % len(LEVELS)])


def next_opacity(display: DrawSettings) -> DrawSettings:
    place = OPACITIES.index(display.opacity) + 1 if display.opacity in OPACITIES else 0
    return replace(display, opacity=OPACITIES[place % len(OPACITIES)])


def next_ids(display: DrawSettings) -> DrawSettings:
    return replace(display, with_ids=not display.with_ids)


def changed(display: DrawSettings, request: Any) -> DrawSettings:
    """With the values of a request; raises ValueError where it is not valid."""
    if not isinstance(request, dict) or not request.keys() <= {"level", "opacity", "with_ids"}:
        raise ValueError("give level, opacity and with_ids")
    try:
        check_values(DrawSettings, request)
    except InvalidInput as error:
        raise ValueError(f"{error.cause}. {error.remedy}") from None
    if "opacity" in request:
        request = {**request, "opacity": float(request["opacity"])}
    return replace(display, **request)


class Controls:
    """Between the viewers and the loop; every method may be called from any thread."""

    def __init__(self, display: DrawSettings | None = None) -> None:
        self._display = display or DrawSettings(), 0
        self._reset = threading.Event()
        self._recording: SimpleQueue[bool | None] = SimpleQueue()
        self._notices: deque[str] = deque(maxlen=16)

    @property
    def display(self) -> DrawSettings:
        """One for all viewers and for the recording: what is seen is what is recorded."""
        return self._display[0]

    @display.setter
    def display(self, display: DrawSettings) -> None:
        self._display = display, self._display[1] + 1

    def numbered_display(self) -> tuple[DrawSettings, int]:
        """With the count of changes that led to it: by that a viewer knows states from before its
        own change."""
        return self._display

    def request_reset(self) -> None:
        """The model begins anew with the next frame."""
        self._reset.set()

    def take_reset(self) -> bool:
        is_requested = self._reset.is_set()
        if is_requested:  # else one that comes just now would be lost
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

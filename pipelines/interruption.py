"""Signal handling: SIGINT (Ctrl-C) and SIGTERM end a loop after the item at hand, so that what is
being written can be finished."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

EXIT_CODE = 130
"""As shells give it after SIGINT: 128 + 2."""


@contextmanager
def interruption() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set: the loop that checks it ends after the frame at hand. A
    second signal raises KeyboardInterrupt at once.

    Signals reach the main thread only; in any other the event is simply never set.
    """
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {
        number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

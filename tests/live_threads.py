"""The thread of a live source, which no test may leave behind."""

import threading
import time
from collections.abc import Iterator

import pytest


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()
    deadline = time.monotonic() + 3
    while grabbing() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not grabbing()


def grabbing() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("grab")]

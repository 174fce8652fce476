"""The thread of a live source, which no test may leave behind."""

import threading
from collections.abc import Iterator

import pytest
from waiting import wait_for


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()
    wait_for(lambda: not grabbing(), 3)


def grabbing() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("grab")]

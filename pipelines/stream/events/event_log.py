"""Events of a live run in a file, a line of JSON each, as they are told."""

import json
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Any

from glom_video.formats.partial import writing


class EventLog:
    """Appends to a file; from any thread. Raises InvalidInput if it cannot be written."""

    def __init__(self, path: Path) -> None:
        self._path, self._turn = path, threading.Lock()
        with writing(path):
            self._file = path.open("ab", buffering=0)

    def write(self, row: Mapping[str, Any]) -> None:
        """One line, in the file when this returns."""
        with writing(self._path), self._turn:
            self._file.write((json.dumps(row) + "\n").encode())

    def close(self) -> None:
        self._file.close()


def opened_log(path: Path | None) -> AbstractContextManager[EventLog | None]:
    """None where none is wanted."""
    return nullcontext() if path is None else closing(EventLog(path))

"""Events of a live run in a file, a line of JSON each, as they are told."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from glom_video.structures import InvalidInput


class EventLog:
    """Appends to a file; from any thread. Raises InvalidInput if it cannot be written."""

    def __init__(self, path: Path) -> None:
        self._path, self._writing = path, threading.Lock()
        try:
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise self._failure(error) from error

    def write(self, row: Mapping[str, Any]) -> None:
        """One line, in the file when this returns."""
        try:
            with self._writing:
                self._file.write((json.dumps(row) + "\n").encode())
        except OSError as error:
            raise self._failure(error) from error

    def close(self) -> None:
        self._file.close()

    def _failure(self, error: OSError) -> InvalidInput:
        return InvalidInput(
            f"{self._path} cannot be written: {error.strerror or error}",
            "Check the folder's permissions and the free space on its disk.",
        )


@contextmanager
def opened_log(path: Path | None) -> Iterator[EventLog | None]:
    """None where none is wanted."""
    if path is None:
        yield None
        return
    log = EventLog(path)
    try:
        yield log
    finally:
        log.close()

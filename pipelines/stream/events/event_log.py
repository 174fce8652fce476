"""Events of a live run in a file, a line of JSON each, as they are told."""

import errno
import json
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from glom_video.formats.partial import writing
from glom_video.structures import InvalidInput

LONGEST_LINE = 65_536
"""Bytes; an event has some hundred."""


class EventLog:
    """Appends to a file; from any thread. Raises InvalidInput if it cannot be written, or holds
    something other than events."""

    def __init__(self, path: Path) -> None:
        _refuse_others(path)
        self._path, self._turn = path, threading.Lock()
        self.has_failed = False
        """Whether an event could not be written."""
        with writing(path):
            self._begins_line = _begins_line(path)
            self._file = path.open("ab", buffering=0)

    def write(self, row: Mapping[str, Any]) -> None:
        """One line, in the file when this returns, or not at all. It begins anew where a run that
        was killed left half a line."""
        line = (json.dumps(row) + "\n").encode()
        try:
            with writing(self._path), self._turn:
                left = line if self._begins_line else b"\n" + line
                written = self._file.write(left)
                if written < len(left):  # a disk may take a part of what it has no room for
                    self._file.truncate(self._file.tell() - written)
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                self._begins_line = True
        except InvalidInput:
            self.has_failed = True
            raise

    def close(self) -> None:
        self._file.close()


def _begins_line(path: Path) -> bool:
    """Whether what is appended begins a line: that of a run that was killed may have been cut."""
    if not path.is_file() or not path.stat().st_size:
        return True
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read() == b"\n"


def _refuse_others(path: Path) -> None:
    """Raises InvalidInput for a file that no line may be appended to, such as a source."""
    if not path.is_file():
        return
    with writing(path), path.open("rb") as file:
        first = file.readline(LONGEST_LINE)
    try:
        holds_events = not first or "kind" in json.loads(first)
    except (ValueError, TypeError, RecursionError):
        holds_events = False
    if not holds_events:
        raise InvalidInput(
            f"{path} holds something other than events",
            "Name another file with --events, or an earlier one, which is continued.",
        )


@contextmanager
def opened_log(path: Path | None) -> Iterator[EventLog | None]:
    """A log for the length of the block; None where none is wanted. A file that was made for it
    goes again if the block fails before there is an event."""
    if path is None:
        yield None
        return
    is_new = not path.exists()
    try:
        with closing(EventLog(path)) as log:
            yield log
    except BaseException:
        if is_new and path.exists() and not path.stat().st_size:
            path.unlink()
        raise

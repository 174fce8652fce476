"""stdout and stderr that never end the work: it matters more than what is told of it."""

import io
import os
import stat
import sys
from typing import Any


def open_standard_streams() -> None:
    """Make stdout and stderr safe to write to. A closed one discards its text, and so does one that
    a shell script's own file has got the number of, or a pipe whose reader has ended, as in
    ``glom-video annotate ... | head -1``; characters that an encoding lacks are escaped."""
    for name in ("stdout", "stderr"):
        opened = getattr(sys, name)
        if opened is None or _is_only_read(opened):
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - until the process ends
        elif isinstance(opened, io.TextIOWrapper):
            opened.reconfigure(errors="backslashreplace")
            if _is_pipe(opened):
                setattr(sys, name, _lasting(opened))


def _is_only_read(opened: Any) -> bool:
    """Whether it is a file of the system that cannot be written to."""
    try:
        import fcntl

        flags = fcntl.fcntl(opened.fileno(), fcntl.F_GETFL)
    except (ImportError, AttributeError, OSError):  # Windows; no file of the system
        return False
    return flags & os.O_ACCMODE == os.O_RDONLY


def _is_pipe(opened: io.TextIOWrapper) -> bool:
    """Whether it has a reader that may end before."""
    try:
        mode = os.fstat(opened.fileno()).st_mode
    except OSError:  # no file of the system
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _lasting(opened: io.TextIOWrapper) -> io.TextIOWrapper:
    """The same stream, of which the end of its reader is no error."""
    opened.flush()
    pipe = _Pipe(opened.fileno(), "wb", closefd=False)
    return io.TextIOWrapper(
        pipe if opened.write_through else io.BufferedWriter(pipe),
        opened.encoding,
        opened.errors,
        line_buffering=opened.line_buffering,
        write_through=opened.write_through,
    )


class _Pipe(io.FileIO):
    """A pipe that discards what is written once its reader has ended."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except ConnectionError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())  # also for what libraries write by themselves
            os.close(nowhere)
            return memoryview(data).nbytes

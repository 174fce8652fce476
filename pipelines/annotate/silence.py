"""How long a worker has been silent though it could have spoken."""

import os
import time
from math import inf
from pathlib import Path

POLL_SECONDS = 0.25
"""Between two polls of what a silent process does."""

LONGEST_POLL_SECONDS = 1.0
"""A longer pause means that this process itself was stopped or starved, and could hear nothing."""


class Silence:
    """Seconds of silence that count against a process: those in which it slept, and those of a
    processor that it used.

    What does not count is time in which it was ready to run and a busy machine gave it no
    processor, and time in which this process was stopped (Ctrl-Z stops both).

    Args:
        process: number of the process on this machine; None if it runs elsewhere, or where the
            system does not tell what a process does: then all time counts.
    """

    def __init__(self, process: int | None) -> None:
        self._process = process
        self._used_before: float | None = None
        self.end()

    def end(self) -> None:
        """It has spoken, or got something to do."""
        self.seconds = 0.0
        self._polled_at, self._used_before = time.monotonic(), None

    def poll(self) -> None:
        """To be called again and again, at least every LONGEST_POLL_SECONDS."""
        passed = time.monotonic() - self._polled_at
        if passed < POLL_SECONDS:
            return
        self._polled_at += passed
        self.seconds += min(passed, LONGEST_POLL_SECONDS, self._worked())

    def _worked(self) -> float:
        """Seconds of a processor since the last poll; infinite if it asks for none."""
        if self._process is None:
            return inf
        before, used = self._used_before, processor_seconds(self._process)
        self._used_before = used
        if before is None or used is None or not is_ready(self._process):
            return inf
        return used - before


def this_machine() -> str | None:
    """By what two processes know that a process number means the same to both; None where the
    system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text() + os.readlink(
            "/proc/self/ns/pid"
        )
    except OSError:
        return None


def processor_seconds(process: int) -> float | None:
    """Processor time that all threads of a process have used; None where that is not told."""
    fields = _stat(Path(f"/proc/{process}/stat"))
    if fields is None:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def is_ready(process: int) -> bool:
    """Whether a thread of a process runs, or would if it got a processor."""
    threads = Path(f"/proc/{process}/task").glob("*/stat")
    return any(fields is not None and fields[0] == "R" for fields in map(_stat, threads))


def _stat(path: Path) -> list[str] | None:
    """The fields of Linux's ``stat`` from the state on, which follows the name in brackets."""
    try:
        return path.read_text(errors="replace").rpartition(")")[2].split()
    except OSError:  # another system, or the process has ended
        return None

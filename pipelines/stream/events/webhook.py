"""Events sent to an address, one request each, by a thread of its own."""

import json
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from glom_video.read import redacted
from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate.results import count

TIMEOUT_SECONDS = 5.0
"""For an address to answer."""
RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0)
"""Waits before an event is sent again; then it is dropped."""
MOST_WAITING = 1000
"""Events; of more, the oldest are given up."""
CLOSING_SECONDS = 3.0
"""For events that wait when the run ends."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """An address that sends elsewhere is not the one that the user named."""

    def redirect_request(self, *given: Any, **named: Any) -> None:
        return None


class Webhook:
    """Posts JSON; ``send`` never waits. Raises InvalidInput for an address that is none."""

    def __init__(
        self,
        address: str,
        tell: Callable[[str], None],
        *,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
        closing_seconds: float = CLOSING_SECONDS,
    ) -> None:
        """``tell``: one line for viewers, when the address fails and when it is back.
        ``retry_seconds``: waits before an event that was not taken is sent again; after the last it
        is given up. ``closing_seconds``: how long what still waits may be sent at the end."""
        check_address(address)
        self._retry_seconds, self._closing_seconds = retry_seconds, closing_seconds
        self._address, self._tell = address, tell
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._changed = threading.Condition()
        self._closes_at: float | None = None
        self._has_failed = False
        self._given = self._taken = 0
        handlers = urllib.request.HTTPHandler(), urllib.request.HTTPSHandler(), _NoRedirects()
        self._opener = urllib.request.build_opener(*handlers)
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)
        self._thread.start()

    def send(self, row: Mapping[str, Any]) -> None:
        """From any thread."""
        with self._changed:
            if len(self._waiting) == MOST_WAITING:
                self._waiting.popleft()
            self._given += 1
            self._waiting.append(row)
            self._changed.notify()

    @property
    def untaken(self) -> int:
        """Events that the address has not taken, or not yet."""
        return self._given - self._taken

    def close(self) -> None:
        """What waits is sent for a few seconds more."""
        with self._changed:
            self._closes_at = time.monotonic() + self._closing_seconds
            self._changed.notify()
        self._thread.join(self._closing_seconds + TIMEOUT_SECONDS)

    def _run(self) -> None:
        while (row := self._next()) is not None:
            self._deliver(row)

    def _next(self) -> Mapping[str, Any] | None:
        """None once it is closed and nothing waits, or time is up."""
        with self._changed:
            while not self._waiting and self._closes_at is None:
                self._changed.wait()
            if not self._waiting or self._is_over():
                return None
            return self._waiting.popleft()

    def _deliver(self, row: Mapping[str, Any]) -> None:
        for wait in (*self._retry_seconds, None):
            problem = self._posted(row)
            if problem is None:
                self._taken += 1
                self._note(None)
                return
            self._note(problem)
            if wait is None or not self._waited(wait):
                return

    def _posted(self, row: Mapping[str, Any]) -> str | None:
        """What went wrong, if anything did."""
        request = urllib.request.Request(
            self._address,
            json.dumps(row).encode(),
            {"Content-Type": "application/json", "User-Agent": "glom-video"},
            method="POST",
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS):
                return None
        except urllib.error.HTTPError as error:
            error.close()
            return f"status {error.code}"
        except HTTPException:  # its text is what was sent, which may be anything
            return "its answer is no HTTP"
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            return " ".join(str(getattr(reason, "strerror", None) or reason).split())

    def _note(self, problem: str | None) -> None:
        """Viewers hear of the first failure and of the first success after it."""
        has_failed = problem is not None
        if has_failed == self._has_failed:
            return
        self._has_failed = has_failed
        shown = redacted(self._address)
        if has_failed:
            self._tell(f"{shown} does not take events ({problem}); trying again")
        else:
            self._tell(f"{shown} takes events again")

    def _waited(self, seconds: float) -> bool:
        """False when time is up before."""
        until = time.monotonic() + seconds
        with self._changed:
            while (left := until - time.monotonic()) > 0:
                if self._is_over():
                    return False
                self._changed.wait(min(left, 0.1))
        return True

    def _is_over(self) -> bool:
        return self._closes_at is not None and time.monotonic() > self._closes_at


def check_address(address: str) -> None:
    """Raises InvalidInput for anything but an http or https address, and for one with a name and
    password, which would not be sent."""
    try:
        parts = urlsplit(address)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_one = False
    if not is_one or not address.isprintable() or " " in address:
        raise InvalidInput(
            f"--notify {redacted(address)} is no address that events can be sent to",
            "Give one that begins with http:// or https://.",
        )
    if "@" in parts.netloc:
        raise InvalidInput(
            f"--notify {redacted(address)} has a name or password, and events are sent without",
            "Give an address that needs none, such as one with a key in its path or query.",
        )


@contextmanager
def opened_webhook(address: str | None, tell: Callable[[str], None]) -> Iterator[Webhook | None]:
    """For the length of the block, and at its end a line of what was not taken; None where none is
    wanted."""
    if address is None:
        yield None
        return
    hook = Webhook(address, tell)
    try:
        with closing(hook):
            yield hook
    finally:
        if hook.untaken:
            events = count(hook.untaken, "event")
            print(f"{redacted(address)} has not taken {events}", file=sys.stderr, flush=True)

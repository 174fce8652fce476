"""The camera of a browser or phone as a source: its page sends pictures."""

import io
import math
import threading
import time
from collections.abc import Generator

import numpy as np
from jaxtyping import UInt8

from glom_video.read import LiveFrame
from glom_video.structures import Frame, InvalidInput

NAME = "browser"
"""What the source is called on the command line."""
MOST_PICTURE_BYTES = 1_000_000
"""Of one JPEG."""
MOST_PIXELS = 1920 * 1080
"""Of one picture, before it is decoded."""
WAIT_SECONDS = 0.1
"""For a picture, before it is looked whether the run ends."""


class BrowserCamera:
    """One slot between the page's server, which puts pictures, and the thread that parses them: the
    newest wins, and what was dropped is a gap in the count."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._picture: tuple[bytes, int, float] | None = None
        self._count = 0

    def put(self, jpeg: bytes) -> None:
        """From any thread. Raises ValueError for what is no JPEG, or a larger one than is taken;
        nothing is decoded for that."""
        if len(jpeg) > MOST_PICTURE_BYTES:
            raise ValueError("the picture has too many bytes")
        if np.prod(_size(jpeg)) > MOST_PIXELS:
            raise ValueError("the picture has too many pixels")
        with self._changed:
            self._picture = jpeg, self._count, time.monotonic()
            self._count += 1
            self._changed.notify()

    def frames(
        self, over: threading.Event, give_up_seconds: float | None
    ) -> Generator[LiveFrame, None, None]:
        """Frames until ``over``. Raises InvalidInput after ``give_up_seconds`` without one, counted
        from the first on; None: never."""
        origin: float | None = None
        last = math.inf
        longest = math.inf if give_up_seconds is None else give_up_seconds
        while not over.is_set():
            taken = self._take()
            if taken is not None:
                jpeg, index, last = taken
                origin = last if origin is None else origin
                picture = _decoded(jpeg)
                if picture is not None:
                    yield LiveFrame(Frame(picture, index, last - origin), last)
            elif time.monotonic() - last > longest:
                raise InvalidInput(
                    "the browser's camera sends no pictures any more",
                    "Open the page again and send its camera.",
                )

    def _take(self) -> tuple[bytes, int, float] | None:
        with self._changed:
            if self._picture is None:
                self._changed.wait(WAIT_SECONDS)
            taken, self._picture = self._picture, None
            return taken


def _size(jpeg: bytes) -> tuple[int, int]:
    """Width and height by its header."""
    from PIL.JpegImagePlugin import JpegImageFile

    try:
        return JpegImageFile(io.BytesIO(jpeg)).size
    except (OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError):
        raise ValueError("this is no JPEG") from None


def _decoded(jpeg: bytes) -> UInt8[np.ndarray, "H W 3"] | None:
    """RGB; None where the picture is damaged."""
    import cv2

    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        return None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)

"""Sources that do not wait -> Iterator[LiveFrame]: a thread grabs, and hands over the newest frame or every one."""

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from glom_video.read.images import read_images
from glom_video.read.sources import Source, is_url
from glom_video.read.video import Clock, Upright, decoded, open_video, read_video
from glom_video.structures import Frame, InvalidInput

Policy = Literal["latest", "every"]
"""``latest``: the newest frame wins and the rest are dropped. ``every``: the source waits, or is held up, until there is room."""

_WAIT_SECONDS = 0.1
"""Longest wait before the stop event is looked at again."""

_JOIN_SECONDS = 2.0
"""How long the thread may take to leave. One that hangs in a driver longer than that ends with the process."""


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """A frame and when it was captured."""

    frame: Frame
    """``frame.index`` counts what the source delivered: a gap is what was dropped."""
    captured_at_seconds: float
    """By ``time.monotonic()``, taken right after the grab: ``time.monotonic() - captured_at_seconds`` is the age."""


def read_live(source: Source, *, policy: Policy, stop: threading.Event) -> Generator[LiveFrame, None, None]:
    """Frames as they come, until the source ends or ``stop`` is set.

    ``source`` is a camera (``0`` or ``/dev/video0``), a URL, or a file or image folder, which is played at its own speed.
    An error in the grabbing thread is raised here. When the iterator ends or is closed, the thread leaves and closes what it opened.
    """
    handover = _Handover(stop, capacity=1 if policy == "latest" else 8, drops_oldest=policy == "latest")
    thread = threading.Thread(target=_grab, args=(source, handover), name=f"grab {policy}", daemon=True)
    thread.start()
    try:
        yield from handover
    finally:
        handover.leave()
        thread.join(_JOIN_SECONDS)


class _Handover:
    """A bounded queue between the grabbing thread and the reader. When ``stop`` is set or the other side has left, nobody waits in it any longer."""

    def __init__(self, stop: threading.Event, *, capacity: int, drops_oldest: bool) -> None:
        self._stop, self._drops_oldest = stop, drops_oldest
        self._capacity, self._frames = capacity, deque[LiveFrame](maxlen=capacity)
        self._changed = threading.Condition()
        self._has_ended = self._has_left = False
        self._error: BaseException | None = None

    @property
    def is_over(self) -> bool:
        return self._stop.is_set() or self._has_left

    def put(self, live: LiveFrame) -> None:
        """Hands a frame over; with ``drops_oldest`` the deque's own bound pushes the oldest out, else this waits for room."""
        with self._changed:
            while not self._drops_oldest and len(self._frames) == self._capacity and not self.is_over:
                self._changed.wait(_WAIT_SECONDS)
            if not self.is_over:
                self._frames.append(live)
                self._changed.notify_all()

    def end(self, error: BaseException | None = None) -> None:
        """No more frames will come."""
        with self._changed:
            self._has_ended, self._error = True, error
            self._changed.notify_all()

    def leave(self) -> None:
        """No more frames are wanted."""
        with self._changed:
            self._has_left = True
            self._changed.notify_all()

    def __iter__(self) -> Iterator[LiveFrame]:
        while not self.is_over:
            with self._changed:
                if not self._frames and not self._has_ended:
                    self._changed.wait(_WAIT_SECONDS)
                    continue
                if not self._frames:
                    break
                live = self._frames.popleft()
                self._changed.notify_all()
            yield live
        if self._error is not None:
            raise self._error


def _grab(source: Source, handover: _Handover) -> None:
    """The thread: opens, hands over, closes, and passes any error on."""
    try:
        with closing(_captured(source, lambda: handover.is_over)) as captured:
            for live in captured:
                handover.put(live)
                if handover.is_over:
                    break
        handover.end()
    except BaseException as error:  # whatever it is, it belongs to the reader: nobody looks into a thread
        handover.end(error)


def _captured(source: Source, is_over: Callable[[], bool]) -> Generator[LiveFrame, None, None]:
    if is_url(source):
        return _from_stream(source)
    if str(source).isdecimal() or str(source).startswith("/dev/video"):
        return _from_camera(str(source))
    return _at_own_speed(source, is_over)


def _from_camera(device: str) -> Generator[LiveFrame, None, None]:
    import cv2

    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # it would tell at length why each of its backends failed
    capture = cv2.VideoCapture(int(device) if device.isdecimal() else device)
    cv2.utils.logging.setLogLevel(level)
    try:
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))  # before anything else: raw pictures do not fit USB at 30 fps
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if not capture.isOpened():
            raise InvalidInput(f"there is no camera {device}", "Check that it is plugged in, free and yours to read (group 'video' on Linux).")
        index, opened_at = 0, time.monotonic()
        while True:
            has_picture, picture = capture.read()
            now = time.monotonic()
            if not has_picture:
                raise InvalidInput(f"the camera {device} stopped after {index} frames", "Check its cable and that no other program took it.")
            yield LiveFrame(Frame(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), index, now - opened_at), now)
            index += 1
    finally:
        capture.release()


def _from_stream(url: Source) -> Generator[LiveFrame, None, None]:
    options = {"fflags": "nobuffer", "rtsp_transport": "tcp", "max_delay": "500000"}
    with open_video(url, threads="SLICE", options=options) as (container, stream):
        clock, upright = Clock(container, stream), Upright()
        for index, picture in decoded(container, stream, url):
            now = time.monotonic()
            yield LiveFrame(Frame(upright(picture), index, clock(picture), bool(picture.is_corrupt)), now)


def _at_own_speed(source: Source, is_over: Callable[[], bool]) -> Generator[LiveFrame, None, None]:
    """A file as if it were a camera: each frame is due at its presentation time."""
    frames = (read_images if Path(source).is_dir() else read_video)(source, 0.0, None, 1)
    origin: float | None = None
    with closing(frames):
        for frame in frames:
            origin = time.monotonic() - frame.pts_seconds if origin is None else origin
            while (wait := origin + frame.pts_seconds - time.monotonic()) > 0 and not is_over():
                time.sleep(min(wait, _WAIT_SECONDS))
            yield LiveFrame(frame, time.monotonic())

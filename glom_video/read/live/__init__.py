"""Live sources -> Iterator[LiveFrame]: a thread grabs frames and hands over the newest or all of
them."""

import threading
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from typing import Literal

from glom_video.read.live.camera import from_camera
from glom_video.read.live.captured import LiveFrame, Outage
from glom_video.read.live.handover import Handover
from glom_video.read.live.network import from_stream
from glom_video.read.live.playback import Playback, at_own_speed
from glom_video.read.live.reconnect import FIRST_DELAY_SECONDS, reconnected
from glom_video.read.sources import Source, is_url
from glom_video.read.video import READ_TIMEOUT_SECONDS

__all__ = ["Handover", "LiveFrame", "Outage", "Playback", "Policy", "is_played", "read_live"]

Policy = Literal["latest", "every"]
"""``latest``: the newest frames win and the rest are dropped. ``every``: the source waits, or is
held up, until there is room."""

LATEST_KEPT = 2
"""Newest frames of a camera or stream that wait: with one, the first of two that come close to each
other, as decoders and networks give them, is lost, although there is time for both."""

_JOIN_SECONDS = 1.0
"""Seconds that the thread has to finish. One that hangs in a driver or a long time-out ends with
the process."""


def read_live(
    source: Source,
    *,
    policy: Policy,
    stop: threading.Event,
    on_outage: Callable[[Outage], None] = lambda outage: None,
    give_up_seconds: float | None = None,
    first_delay_seconds: float = FIRST_DELAY_SECONDS,
    read_timeout_seconds: float = READ_TIMEOUT_SECONDS,
    playback: Playback | None = None,
) -> Generator[LiveFrame, None, None]:
    """Frames as they come, until the source ends or ``stop`` is set. When the iterator ends or is
    closed, the grabbing thread ends and closes what it opened.

    A camera or stream that is lost after its first frame is tried again, at growing intervals.

    Args:
        source: a camera (``0`` or ``/dev/video0``), a URL, or a file or image folder, which is
            played at its own speed.
        on_outage: called in the grabbing thread each time the source is lost or cannot be reached.
        give_up_seconds: without a frame for so long, the source's error is raised; None: never.
        first_delay_seconds: wait before the first new attempt.
        read_timeout_seconds: a stream that sends nothing for so long is lost.
        playback: pauses, seeks and loops a file.

    Raises:
        InvalidInput: the source cannot be had, or is given up; any error of the grabbing thread is
            raised here too.
    """
    kept = LATEST_KEPT if policy == "latest" else 8
    # A file waits by itself, and what is asked of it should not come after a queue.
    capacity = 1 if is_played(source) else kept
    handover = Handover[LiveFrame](stop, capacity=capacity, drops_oldest=policy == "latest")

    def is_over() -> bool:
        return handover.is_over

    def captured() -> Generator[LiveFrame, None, None]:
        if is_played(source):
            return at_own_speed(source, is_over, playback)
        if is_url(source):
            connect = partial(from_stream, source, read_timeout_seconds)
        else:
            connect = partial(from_camera, str(source))
        return reconnected(connect, is_over, on_outage, give_up_seconds, first_delay_seconds)

    thread = threading.Thread(
        target=_grab, args=(captured, handover), name=f"grab {policy}", daemon=True
    )
    thread.start()
    try:
        yield from handover
    finally:
        handover.leave()
        thread.join(_JOIN_SECONDS)


def is_played(source: Source) -> bool:
    """Whether the source is a file or an image folder, and no camera or stream."""
    is_camera = str(source).isdecimal() or str(source).startswith("/dev/video")
    return not is_url(source) and not is_camera


def _grab(
    captured: Callable[[], Generator[LiveFrame, None, None]], handover: Handover[LiveFrame]
) -> None:
    """The thread: opens, hands over, closes, and passes any error on."""
    try:
        with closing(captured()) as frames:
            for live in frames:
                handover.put(live)
                if handover.is_over:
                    break
        handover.end()
    except BaseException as error:  # any error belongs to the reader: in a thread it would be lost
        handover.end(error)

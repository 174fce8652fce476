"""Webcams by OpenCV -> LiveFrames."""

import time
from collections.abc import Generator
from typing import Any

from glom_video.read.live.captured import LiveFrame
from glom_video.structures import Frame, InvalidInput


def from_camera(device: str) -> Generator[LiveFrame, None, None]:
    """Pictures of camera ``0`` or ``/dev/video0``, until it fails.

    Raises:
        InvalidInput: the camera is not there, or failed.
    """
    import cv2

    capture = _capture(device)
    try:
        # Before anything else: raw pictures do not fit USB at 30 fps.
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if not capture.isOpened():
            raise InvalidInput(
                f"there is no camera {device}",
                "Check that it is plugged in, free and yours to read (group 'video' on Linux).",
            )
        index, opened_at = 0, time.monotonic()
        while True:
            has_picture, picture = capture.read()
            now = time.monotonic()
            if not has_picture:
                raise InvalidInput(
                    f"the camera {device} stopped after {index} frames",
                    "Check its cable and that no other program took it.",
                )
            image = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
            yield LiveFrame(Frame(image, index, now - opened_at), now)
            index += 1
    finally:
        capture.release()


def _capture(device: str) -> Any:
    """OpenCV's capture of a camera, which may have failed, without its telling at length why each
    of its backends did."""
    import cv2

    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    if device.isdecimal():
        capture = cv2.VideoCapture(int(device))
    else:  # a path would be given to FFmpeg first, which takes no MJPG and writes to stderr
        capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
    cv2.utils.logging.setLogLevel(level)
    return capture

"""Percepts of a live run in which one object walks to and fro, and zones for it."""

import time
from dataclasses import replace

import numpy as np
from live_page_run import SIZE
from percepts import noise, percept_of, tracks_of

from glom_video.events import Zone
from glom_video.structures import Percept
from glom_video_pipelines.stream.perceiving import LivePercept

HEIGHT, WIDTH = SIZE
PICTURE = noise(*SIZE) // 3
SOURCE = "rtsp://***@camera/live"


def walk(index: int, period: int = 200) -> Percept:
    """Object 3 goes from the left to the right and back, in 200 frames; object 7 stands still."""
    phase = index % period
    left = round((WIDTH - 60) * (1 - abs(2 * phase / period - 1)))
    boxes = {3: (left, 60, left + 60, 120), 7: (240, 10, 300, 50)}
    objects = tracks_of(boxes, *SIZE)
    pose = np.zeros((2, 6), np.float32)
    for row, (x1, y1, x2, y2) in enumerate(boxes.values()):
        pose[row, :2] = (x1 + x2) / 2 / WIDTH, (y1 + y2) / 2 / HEIGHT
    return percept_of(PICTURE, replace(objects, pose=pose), tracks_of({}, *SIZE), index)


def live_walk(index: int) -> LivePercept:
    return LivePercept(walk(index), time.monotonic())


def zone(name: str, left: float, right: float, source: str | None = None) -> Zone:
    left, right = float(left), float(right)
    return Zone(name, ((left, 0.0), (right, 0.0), (right, 1.0), (left, 1.0)), source)

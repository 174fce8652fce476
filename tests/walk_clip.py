"""Percepts of a clip of two objects and their parts, as formats are given them."""

from dataclasses import replace
from fractions import Fraction

from percepts import noise, percept_of, tracks_of

from glom_video.formats import (
    AnnotatedFrame,
    annotated_frame,
)
from glom_video.structures import (
    LEVEL_NAMES,
    Percept,
    SourceInfo,
)

HEIGHT, WIDTH = 60, 100
INFO = SourceInfo("walk", "walk.mp4", HEIGHT, WIDTH, Fraction(1, 25), Fraction(25))


def percepts() -> list[Percept]:
    """Frames 0, 1 and 3 (2 was dropped): object 3 with parts 1 and 2 in all; object 7 from frame 1
    on, to which part 2 has passed in frame 3."""
    boxes = {3: (10, 10, 50, 50), 7: (60, 10, 90, 40)}
    parts = {1: (10, 10, 30, 50), 2: (30, 10, 50, 50)}
    clip = []
    for index in (0, 1, 3):
        objects = {3: boxes[3]} if index == 0 else boxes
        in_parts = {1: parts[1], 2: boxes[7]} if index == 3 else parts
        parents = {1: 3, 2: 7 if index == 3 else 3}
        percept = percept_of(
            noise(HEIGHT, WIDTH),
            tracks_of(objects, HEIGHT, WIDTH),
            tracks_of(in_parts, HEIGHT, WIDTH, parents),
            index,
        )
        clip.append(replace(percept, frame=replace(percept.frame, is_corrupt=index == 1)))
    return clip


def frames(height: int = HEIGHT, width: int = WIDTH) -> list[AnnotatedFrame]:
    return [
        annotated_frame(percept, LEVEL_NAMES, height, width, f"{percept.frame.index:05d}")
        for percept in percepts()
    ]

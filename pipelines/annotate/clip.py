"""One clip: frames in, percepts understood and drawn, writers fed."""

import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import replace

from glom_video.glom import Glom
from glom_video.perceive import Perceiver
from glom_video.read import Source, read
from glom_video.render import render
from glom_video.structures import Frame, Percept
from pipelines.annotate.options import AnnotateOptions, scaled_size
from pipelines.annotate.progress import Display
from pipelines.annotate.tally import Tally
from pipelines.annotate.writers import Writers


def annotate_clip(
    source: Source, options: AnnotateOptions, glom: Glom, writers: Writers, tally: Tally, stop: threading.Event, shown: Display
) -> None:
    """All frames of a source through the model and into its writers, which the caller opens and closes.

    Raises InvalidInput as ``read`` does, and KeyboardInterrupt between two frames once ``stop`` is set; what was written until then stays.
    """
    level = None if len(options.levels) > 1 else options.levels[0]
    with closing(_decoded(source, options, tally, stop)) as frames:
        for percept in _perceived(frames, glom, options, tally):
            picture = None
            if writers.take_pictures:
                with tally.timed("draw"):
                    picture = render(percept, layout=options.layout, level=level)
            writers.write(percept, picture)
            shown.advance(tally)


def _decoded(source: Source, options: AnnotateOptions, tally: Tally, stop: threading.Event) -> Generator[Frame, None, None]:
    """Frames at working size. Raises KeyboardInterrupt between two frames once ``stop`` is set."""
    frames = read(source, start_seconds=options.start_seconds, end_seconds=options.end_seconds, stride=options.stride, on_decoded=tally.pulse)
    with closing(frames):
        while True:
            with tally.timed("decode"):
                frame = next(frames, None)
                frame = frame and _scaled(frame, options.size)
            if stop.is_set():
                raise KeyboardInterrupt
            if frame is None:
                return
            yield frame


def _scaled(frame: Frame, size: str | None) -> Frame:
    import cv2

    height, width = scaled_size(size, *frame.image.shape[:2])
    if (height, width) == frame.image.shape[:2]:
        return frame
    return replace(frame, image=cv2.resize(frame.image, (width, height), interpolation=cv2.INTER_AREA))


def _perceived(frames: Iterator[Frame], glom: Glom, options: AnnotateOptions, tally: Tally) -> Iterator[Percept]:
    perceiver = Perceiver(glom, iters=options.iters, rules=options.rules)
    for frame in frames:
        percept = perceiver(frame)
        tally.add(percept)
        yield percept

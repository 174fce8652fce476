"""Annotates one clip: frames in, percepts drawn and passed to the writer."""

import threading
from collections.abc import Generator
from contextlib import closing
from typing import TYPE_CHECKING

from glom_video.formats import ClipWriter
from glom_video.read import Source, read
from glom_video.render import render
from glom_video.structures import Frame
from glom_video_pipelines.annotate.frame_size import scaled_frame
from glom_video_pipelines.annotate.options import AnnotateOptions
from glom_video_pipelines.annotate.progress import Display
from glom_video_pipelines.annotate.tally import Tally
from glom_video_pipelines.overlap import ahead, each

if TYPE_CHECKING:
    from glom_video.glom import Glom

AHEAD = 2
"""Frames queued between two threads, enough to even out stages that take longer on some frames."""


def annotate_clip(
    source: Source,
    options: AnnotateOptions,
    glom: "Glom",
    writer: ClipWriter,
    tally: Tally,
    stop: threading.Event,
    shown: Display,
) -> None:
    """Run all frames of a source through the model and into its writer, which the caller opens and
    closes.

    Three threads: one decodes, estimates motion and encodes, one updates the columns, and this one
    finds and draws the islands and writes. With ``--threads 1`` everything runs in turn, so that as
    many workers as there are cores do not compete.

    Raises:
        InvalidInput: as ``read``.
        KeyboardInterrupt: ``stop`` was set; raised between two frames. What was written stays.
    """
    from glom_video.perceive import Perceiver

    perceiver = Perceiver(glom, options.settings)
    prepared = each(
        perceiver.encode, perceiver.prepare_recording(_decoded(source, options, tally, stop))
    )
    if options.threads != 1:
        prepared = ahead(prepared, AHEAD, "prepare")
    outputs = each(perceiver.update_columns, prepared)
    if options.threads != 1:
        outputs = ahead(outputs, AHEAD, "update columns")
    with closing(each(perceiver.parse_and_track, outputs)) as percepts:
        for percept in percepts:
            tally.add(percept)
            picture = None
            if writer.takes_pictures:
                with tally.timed("draw"):
                    picture = render(percept, options.settings.draw)
            writer.write(percept, picture)
            shown.advance(tally)


def _decoded(
    source: Source, options: AnnotateOptions, tally: Tally, stop: threading.Event
) -> Generator[Frame, None, None]:
    """Frames at the output's size.

    Raises:
        KeyboardInterrupt: ``stop`` was set; raised between two frames.
    """
    frames = read(
        source,
        start_seconds=options.start_seconds,
        end_seconds=options.end_seconds,
        stride=options.stride,
        on_decoded=tally.heartbeat,
    )
    with closing(frames):
        while True:
            with tally.timed("decode"):
                frame = next(frames, None)
                frame = frame and scaled_frame(frame, options.size)
            if stop.is_set():
                raise KeyboardInterrupt
            if frame is None:
                return
            yield frame

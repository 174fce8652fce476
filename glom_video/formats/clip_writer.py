"""All outputs of one clip, fed frame by frame."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from glom_video.events import NO_PLACES, Places
from glom_video.formats.coco import CocoWriter
from glom_video.formats.davis import DavisWriter
from glom_video.formats.events import EventsWriter
from glom_video.formats.instances import annotated_frame
from glom_video.formats.mots import MotsWriter
from glom_video.formats.mp4 import Mp4Writer
from glom_video.formats.outputs import Format, Outputs
from glom_video.formats.table import TableWriter
from glom_video.formats.writer import FrameWriter, Writer
from glom_video.formats.ytvis import YtvisWriter
from glom_video.structures import NO_NAMES, GivenNames, Percept, SourceInfo


def _untimed(stage: str) -> AbstractContextManager[None]:
    return nullcontext()


class ClipWriter(Writer):
    """The writers of every format that is asked for.

    Args:
        outputs: where they write, and which levels.
        info: the source's facts; masks are written in its size.
        open_mp4: path, height, width -> the writer of the video, opened with the first picture.
        stride: one frame of so many of the source's is written.
        image_names: stem of the masks and file name of each of the source's images, None where an
            image has no file of its own; None of a video.
        places: asked with each frame for the zones and lines that events are told of.
        timed: measures the stages ``encode`` and ``masks``, named by its argument.

    Raises InvalidInput if an output cannot be written.
    """

    def __init__(
        self,
        outputs: Outputs,
        info: SourceInfo,
        open_mp4: Callable[[Path, int, int], Mp4Writer],
        *,
        stride: int = 1,
        image_names: Sequence[tuple[str, str | None]] | None = None,
        places: Callable[[], Places] = lambda: NO_PLACES,
        timed: Callable[[str], AbstractContextManager[None]] = _untimed,
    ) -> None:
        self.outputs = outputs
        self._info, self._open_mp4, self._timed = info, open_mp4, timed
        self._frame_rate, self._image_names = info.frame_rate / stride, image_names
        self._mp4: Mp4Writer | None = None
        self._frame_writers: list[FrameWriter] = []
        self._events: EventsWriter | None = None
        with ExitStack() as opened:  # aborts the first ones if a later one cannot be opened
            for format_ in outputs.formats:
                if format_ == "events":
                    events = EventsWriter(outputs.of("events")[0], outputs.name, places)
                    self._events = opened.enter_context(events)
                elif format_ != "mp4":
                    writer = opened.enter_context(self._frame_writer(format_))
                    self._frame_writers.append(writer)
            opened.pop_all()

    @property
    def takes_pictures(self) -> bool:
        """Whether a drawn picture is wanted beside the percept."""
        return "mp4" in self.outputs.formats

    def write(
        self,
        percept: Percept,
        picture: UInt8[np.ndarray, "H W 3"] | None,
        names: GivenNames = NO_NAMES,
    ) -> None:
        """One frame into every output, drawn as ``picture``, which is None where none is wanted;
        ``names``: what a user calls its objects."""
        if picture is not None:
            with self._timed("encode"):
                if self._mp4 is None:
                    self._mp4 = self._open_mp4(self.outputs.of("mp4")[0], *picture.shape[:2])
                self._mp4.write(picture, percept.frame.pts_seconds)
        if self._events is not None:
            self._events.write(percept)
        if self._frame_writers:
            with self._timed("masks"):
                self._write_masks(percept, names)

    def _write_masks(self, percept: Percept, names: GivenNames) -> None:
        index = percept.frame.index
        stem, file_name = (
            (f"{index:05d}", None) if self._image_names is None else self._image_names[index]
        )
        size = self._info.height, self._info.width
        frame = annotated_frame(percept, self.outputs.levels, *size, stem, file_name, names)
        for writer in self._frame_writers:
            writer.write(frame)

    def _frame_writer(self, format_: Format) -> FrameWriter:
        outputs, info = self.outputs, self._info
        path = outputs.of(format_)[0]
        match format_:
            case "davis":
                return DavisWriter(outputs.folder, outputs.name, outputs.levels)
            case "mots-png":
                return MotsWriter(outputs.folder, outputs.name, outputs.levels)
            case "coco":
                return CocoWriter(path, outputs.name, info, self._frame_rate)
            case "ytvis":
                return YtvisWriter(path, outputs.name, info, self._frame_rate)
            case _:
                return TableWriter(path, outputs.name, info)

    def close(self) -> None:
        """Each output gets its name; once one of them fails, the others stay partial."""
        with self._timed("encode"), ExitStack() as opened:
            for writer in self._writers():
                opened.enter_context(writer)

    def abort(self) -> None:
        with self._timed("encode"), ExitStack() as opened:
            for writer in self._writers():
                opened.callback(writer.abort)

    def _writers(self) -> list[Writer]:
        others = (self._events, self._mp4)
        return [*self._frame_writers, *(writer for writer in others if writer is not None)]

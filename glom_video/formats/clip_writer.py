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
from glom_video.formats.mots_text import MotsTextWriter
from glom_video.formats.outputs import DRAWN, Format, Outputs
from glom_video.formats.png_sequence import AlphaWriter, FramesWriter, PngSequenceWriter
from glom_video.formats.sheet import SheetWriter
from glom_video.formats.table import TableWriter
from glom_video.formats.video.moving import GifWriter, WebmWriter
from glom_video.formats.video.mp4 import Mp4Writer
from glom_video.formats.writer import FrameWriter, PictureWriter, Writer
from glom_video.formats.ytvis import YtvisWriter
from glom_video.structures import NO_NAMES, GivenNames, Percept, SourceInfo


def _untimed(stage: str) -> AbstractContextManager[None]:
    return nullcontext()


class ClipWriter(Writer):
    """The writers of every requested format.

    Args:
        outputs: where they write, and which levels.
        info: the source's facts; masks are written at its size.
        open_mp4: path, height, width -> the writer of the video, opened with the first picture.
        stride: one of this many source frames is written.
        image_names: stem of the masks and file name of each of the source's images, None for an
            image without its own file; None for a video.
        threads: of the encoders; None leaves it to each.
        places: called with each frame, returns the zones and lines for events.
        timed: measures the stages ``encode`` and ``masks``, named by its argument.

    Raises:
        InvalidInput: an output cannot be written.
    """

    def __init__(
        self,
        outputs: Outputs,
        info: SourceInfo,
        open_mp4: Callable[[Path, int, int], Mp4Writer],
        *,
        stride: int = 1,
        image_names: Sequence[tuple[str, str | None]] | None = None,
        threads: int | None = None,
        places: Callable[[], Places] = lambda: NO_PLACES,
        timed: Callable[[str], AbstractContextManager[None]] = _untimed,
    ) -> None:
        self.outputs = outputs
        self._info, self._open_mp4, self._timed = info, open_mp4, timed
        self._frame_rate, self._image_names = info.frame_rate / stride, image_names
        self._threads = threads
        self._mp4: Mp4Writer | None = None
        self._picture_writers: list[PictureWriter] = []
        self._frame_writers: list[FrameWriter] = []
        self._events: EventsWriter | None = None
        with ExitStack() as opened:  # aborts the first ones if a later one cannot be opened
            for format_ in outputs.formats:
                if format_ == "events":
                    events = EventsWriter(outputs.of("events")[0], outputs.name, places)
                    self._events = opened.enter_context(events)
                elif format_ not in DRAWN:
                    frame_writer = opened.enter_context(self._frame_writer(format_))
                    self._frame_writers.append(frame_writer)
                elif format_ != "mp4":
                    picture_writer = opened.enter_context(self._picture_writer(format_))
                    self._picture_writers.append(picture_writer)
            if outputs.with_frames:
                pictures = FramesWriter(outputs.frames_folder, outputs.name)
                self._frame_writers.append(opened.enter_context(pictures))
            opened.pop_all()

    @property
    def takes_pictures(self) -> bool:
        """Whether a drawn picture is wanted beside the percept."""
        return not DRAWN.isdisjoint(self.outputs.formats)

    def write(
        self,
        percept: Percept,
        picture: UInt8[np.ndarray, "H W 3"] | None,
        names: GivenNames = NO_NAMES,
    ) -> None:
        """Write one frame into every output.

        Args:
            picture: the drawn picture; None if none is wanted.
            names: names that a user gave to objects.
        """
        if picture is not None:
            with self._timed("encode"):
                self._write_picture(percept, picture)
        if self._events is not None:
            self._events.write(percept)
        if self._frame_writers:
            with self._timed("masks"):
                self._write_masks(percept, names)

    def _write_picture(self, percept: Percept, picture: UInt8[np.ndarray, "H W 3"]) -> None:
        seconds = percept.frame.pts_seconds
        if "mp4" in self.outputs.formats:
            if self._mp4 is None:
                self._mp4 = self._open_mp4(self.outputs.of("mp4")[0], *picture.shape[:2])
            self._mp4.write(picture, seconds)
        for writer in self._picture_writers:
            writer.write(picture, seconds, self._file_names(percept)[0])

    def _file_names(self, percept: Percept) -> tuple[str, str | None]:
        """Stem of a frame's files, and the file name of its image if that has one."""
        index = percept.frame.index
        if self._image_names is None:
            return f"{index:05d}", None
        stem, file_name = self._image_names[index]
        return stem, None if self.outputs.with_frames else file_name

    def _write_masks(self, percept: Percept, names: GivenNames) -> None:
        size, outputs = (self._info.height, self._info.width), self.outputs
        stem, file_name = self._file_names(percept)
        frame = annotated_frame(
            percept, outputs.levels, *size, stem, file_name, outputs.object_id, names
        )
        for writer in self._frame_writers:
            writer.write(frame)

    def _picture_writer(self, format_: Format) -> PictureWriter:
        (path,), name = self.outputs.of(format_), self.outputs.name
        match format_:
            case "gif":
                return GifWriter(path, name, self._frame_rate)
            case "webm":
                return WebmWriter(path, name, self._frame_rate, self._threads)
            case "sheet":
                return SheetWriter(path, name)
            case _:
                return PngSequenceWriter(path, name)

    def _frame_writer(self, format_: Format) -> FrameWriter:
        outputs, info = self.outputs, self._info
        path = outputs.of(format_)[0]
        match format_:
            case "davis":
                return DavisWriter(outputs.folder, outputs.name, outputs.levels)
            case "mots-png":
                return MotsWriter(outputs.folder, outputs.name, outputs.levels)
            case "alpha":
                return AlphaWriter(path, outputs.name)
            case "mots-txt":
                return MotsTextWriter(outputs.folder, outputs.name, outputs.levels)
            case "coco":
                return CocoWriter(path, outputs.name, info, self._frame_rate)
            case "ytvis":
                return YtvisWriter(path, outputs.name, info, self._frame_rate)
            case _:
                return TableWriter(path, outputs.name, info)

    def close(self) -> None:
        """Give each output its name; once one fails, the others stay partial."""
        with self._timed("encode"), ExitStack() as opened:
            for writer in self._writers():
                opened.enter_context(writer)

    def abort(self) -> None:
        with self._timed("encode"), ExitStack() as opened:
            for writer in self._writers():
                opened.callback(writer.abort)

    def _writers(self) -> list[Writer]:
        others = (self._events, self._mp4)
        return [
            *self._frame_writers,
            *self._picture_writers,
            *(writer for writer in others if writer is not None),
        ]

"""All outputs of one clip, fed frame by frame."""

import time
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import numpy as np
from jaxtyping import UInt8

from glom_video.formats import CocoWriter, DavisWriter, FrameWriter, MotsWriter, Mp4Writer, TableInfo, TableWriter, YtvisWriter, export_frame
from glom_video.read import file_names, frame_names, is_images, is_url
from glom_video.structures import Percept, SourceInfo
from pipelines.annotate.jobs import Job
from pipelines.annotate.options import AnnotateOptions, Format
from pipelines.annotate.tally import Tally


class Writers:
    """The writers of a job's formats. An error on the way leaves what is there readable, under its ``.partial`` name."""

    def __init__(self, job: Job, info: SourceInfo, options: AnnotateOptions, tally: Tally, *, is_live: bool = False) -> None:
        self._job, self._info, self._options, self._tally = job, info, options, tally
        of_images = not is_url(job.source) and is_images(job.source)
        self._names = list(zip(frame_names(job.source), file_names(job.source), strict=True)) if of_images else None
        self._opened, self._is_live = ExitStack(), is_live
        self._mp4: Mp4Writer | None = None
        with self._opened:  # so that the first writers are closed if a later one cannot be opened
            self._exports = [self._opened.enter_context(self._export(format_)) for format_ in job.outputs if format_ != "mp4"]
            self._opened = self._opened.pop_all()

    @property
    def take_pictures(self) -> bool:
        """Whether a drawn picture is wanted beside the percept."""
        return "mp4" in self._job.outputs

    def write(self, percept: Percept, picture: UInt8[np.ndarray, "H W 3"] | None) -> None:
        """One frame into every output. ``picture`` is the drawn frame, None where none is wanted."""
        if picture is not None:
            with self._tally.timed("encode"):
                self._mp4 = self._mp4 or self._opened.enter_context(self._mp4_writer(*picture.shape[:2]))
                self._mp4.write(picture, percept.frame.pts_seconds)
        if self._exports:
            with self._tally.timed("masks"):
                index = percept.frame.index
                stem, file_name = self._names[index] if self._names else (f"{index:05d}", None)
                frame = export_frame(percept, self._options.levels, self._info.height, self._info.width, stem, file_name)
                for export in self._exports:
                    export.write(frame)

    def _export(self, format_: Format) -> FrameWriter:
        job, info, levels = self._job, self._info, self._options.levels
        path, frame_rate = job.outputs[format_][0], info.frame_rate / self._options.stride
        match format_:
            case "davis":
                return DavisWriter(job.out, job.name, levels)
            case "mots-png":
                return MotsWriter(job.out, job.name, levels)
            case "coco":
                return CocoWriter(path, job.name, info, frame_rate)
            case "ytvis":
                return YtvisWriter(path, job.name, info, frame_rate)
            case _:
                return TableWriter(path, job.name, TableInfo(info.path, info.height, info.width))

    def _mp4_writer(self, height: int, width: int) -> Mp4Writer:
        info, options = self._info, self._options
        return Mp4Writer(
            self._job.outputs["mp4"][0],
            height,
            width,
            time_base=info.time_base,
            frame_rate=info.frame_rate / options.stride,
            sample_aspect_ratio=info.sample_aspect_ratio,
            sound_from=self._job.source if info.has_sound and options.with_sound else None,
            start_seconds=options.start_seconds,
            end_seconds=options.end_seconds,
            threads=options.threads,
            is_live=self._is_live,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        started = time.perf_counter()
        self._opened.__exit__(kind, error, trace)
        self._tally.spend("encode", time.perf_counter() - started)

"""The annotated stream and its masks and tracks, recorded while it runs."""

import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from glom_video.events import NO_PLACES, Places
from glom_video.formats import FORMATS, ClipWriter, Format, Mp4Writer, Outputs, partial_name
from glom_video.formats.partial import writing
from glom_video.read import Source, redacted, source_name
from glom_video.structures import NO_NAMES, GivenNames, InvalidInput, Percept, SourceInfo
from glom_video_pipelines.locked import OutputLock, is_locked, refuse_taken
from glom_video_pipelines.originals import refuse_replacing
from glom_video_pipelines.stream.figures.tally import write_stats

TIME_BASE, FRAME_RATE = Fraction(1, 90_000), Fraction(30)
"""Times are recorded as they were; the rate only sets how long the last frame is shown."""
STATS_EVERY_SECONDS = 5.0
"""Between two writings of the figures."""


class StreamRecorder:
    """Records into OUT.mp4 and other formats beside it; a second recording, or one of another
    picture size, goes to ``OUT_2.mp4``. Everything is written at once, under ``.partial`` names
    until a recording is finished."""

    def __init__(
        self,
        source: Source,
        out: Path | None,
        formats: Sequence[Format],
        places: Callable[[], Places] = lambda: NO_PLACES,
        number: int | None = None,
    ) -> None:
        """``places``: asked with each frame for the zones and lines of exported events.
        ``number``: of the source, from 1, where others are recorded beside it: ``OUT-1.mp4``."""
        self._suffix = "" if number is None else f"-{number}"
        self._source, self._places = source, places
        self._out = out and out.with_name(f"{out.stem}{self._suffix}{out.suffix}")
        self._formats = tuple(format_ for format_ in FORMATS if format_ in ("mp4", *formats))
        self._writer: ClipWriter | None = None
        self._lock: OutputLock | None = None
        """On the video being recorded: the names of unfinished files say nothing of another run."""
        self._size: tuple[int, ...] = ()
        self._first_seconds = self._newest_seconds = self._stats_due = 0.0
        self.finished: list[Path] = []
        """The videos of finished recordings."""

    def check(self) -> None:
        """Raises InvalidInput if the first recording would replace a file, or that of another
        run."""
        if self._out is None:
            return
        if self._out.suffix != ".mp4":
            raise InvalidInput(
                f"{self._out} is not a name for a recording",
                "Give one that ends in .mp4: --record OUT.mp4.",
            )
        first = self._outputs_named(self._out)
        refuse_replacing([self._source], first.partial_paths)
        refuse_taken(self._out, _partial_video(first))
        # Figures beside unfinished files are of a killed run, whose files all stay.
        written = first.paths if _is_unfinished(first) else _finished(first)
        taken = next((path for path in written if path.exists()), None)
        if taken is not None:
            raise InvalidInput(f"{taken} exists already", "Choose another name for the recording.")

    @property
    def is_recording(self) -> bool:
        return self._writer is not None

    @property
    def path(self) -> Path | None:
        """The video that is being recorded."""
        return None if self._writer is None else _video(self._writer)

    @property
    def seconds(self) -> float:
        """Of the video that is being recorded, by the times of its frames: a pause of a file is not
        in it."""
        return self._newest_seconds - self._first_seconds if self.is_recording else 0.0

    def write(
        self,
        percept: Percept,
        picture: UInt8[np.ndarray, "H W 3"],
        stats: dict[str, Any],
        names: GivenNames = NO_NAMES,
    ) -> None:
        """One frame, with which a recording may begin; ``names``: what viewers call its objects.
        Raises InvalidInput if it cannot be written; what was written until then is kept."""
        if self._writer is not None and picture.shape[:2] != self._size:
            self.finish(stats)
        writer = self._writer or self._begin(percept, picture)
        self._newest_seconds = percept.frame.pts_seconds
        try:
            writer.write(percept, picture, names)
        except BaseException:
            self._writer = None
            writer.abort()
            self._unlock()
            raise
        if time.monotonic() >= self._stats_due:
            self._stats_due = time.monotonic() + STATS_EVERY_SECONDS
            write_stats(_stats_path(writer.outputs), stats)

    def finish(self, stats: dict[str, Any] | None = None) -> None:
        """Give the recording its names. Raises InvalidInput if that cannot be done."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        try:
            writer.close()
        finally:
            self._unlock()
        self.finished.append(_video(writer))
        if stats is not None:
            write_stats(_stats_path(writer.outputs), stats)

    def _begin(self, percept: Percept, picture: UInt8[np.ndarray, "H W 3"]) -> ClipWriter:
        outputs = self._free_outputs()
        height, width = percept.frame.image.shape[:2]  # of masks: a layout may draw more
        info = SourceInfo(
            outputs.name, redacted(self._source), height, width, TIME_BASE, FRAME_RATE
        )
        open_mp4 = partial(
            Mp4Writer,
            time_base=TIME_BASE,
            frame_rate=FRAME_RATE,
            is_cut_at_start=True,
            is_live=True,
        )
        video = outputs.of("mp4")[0]
        with writing(video):
            self._lock = OutputLock(video, _partial_video(outputs))
        try:
            self._writer = ClipWriter(outputs, info, open_mp4, places=self._places)
        except BaseException:
            self._unlock()
            raise
        self._size, self._stats_due = picture.shape[:2], 0.0
        self._first_seconds = percept.frame.pts_seconds
        return self._writer

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _free_outputs(self) -> Outputs:
        """The first of OUT, OUT_2, OUT_3 of which no file exists, not even an unfinished one of a
        run that was killed, and that no other run records."""
        first = self._out or Path(
            f"{_plain(source_name(self._source))}{self._suffix}-{time.strftime('%Y%m%d-%H%M%S')}.mp4"
        )
        number, path = 1, first
        while _is_taken(self._outputs_named(path)):
            number += 1
            path = first.with_stem(f"{first.stem}_{number}")
        return self._outputs_named(path)

    def _outputs_named(self, path: Path) -> Outputs:
        return Outputs(path.parent, path.stem, self._formats)


def _plain(name: str) -> str:
    """A source's name as the beginning of a file's."""
    return (
        "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name).strip("-")
        or "camera"
    )


def _is_taken(outputs: Outputs) -> bool:
    if any(path.exists() for path in _finished(outputs)) or is_locked(_partial_video(outputs)):
        return True
    return _is_unfinished(outputs)


def _finished(outputs: Outputs) -> list[Path]:
    """All that a recording leaves."""
    return [*outputs.paths, *outputs.beside, _stats_path(outputs)]


def _is_unfinished(outputs: Outputs) -> bool:
    """Whether there is an unfinished file. An empty one holds nothing that could be lost."""
    return any(path.exists() and path.stat().st_size for path in outputs.partial_paths)


def _partial_video(outputs: Outputs) -> Path:
    return partial_name(outputs.of("mp4")[0], outputs.name)


def _video(writer: ClipWriter) -> Path:
    return writer.outputs.of("mp4")[0]


def _stats_path(outputs: Outputs) -> Path:
    return outputs.folder / f"{outputs.name}.stats.json"

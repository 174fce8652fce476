"""The annotated stream and its exports, begun and finished while it runs."""

import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from glom_video.read import Source, redacted, source_name
from glom_video.structures import LEVEL_NAMES, InvalidInput, Percept, SourceInfo
from pipelines.annotate.jobs import Job, outputs_of
from pipelines.annotate.options import FORMATS, AnnotateOptions, Format
from pipelines.annotate.tally import Tally
from pipelines.annotate.writers import Writers
from pipelines.originals import refuse_replacing
from pipelines.stream.tally import write_stats

TIME_BASE, FRAME_RATE = Fraction(1, 90_000), Fraction(30)
"""Times are recorded as they were; the rate only tells how long the last frame is shown."""
STATS_EVERY_SECONDS = 5.0


class Recorder:
    """Records into OUT.mp4 and the exports beside it; a second recording, or one of another picture size, goes to ``OUT_2.mp4``.

    Everything is written as it comes, under ``.partial`` names until a recording is finished.
    """

    def __init__(self, source: Source, out: Path | None, formats: Sequence[Format]) -> None:
        self._source, self._out, self._formats = source, out, tuple(dict.fromkeys(("mp4", *formats)))
        self._writers: Writers | None = None
        self._job: Job | None = None
        self._size: tuple[int, ...] = ()
        self._begun_at = self._stats_due = 0.0
        self.finished: list[Path] = []
        """The videos of finished recordings."""

    def check(self) -> None:
        """Raises InvalidInput if the first recording would replace a file."""
        if self._out is None:
            return
        if self._out.suffix != ".mp4":
            raise InvalidInput(f"{self._out} is not a name for a recording", "Name an mp4 file: --record OUT.mp4.")
        first = self._job_named(self._out)
        refuse_replacing([self._source], first.partial_paths)
        taken = next((path for path in first.paths if path.exists()), None)
        if taken is not None:
            raise InvalidInput(f"{taken} exists already", "Choose another name for the recording.")

    @property
    def is_recording(self) -> bool:
        return self._writers is not None

    @property
    def path(self) -> Path | None:
        """The video that is being recorded."""
        return None if self._job is None else self._job.outputs["mp4"][0]

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._begun_at if self.is_recording else 0.0

    def write(self, percept: Percept, picture: UInt8[np.ndarray, "H W 3"], stats: dict[str, Any]) -> None:
        """One frame, with which a recording may begin. Raises InvalidInput if it cannot be written; what was written until then is kept."""
        if self._writers is not None and picture.shape[:2] != self._size:
            self.finish()
        writers = self._writers or self._begin(*picture.shape[:2])
        try:
            writers.write(percept, picture)
        except BaseException as error:
            self._writers = self._job = None
            writers.__exit__(type(error), error, error.__traceback__)
            raise
        if self._job is not None and time.monotonic() >= self._stats_due:
            self._stats_due = time.monotonic() + STATS_EVERY_SECONDS
            write_stats(_stats_path(self._job), stats)

    def finish(self, stats: dict[str, Any] | None = None) -> None:
        """Give the recording its names. Raises InvalidInput if that cannot be done."""
        writers, job, self._writers, self._job = self._writers, self._job, None, None
        if writers is None or job is None:
            return
        writers.__exit__(None, None, None)
        self.finished.append(job.outputs["mp4"][0])
        if stats is not None:
            write_stats(_stats_path(job), stats)

    def _begin(self, height: int, width: int) -> Writers:
        self._job = self._free_job()
        info = SourceInfo(self._job.name, redacted(self._source), height, width, TIME_BASE, FRAME_RATE)
        options = AnnotateOptions(formats=self._formats, start_seconds=0.0, with_sound=False)
        self._writers = Writers(self._job, info, options, Tally(), is_live=True)
        self._size, self._begun_at, self._stats_due = (height, width), time.monotonic(), 0.0
        return self._writers

    def _free_job(self) -> Job:
        """The first of OUT, OUT_2, OUT_3 of which no file exists."""
        first = self._out or Path(f"{_plain(source_name(self._source))}-{time.strftime('%Y%m%d-%H%M%S')}.mp4")
        number, path = 1, first
        while any(taken.exists() for taken in self._job_named(path).paths):
            number += 1
            path = first.with_stem(f"{first.stem}_{number}")
        return self._job_named(path)

    def _job_named(self, path: Path) -> Job:
        outputs = {format_: outputs_of(path.parent, path.stem, format_, LEVEL_NAMES) for format_ in FORMATS if format_ in self._formats}
        return Job(redacted(self._source), path.stem, path.parent, outputs, key="", config_hash="", weights_hash="")


def _plain(name: str) -> str:
    """A source's name as the beginning of a file's."""
    return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name).strip("-") or "camera"


def _stats_path(job: Job) -> Path:
    return job.out / f"{job.name}.stats.json"

"""The time of each stage alone on the machine, and of all together as ``annotate`` runs them."""

import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from glom_video.formats import Mp4Writer
from glom_video.glom import Glom
from glom_video.perceive import Perceiver, PreparedFrame, Settings
from glom_video.read import describe, read
from glom_video.render import render
from glom_video.structures import Frame, InvalidInput, Percept
from glom_video_pipelines.annotate.frame_size import scaled_frame, scaled_size
from glom_video_pipelines.annotate.jobs import plan
from glom_video_pipelines.annotate.options import AnnotateOptions
from glom_video_pipelines.annotate.outcome import annotate_source
from glom_video_pipelines.annotate.tally import Tally
from glom_video_pipelines.bench.timing import Timing
from glom_video_pipelines.interruption import interruption
from glom_video_pipelines.overlap import ahead, each

STAGES = ("decode", "motion", "encode-columns", "glom", "islands", "track", "draw", "encode")
"""In the order in which a frame takes them."""
BESIDE_THE_MODEL = ("motion", "islands", "track", "draw")
"""Stages without a network."""
WARM_UP_FRAMES = 5
"""That are not counted."""


@dataclass(frozen=True, slots=True)
class Stages:
    """One pass over a clip, stage by stage, each alone on the machine."""

    timings: dict[str, Timing]
    cpu_seconds_per_frame: float
    """Of all threads of the process."""

    @property
    def frame_ms(self) -> float:
        """Sum over the stages."""
        return sum(timing.mean_ms for timing in self.timings.values())

    @property
    def cpu_ms(self) -> float:
        """Of a frame, of all threads."""
        return 1000 * self.cpu_seconds_per_frame

    def floor_ms(self, cores: int) -> float:
        """Least time of a frame if the stages run side by side on this many cores."""
        slowest = max(timing.mean_ms for timing in self.timings.values())
        return max(slowest, self.cpu_ms / cores)

    def share(self, *names: str) -> float:
        """In [0, 1]: what these stages take of a frame."""
        return sum(self.timings[name].mean_ms for name in names) / self.frame_ms


@dataclass(frozen=True, slots=True)
class ClipThroughput:
    """Frames and seconds of one pass over a whole clip."""

    frames: int
    seconds: float

    @property
    def fps(self) -> float:
        return self.frames / self.seconds


@dataclass(frozen=True, slots=True)
class NullDisplay:
    """A display that shows nothing."""

    def begin(self, name: str, frames_expected: int | None) -> None: ...

    def advance(self, tally: Tally) -> None: ...

    def heartbeat(self) -> None: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class _Clock:
    timings: dict[str, Timing] = field(default_factory=lambda: {name: Timing() for name in STAGES})
    is_counting: bool = False

    def add_seconds(self, stage: str, seconds: float) -> None:
        if self.is_counting:
            self.timings[stage].seconds.append(seconds)

    @contextmanager
    def spending(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.add_seconds(stage, time.perf_counter() - began)


def measure_stages(
    source: Path, glom: Glom, frames: int, size: str | None, settings: Settings, folder: Path
) -> Stages:
    """Frame by frame through the stages, one after the other; the first few frames, which pay for
    set-up, are not counted."""
    clock, perceiver, done = _Clock(), Perceiver(glom, settings), 0
    info = describe(source)
    height, width = scaled_size(size, info.height, info.width)
    with (
        closing(read(source)) as pictures,
        Mp4Writer(
            folder / "stages.mp4",
            height,
            width,
            time_base=info.time_base,
            frame_rate=info.frame_rate,
        ) as writer,
    ):
        cpu_began = time.process_time()
        while done < frames:
            clock.is_counting = done >= WARM_UP_FRAMES
            if done == WARM_UP_FRAMES:
                cpu_began = time.process_time()
            began = time.perf_counter()
            frame = next(pictures, None)
            if frame is None:  # to find the end is no frame's time
                break
            frame = scaled_frame(frame, size)
            clock.add_seconds("decode", time.perf_counter() - began)
            percept = _perceived(frame, perceiver, clock)
            with clock.spending("draw"):
                picture = render(percept)
            with clock.spending("encode"):
                writer.write(picture, frame.pts_seconds)
            done += 1
        cpu = time.process_time() - cpu_began
    return Stages(clock.timings, cpu / max(done - WARM_UP_FRAMES, 1))


def _perceived(frame: Frame, perceiver: Perceiver, clock: _Clock) -> Percept:
    """A frame from motion to tracks."""
    prepared = perceiver.prepare(frame)
    with clock.spending("encode-columns"):
        prepared = _encoded(perceiver, prepared)
    output = perceiver.update_columns(prepared)
    percept = perceiver.parse_and_track(output)
    clock.add_seconds("glom", output.spent_seconds)
    for stage in ("motion", "islands", "track"):
        clock.add_seconds(stage, percept.stage_seconds[stage])
    return percept


def _encoded(perceiver: Perceiver, prepared: PreparedFrame) -> PreparedFrame:
    encoded = perceiver.encode(prepared)
    if encoded.encoded is not None:
        encoded.encoded.patches[0, 0, 0, 0].item()  # waits for a GPU
    return encoded


def annotate_once(
    source: Path, glom: Glom, size: str | None, settings: Settings, folder: Path
) -> ClipThroughput:
    """As ``glom-video annotate`` with default settings and the model loaded: decoded, parsed at
    both levels, drawn, written as mp4.

    Raises:
        InvalidInput: the source is damaged.
        KeyboardInterrupt: SIGINT or SIGTERM, after the frame at hand.
    """
    options = AnnotateOptions(size=size, settings=settings)
    [job] = plan([str(source)], folder / "annotated", options, overwrite=True)
    began = time.perf_counter()
    with interruption() as stop:
        line = annotate_source(job, options, glom, stop, NullDisplay(), debug=True)
    seconds = time.perf_counter() - began
    if stop.is_set():
        raise KeyboardInterrupt
    if line["status"] != "done":
        raise InvalidInput(line["reason"], line["remedy"])
    return ClipThroughput(int(line["frames"]), seconds)


def recode_once(source: Path, size: str | None, folder: Path) -> ClipThroughput:
    """Decode and encode again with the same reader and writer, side by side, and nothing else: no
    pipeline with them can be faster."""
    info = describe(source)
    height, width = scaled_size(size, info.height, info.width)
    began, frames = time.perf_counter(), 0
    scaled = each(lambda frame: scaled_frame(frame, size), read(source))
    with Mp4Writer(
        folder / "recoded.mp4", height, width, time_base=info.time_base, frame_rate=info.frame_rate
    ) as writer:
        for frame in ahead(scaled, 2, "decode"):
            writer.write(frame.image, frame.pts_seconds)
            frames += 1
    return ClipThroughput(frames, time.perf_counter() - began)


def first_frames(source: Path, count: int, size: str | None) -> list[Frame]:
    """At most ``count`` of them, in the size that ``annotate --size`` gives."""
    with closing(read(source)) as frames:
        return [scaled_frame(frame, size) for frame in islice(frames, count)]


def peak_memory_mib() -> float:
    """Largest resident memory of this process so far."""
    import resource  # not on Windows

    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest / 2**20 if sys.platform == "darwin" else largest / 2**10

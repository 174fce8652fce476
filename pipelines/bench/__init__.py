"""``glom-video bench``: the time per frame, by stage and end to end, beside the machine's
limits."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal, get_args

import torch

from glom_video.glom import Glom
from glom_video.perceive import Perceiver, Settings
from glom_video.structures import Frame, InvalidInput
from glom_video_pipelines.allocator import keep_freed_memory
from glom_video_pipelines.annotate.frame_size import check_size
from glom_video_pipelines.bench.growth import (
    Growth,
    over_columns,
    over_frames,
    over_objects,
    over_streams,
    over_streams_to_tracks,
)
from glom_video_pipelines.bench.limits import Arithmetic, arithmetic
from glom_video_pipelines.bench.peer import compare_with_peer, peer_version
from glom_video_pipelines.bench.quality import check_trees, compare_quality
from glom_video_pipelines.bench.report import machine, print_report
from glom_video_pipelines.bench.stages import (
    BESIDE_THE_MODEL,
    ClipThroughput,
    annotate_once,
    first_frames,
    measure_stages,
    peak_memory_mib,
    recode_once,
)
from glom_video_pipelines.bench.synthetic import write_synthetic
from glom_video_pipelines.model import load_glom
from glom_video_pipelines.threads import available_cores, share_cores

__all__ = ["BenchOptions", "Precision", "run_bench"]

Precision = Literal["auto", "fp32", "bf16"]
_TYPES = {"auto": None, "fp32": torch.float32, "bf16": torch.bfloat16}

GROWTH_FRAMES = 24
"""Frames that the growth curves go round on."""


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What is measured, and how."""

    source: str | None = None
    """None: the synthetic clip."""
    size: str = "640x360"
    frames: int = 150
    repeats: int = 5
    settings: Settings = field(default_factory=Settings)
    weights: str | None = None
    device: str = "auto"
    precision: Precision = "auto"
    threads: int | None = None
    """Cores to share; None: all."""
    with_growth: bool = False
    with_peer: bool = False
    columns: tuple[int, ...] = (576, 2304)
    objects: tuple[int, ...] = (5, 50)
    streams: tuple[int, ...] = (1, 8)
    last_frame: int = 1000
    quality_trees: tuple[Path, ...] = ()
    quality_clips: int | None = None

    def __post_init__(self) -> None:
        assert self.precision in get_args(Precision)

    @property
    def products(self) -> torch.dtype | None:
        return _TYPES[self.precision]


def run_bench(options: BenchOptions, *, as_json: bool = False) -> int:
    """Measure, print tables or one JSON object on stdout, and return exit code 0.

    Raises:
        InvalidInput: the source cannot be measured; before anything is, for what ``--peer`` and
            ``--quality`` lack.
    """
    if options.with_peer:
        peer_version()
    check_trees(options.quality_trees, options.quality_clips)
    cores = options.threads or available_cores()
    keep_freed_memory()
    share_cores(cores)
    glom = load_glom(options.weights, options.device, options.products)
    with tempfile.TemporaryDirectory(prefix="glom-video-bench-") as folder:
        result = machine(glom, cores) | _speed(options, glom, Path(folder), cores)
    if options.with_peer:
        compared = compare_with_peer(
            options.columns, options.repeats, options.products, glom.ground.device
        )
        result["peer"] = {
            "name": f"glom-pytorch {peer_version()}",
            "columns": [comparison.to_dict() for comparison in compared],
        }
    if options.quality_trees:
        quality = compare_quality(
            options.quality_trees,
            options.weights,
            options.device,
            options.products,
            options.settings,
            options.quality_clips,
        )
        result["quality"] = [row.to_dict() for row in quality]
    if as_json:
        print(json.dumps(result))
    else:
        print_report(result)
    return 0


def _speed(options: BenchOptions, glom: Glom, folder: Path, cores: int) -> dict[str, Any]:
    """Stages, end to end and limits on one clip, and the growth curves if they are asked for."""
    source = _clip(options, folder)
    stages = measure_stages(source, glom, options.frames, options.size, options.settings, folder)
    counted = len(stages.timings["decode"].seconds)
    if not counted:
        raise InvalidInput(
            f"{source} is too short to be timed",
            "Give --frames of at least 10, and a clip that has them.",
        )
    runs, recoded = _passes(options, glom, source, folder)
    fps, recoding_fps = median([run.fps for run in runs]), median([run.fps for run in recoded])
    frames = first_frames(source, GROWTH_FRAMES, options.size)
    height, width = frames[0].image.shape[:2]  # of a small clip less than the box
    prepared = Perceiver(glom, options.settings).prepare(frames[0])
    counted_arithmetic = arithmetic(glom, prepared, options.settings.glom.iters)
    result = {
        "clip": {
            "source": options.source or "synthetic",
            "size": f"{width}x{height}",
            "frames": runs[0].frames,
        },
        "stages": {
            name: timing.to_dict() | {"share": round(stages.share(name), 4)}
            for name, timing in stages.timings.items()
        },
        "sum_ms": round(stages.frame_ms, 3),
        "beside_the_model_share": round(stages.share(*BESIDE_THE_MODEL), 4),
        "cpu_ms": round(stages.cpu_ms, 3),
        "end_to_end": {
            "fps": round(fps, 2),
            "runs": [round(run.fps, 2) for run in runs],
            "ms": round(1000 / fps, 3),
        },
        "limits": _limits(fps, recoding_fps, stages.floor_ms(cores), counted_arithmetic),
        "peak_memory_mib": round(peak_memory_mib(), 1),
    }
    if options.with_growth:
        result["growth"] = [growth.to_dict() for growth in _growths(options, glom, frames)]
    return result


def _passes(
    options: BenchOptions, glom: Glom, source: Path, folder: Path
) -> tuple[list[ClipThroughput], list[ClipThroughput]]:
    """The whole clip annotated, and only recoded, so many times each."""
    runs, recoded = [], []
    for _ in range(options.repeats):  # in turn: whatever else the machine does meets both alike
        recoded.append(recode_once(source, options.size, folder))
        runs.append(annotate_once(source, glom, options.size, options.settings, folder))
    return runs, recoded


def _limits(
    fps: float, recoding_fps: float, floor_ms: float, counted: Arithmetic
) -> dict[str, float | str]:
    """The machine's limits, and the share of them that is reached."""
    return {
        "decode_encode_fps": round(recoding_fps, 2),
        "share_of_decode_encode": round(fps / recoding_fps, 3),
        "floor_ms": round(floor_ms, 3),
        "times_floor": round(1000 / fps / floor_ms, 3),
        "gflop_per_frame": round(counted.flops / 1e9, 3),
        "gflop_per_second": round(counted.flops_per_second / 1e9, 1),
        "product_type": counted.dtype,
        "arithmetic_ms": round(counted.ms, 3),
    }


def _growths(options: BenchOptions, glom: Glom, frames: Sequence[Frame]) -> Iterator[Growth]:
    yield over_columns(glom, options.columns, options.repeats)
    yield over_frames(glom, frames, options.last_frame)
    yield over_objects(glom, frames, options.objects, options.repeats)
    yield over_streams(glom, frames, options.streams, options.repeats)
    yield over_streams_to_tracks(glom, frames, options.streams, options.repeats)


def _clip(options: BenchOptions, folder: Path) -> Path:
    if options.source is not None:
        return Path(options.source)
    check_size(options.size)
    width, _, height = options.size.partition("x")
    return write_synthetic(
        folder / "synthetic.mp4", int(height or int(width) * 9 // 16), int(width), options.frames
    )

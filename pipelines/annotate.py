"""``glom-video annotate``: sources in, annotated videos and masks out, one source after the other; a bad one never disturbs the others."""

import hashlib
import json
import re
import threading
import time
import traceback
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from glom_video.export import DavisWriter, Mp4Writer
from glom_video.glom import Glom
from glom_video.glom.pretrained import FILE_NAME, PACKAGE_WEIGHTS
from glom_video.islands import IslandRules
from glom_video.perceive import Perceiver
from glom_video.read import describe, image_files, is_url, read, redacted
from glom_video.render import Layout, render
from glom_video.structures import LEVEL_NAMES, Frame, InvalidInput, LevelName, Percept, SourceInfo
from pipelines.batch import FORMAT_VERSION, Format, Job, Manifest, Status, Tally, plan
from pipelines.interruption import EXIT_CODE, interruption
from pipelines.progress import Display, display, sentence, show_results


@dataclass(frozen=True, slots=True)
class AnnotateOptions:
    """What decides how outputs look. None leaves the choice to the stage that it concerns."""

    levels: tuple[LevelName, ...] = LEVEL_NAMES
    layout: Layout = "overlay"
    formats: tuple[Format, ...] = ("mp4",)
    start_seconds: float | None = None
    end_seconds: float | None = None
    stride: int = 1
    size: str | None = None
    iters: int | None = None
    weights: str | None = None
    device: str = "auto"
    min_area: float | None = None
    min_agreement: float | None = None
    max_objects: int | None = None
    with_sound: bool = True

    @property
    def rules(self) -> IslandRules:
        given: dict[str, Any] = {"min_area": self.min_area, "min_agreement": self.min_agreement, "max_objects": self.max_objects}
        return replace(IslandRules(), **{name: value for name, value in given.items() if value is not None})

    @property
    def fingerprint(self) -> str:
        """The settings and the weights' own digest: what must be the same for an earlier result to stand."""
        return json.dumps({**asdict(self), "device": "", "weights": weights_digest(self.weights)}, sort_keys=True)


def run_annotate(
    sources: Sequence[str],
    out: Path,
    options: AnnotateOptions,
    *,
    overwrite: bool = False,
    dry_run: bool = False,
    as_json: bool = False,
    debug: bool = False,
) -> int:
    """Annotate all sources and return the exit code: 0, 1 if a source failed, 130 if interrupted.

    Raises InvalidInput for what concerns all sources: settings, weights, outputs that exist already.
    """
    scaled_size(options.size, 2, 2)
    jobs = plan(sources, out, options.formats, options.levels, options.fingerprint, overwrite)
    if dry_run:
        return _show_plan(jobs, as_json)
    started, lines = time.perf_counter(), []
    with interruption() as stop, Manifest(out) as manifest, display(len(jobs)) as shown:
        glom = load_glom(options.weights, options.device) if any(job.error is None and job.done_before is None for job in jobs) else None
        for job in jobs:
            if stop.is_set():
                break
            lines.append(_annotate_one(job, options, glom, stop, shown, debug))
            manifest.add(lines[-1])
            shown.finish(sentence(lines[-1]))
    exit_code = EXIT_CODE if stop.is_set() else int(any(line["status"] in ("failed", "partial") for line in lines))
    show_results(lines, time.perf_counter() - started, exit_code, as_json)
    return exit_code


def load_glom(weights: str | None, device: str) -> Glom:
    """The model on its device, ready to be asked. Raises InvalidInput for weights or a device that are not there."""
    import torch

    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        return Glom.from_pretrained(weights).to(device).eval()
    except (RuntimeError, AssertionError) as error:  # torch has no error of its own for a device that is not there
        raise InvalidInput(f"device {device} cannot be used: {str(error).splitlines()[0]}", "Use --device auto or --device cpu.") from error


def weights_digest(weights: str | None) -> str:
    """Hash of the checkpoint's bytes; of a hub id, the id."""
    path = PACKAGE_WEIGHTS if weights is None else Path(weights)
    path = path / FILE_NAME if path.is_dir() else path
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else str(weights)


def scaled_size(size: str | None, height: int, width: int) -> tuple[int, int]:
    """(height, width) of a frame under ``--size``: the longest side or a box WxH, aspect ratio kept, never enlarged.

    >>> scaled_size("640", 1080, 1920), scaled_size("640x480", 1080, 1920), scaled_size("640", 240, 320)
    ((360, 640), (360, 640), (240, 320))
    """
    if size is None:
        return height, width
    match = re.fullmatch(r"(\d+)(?:x(\d+))?", size)
    if not match or min(int(side) for side in match.groups() if side) < 16:
        raise InvalidInput(
            f"--size {size} is not a size", "Give the longest side, as in --size 640, or a box, as in --size 640x360, of at least 16 pixels."
        )
    box_width, box_height = int(match[1]), int(match[2] or match[1])
    scale = min(box_width / width, box_height / height, 1.0)
    return max(1, round(height * scale)), max(1, round(width * scale))


def _annotate_one(job: Job, options: AnnotateOptions, glom: Glom | None, stop: threading.Event, shown: Display, debug: bool) -> dict[str, Any]:
    """The manifest's line on a source. Whatever goes wrong stays with this source."""
    if job.done_before is not None:
        return {**job.done_before, "status": "skipped", "reason": "done before with the same settings"}
    tally, reason, remedy = Tally(), "", ""
    status: Status = "done"
    try:
        if job.error is not None:
            raise job.error
        assert glom is not None, "loaded whenever a job has neither an error nor an earlier result"
        info = describe(job.source)
        shown.begin(job.name, _frames_expected(info, options))
        with closing(_decoded(job, options, tally, stop)) as frames:
            _written(_perceived(frames, glom, options, tally), job, info, options, tally, shown)
    except InvalidInput as error:
        status, reason, remedy = _stopped(tally), error.cause, error.remedy
    except KeyboardInterrupt:
        status, reason, remedy = _stopped(tally), f"{redacted(job.source)} was interrupted after {tally.frames} frames", "Run the same command again."
    except ImportError:  # a library that this machine lacks would fail every source
        raise
    except Exception as error:  # the failure unit is the file: a bug that one video brings out must not cost the night's others
        status, reason = _stopped(tally), f"{redacted(job.source)} met an internal error: {type(error).__name__}: {' '.join(str(error).split())}"
        remedy = "Run again with --debug and report what it prints."
        if debug:
            traceback.print_exc()
    return {
        "format_version": FORMAT_VERSION,
        "name": job.name,
        "source": redacted(job.source),
        "status": status,
        "reason": reason,
        "remedy": remedy,
        **tally.results(),
        "outputs": [str(path) for path in (job.paths if status == "done" else job.partial_paths) if path.exists()],
        "key": job.key,
    }


def _stopped(tally: Tally) -> Status:
    return "partial" if tally.frames else "failed"


def _frames_expected(info: SourceInfo, options: AnnotateOptions) -> int | None:
    """As far as the source says."""
    if info.frames_declared is None:
        return None
    first = (options.start_seconds or 0.0) * float(info.frame_rate)
    last = info.frames_declared if options.end_seconds is None else min(options.end_seconds * float(info.frame_rate), info.frames_declared)
    return max(1, round((last - first) / options.stride))


def _decoded(job: Job, options: AnnotateOptions, tally: Tally, stop: threading.Event) -> Generator[Frame, None, None]:
    """Frames at working size. Raises KeyboardInterrupt between two frames once ``stop`` is set."""
    frames = read(job.source, start_seconds=options.start_seconds, end_seconds=options.end_seconds, stride=options.stride)
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


def _written(percepts: Iterator[Percept], job: Job, info: SourceInfo, options: AnnotateOptions, tally: Tally, shown: Display) -> None:
    """Draw and encode, and write masks. An error on the way leaves what is there playable, under its ``.partial`` name."""
    level = None if len(options.levels) > 1 else options.levels[0]
    files = None if is_url(job.source) or not Path(job.source).is_dir() else image_files(job.source)
    with ExitStack() as stack:
        davis = stack.enter_context(DavisWriter(job.out, job.name, options.levels)) if "davis" in job.outputs else None
        mp4: Mp4Writer | None = None
        for percept in percepts:
            if "mp4" in job.outputs:
                with tally.timed("draw"):
                    picture = render(percept, layout=options.layout, level=level)
                with tally.timed("encode"):
                    mp4 = mp4 or stack.enter_context(_mp4_writer(job, info, options, *picture.shape[:2]))
                    mp4.write(picture, percept.frame.pts_seconds)
            if davis is not None:
                index = percept.frame.index
                with tally.timed("masks"):
                    davis.write(percept, info.height, info.width, files[index].stem if files else f"{index:05d}")
            shown.advance(tally)
        started = time.perf_counter()
    tally.spend("encode", time.perf_counter() - started)


def _mp4_writer(job: Job, info: SourceInfo, options: AnnotateOptions, height: int, width: int) -> Mp4Writer:
    return Mp4Writer(
        job.outputs["mp4"][0],
        height,
        width,
        time_base=info.time_base,
        frame_rate=info.frame_rate / options.stride,
        sample_aspect_ratio=info.sample_aspect_ratio,
        sound_from=job.source if info.has_sound and options.with_sound else None,
        start_seconds=options.start_seconds,
        end_seconds=options.end_seconds,
    )


def _show_plan(jobs: Sequence[Job], as_json: bool) -> int:
    """What would be done, on stdout; nothing is written. Returns the exit code."""
    lines = [_planned(job) for job in jobs]
    if as_json:
        print(json.dumps({"sources": lines}))
        return int(any(line["action"] == "fail" for line in lines))
    for line in lines:
        what = line["reason"] if line["action"] == "fail" else f"{line['picture']} -> {', '.join(line['outputs'])}"
        print(f"{line['action']}  {line['source']}  {what}")
    return int(any(line["action"] == "fail" for line in lines))


def _planned(job: Job) -> dict[str, Any]:
    line: dict[str, Any] = {"name": job.name, "source": redacted(job.source), "outputs": [str(path) for path in job.paths]}
    if job.done_before is not None:
        return {**line, "action": "skip", "picture": "done before with the same settings"}
    try:
        if job.error is not None:
            raise job.error
        info = describe(job.source)
    except InvalidInput as error:
        return {**line, "action": "fail", "reason": error.cause, "remedy": error.remedy}
    frames = "?" if info.frames_declared is None else info.frames_declared
    return {**line, "action": "annotate", "picture": f"{info.width}x{info.height}, {float(info.frame_rate):.2f} fps, {frames} frames, {info.codec}"}

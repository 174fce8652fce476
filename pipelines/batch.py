"""A list of sources -> named jobs, and what became of each: the book-keeping of ``annotate``."""

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self, get_args

from glom_video.read import Source, expand, is_url, redacted
from glom_video.structures import InvalidInput, LevelName, Percept

MANIFEST = "manifest.jsonl"
FORMAT_VERSION = 1
"""Of a line in the manifest."""

Format = Literal["mp4", "davis"]
FORMATS: tuple[Format, ...] = get_args(Format)
Status = Literal["done", "partial", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Job:
    """One source and where its results go."""

    source: Source
    name: str
    """Stem of the file or name of the folder, with ``_2``, ``_3`` where that is taken."""
    out: Path
    outputs: Mapping[Format, tuple[Path, ...]]
    key: str
    """Changes when the source, a setting or the weights change."""
    error: InvalidInput | None = None
    """The source leads to nothing."""
    done_before: Mapping[str, Any] | None = None
    """The manifest's line on it, if its outputs exist and were made with the same key."""

    @property
    def paths(self) -> list[Path]:
        return [path for paths in self.outputs.values() for path in paths]

    @property
    def partial_paths(self) -> list[Path]:
        """What the writers call their outputs until these are whole."""
        return [
            path.with_name(f"{self.name}.partial{'.mp4' if format_ == 'mp4' else ''}") for format_, paths in self.outputs.items() for path in paths
        ]


@dataclass
class Tally:
    """What has been counted and timed of one source so far."""

    started: float = field(default_factory=time.perf_counter)
    frames: int = 0
    corrupt_frames: int = 0
    visible: dict[LevelName, int] = field(default_factory=dict)
    ids: dict[LevelName, set[int]] = field(default_factory=lambda: {"part": set(), "object": set()})
    first_pts_seconds: float = 0.0
    last_pts_seconds: float = 0.0
    stage_seconds: dict[str, float] = field(default_factory=dict)

    def add(self, percept: Percept) -> None:
        pts_seconds = percept.frame.pts_seconds
        self.first_pts_seconds = pts_seconds if not self.frames else self.first_pts_seconds
        self.last_pts_seconds = pts_seconds
        self.frames += 1
        self.corrupt_frames += percept.frame.is_corrupt
        for level, ids in self.ids.items():
            seen = percept.tracks[level].ids.tolist()
            self.visible[level] = len(seen)
            ids.update(seen)
        for stage, seconds in percept.stage_seconds.items():
            self.spend(stage, seconds)

    def spend(self, stage: str, seconds: float) -> None:
        self.stage_seconds[stage] = self.stage_seconds.get(stage, 0.0) + seconds

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.spend(stage, time.perf_counter() - started)

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started

    def results(self) -> dict[str, Any]:
        """Figures for the manifest: counts, speed, milliseconds per frame by stage."""
        seconds, frames = self.seconds, max(self.frames, 1)
        return {
            "frames": self.frames,
            "corrupt_frames": self.corrupt_frames,
            "objects": len(self.ids["object"]),
            "parts": len(self.ids["part"]),
            "seconds": round(seconds, 3),
            "fps": round(self.frames / seconds, 2),
            "times_real_time": round(self.times_real_time(seconds), 3),
            "stage_ms": {stage: round(1000 * spent / frames, 2) for stage, spent in self.stage_seconds.items()},
        }

    def times_real_time(self, seconds: float) -> float:
        """Seconds of video per second of work; the last frame counts as long as the average one."""
        played = (self.last_pts_seconds - self.first_pts_seconds) * self.frames / max(self.frames - 1, 1)
        return played / seconds


def plan(sources: Sequence[str], out: Path, formats: Sequence[Format], levels: Sequence[LevelName], settings: str, overwrite: bool) -> list[Job]:
    """A job per source, in the order given; a source that leads to nothing becomes a job with an error and does not disturb the others.

    Raises InvalidInput if an output exists already, was not made by the same settings from the same source, and ``overwrite`` is not given.
    """
    earlier = read_manifest(out)
    jobs: list[Job] = []
    taken: set[str] = set()
    for source, error in _expanded(sources):
        name = _free_name(source, taken)
        outputs = {format_: _outputs(out, name, format_, levels) for format_ in formats}
        key = hashlib.sha256(f"{_identity(source)} {settings}".encode()).hexdigest()[:16]
        job = Job(source, name, out, outputs, key, error)
        line = earlier.get(name, {})
        made_before = line.get("key") == key and line.get("status") in ("done", "skipped") and all(path.exists() for path in job.paths)
        jobs.append(replace(job, done_before=line) if made_before and not overwrite else job)
    _refuse_overwriting(jobs, overwrite)
    return jobs


def _expanded(sources: Sequence[str]) -> Iterator[tuple[Source, InvalidInput | None]]:
    seen: set[Source] = set()
    for given in sources:
        try:
            found, error = expand([given]), None
        except InvalidInput as invalid:
            found, error = [given], invalid
        for source in found:
            if source not in seen:
                seen.add(source)
                yield source, error


def _free_name(source: Source, taken: set[str]) -> str:
    """The source's own name, or with the first number that is free."""
    path = Path(redacted(source).partition("?")[0]) if is_url(source) else Path(source).resolve()
    stem = (path.name if path.is_dir() else path.stem) or "video"
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    taken.add(name)
    return name


def _outputs(out: Path, name: str, format_: Format, levels: Sequence[LevelName]) -> tuple[Path, ...]:
    if format_ == "mp4":
        return (out / f"{name}.mp4",)
    return tuple(out / "Annotations" / level / name for level in levels)


def _identity(source: Source) -> str:
    """Where a source lies, how large and how old it is."""
    if is_url(source) or not Path(source).exists():
        return redacted(source)
    stat = Path(source).stat()
    return f"{Path(source).resolve()} {stat.st_size} {stat.st_mtime_ns}"


def _refuse_overwriting(jobs: Iterable[Job], overwrite: bool) -> None:
    pending = [job for job in jobs if job.done_before is None and job.error is None]
    for job in pending:
        if not is_url(job.source) and any(path.resolve() == Path(job.source).resolve() for path in job.paths):
            raise InvalidInput(f"the annotated video would replace its source {job.source}", "Choose another output folder with -o.")
    existing = [path for job in pending for path in job.paths if path.exists()]
    if existing and not overwrite:
        more = f" and {len(existing) - 1} more" if len(existing) > 1 else ""
        raise InvalidInput(
            f"{existing[0]}{more} exists already, made from another source or with other settings",
            "Give --overwrite to replace it, or choose another output folder with -o.",
        )


def read_manifest(out: Path) -> dict[str, Any]:
    """The last line on each name; one that a killed run left unfinished is passed over."""
    lines: dict[str, Any] = {}
    path = out / MANIFEST
    for text in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            line = json.loads(text)
            lines[line["name"]] = line
        except (ValueError, KeyError, TypeError):
            continue
    return lines


class Manifest:
    """OUT/manifest.jsonl: what became of each source, written as soon as it is known, so that a killed run can be taken up again.

    While open it may hold an older line on a name before the newer one; closed, it holds one line per name.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._compact()

    def add(self, line: Mapping[str, Any]) -> None:
        with self._writing(), (self._out / MANIFEST).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _compact(self) -> None:
        lines = read_manifest(self._out)
        with self._writing():
            self._out.mkdir(parents=True, exist_ok=True)
            fresh = self._out / f"{MANIFEST}.partial"
            fresh.write_text("".join(json.dumps(line) + "\n" for line in lines.values()), encoding="utf-8")
            os.replace(fresh, self._out / MANIFEST)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            remedy = "Choose another output folder with -o, or change its permissions or the free space on its disk."
            raise InvalidInput(f"{self._out} cannot be written: {error.strerror}", remedy) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._compact()

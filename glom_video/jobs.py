"""Whole jobs as functions: what the commands of the same names do, for those who are in Python."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import glom_video.evaluate  # noqa: F401 - once loaded, it no longer takes the function's name
from glom_video.perceive import Settings
from glom_video.structures import InvalidInput, Range

DEFAULT_SETTINGS = Settings()
Named = str | Path
"""A file, a folder, a pattern or a URL."""


def annotate(
    sources: Named | Sequence[Named],
    out: Named,
    *,
    formats: Sequence[str] = ("mp4",),
    settings: Settings = DEFAULT_SETTINGS,
    start_seconds: float | None = None,
    end_seconds: float | None = None,
    stride: int = 1,
    size: str | None = None,
    weights: Named | None = None,
    device: str = "auto",
    with_sound: bool = True,
    with_frames: bool = False,
    max_corrupt: float = 0.05,
    workers: int | None = None,
    threads: int | None = None,
    ray_address: str | None = None,
    overwrite: bool = False,
) -> list[dict[str, Any]]:
    """As ``glom-video annotate``: outputs and manifest in ``out``, work in processes of their own,
    progress on stderr. Gives the manifest's line on each source, in the order given; what goes
    wrong with one source stands in its line.

    Args:
        size: longest side in pixels, or a box ``WxH``, that frames are scaled down to.
        weights: a file, a folder or a hub id; None: those of the package.
        with_frames: write the source's pictures too, and one json of all clips, a data set.
        max_corrupt: share of damaged and lost frames, 0 to 1, above which a clip is partial.
        workers: files at a time, more than one with Ray; ``threads``: of each.

    Raises InvalidInput for what concerns all sources: settings, formats, weights, outputs that
    exist already; and KeyboardInterrupt, with all files in order, after Ctrl-C.
    """
    from glom_video_pipelines.annotate import AnnotateOptions, RunOptions, annotate_batch

    _check("max_corrupt", max_corrupt, Range(0.0, 1.0))
    _check("workers", workers, Range(1))
    _check("threads", threads, Range(1))
    options = AnnotateOptions(
        settings=settings,
        formats=_known_formats(formats),
        start_seconds=start_seconds,
        end_seconds=end_seconds,
        stride=stride,
        size=None if size is None else str(size),
        weights=None if weights is None else str(weights),
        device=device,
        with_sound=with_sound,
        with_frames=with_frames,
        max_corrupt=max_corrupt,
        threads=threads,
    )
    run = RunOptions(overwrite, workers, ray_address)
    batch = annotate_batch(_several(sources), Path(out), options, run)
    if batch.was_interrupted:
        raise KeyboardInterrupt
    if batch.unwritten is not None:
        raise batch.unwritten
    return list(batch.lines)


def evaluate(
    paths: Named | Sequence[Named],
    truth: Named | None = None,
    *,
    pictures: Named | None = None,
    controls: bool = False,
    peers: bool = False,
    beside: Sequence[Named] = (),
    out: Named | None = None,
    weights: Named | None = None,
    device: str = "auto",
    settings: Settings = DEFAULT_SETTINGS,
    first_frames: int | None = None,
) -> dict[str, Any]:
    """As ``glom-video evaluate``: gives what its ``--json`` prints, and writes the report into the
    folder ``out`` where one is given; progress goes to stderr. Clips that could not be scored to
    their end stand under ``failed``.

    Args:
        truth: a DAVIS tree of true masks; None: self-consistency only.
        pictures: those under predictions, where neither the truth nor the manifest tells them.
        beside: other weights, each scored as one more method.
        first_frames: score only so many of each clip.

    Raises InvalidInput for what concerns all clips, and for a report that cannot be written.
    """
    from glom_video_pipelines.evaluate import EvaluateOptions, evaluate_clips

    _check("first_frames", first_frames, Range(1))
    options = EvaluateOptions(
        tuple(_several(paths)),
        truth=None if truth is None else Path(truth),
        pictures=None if pictures is None else Path(pictures),
        controls=controls,
        peers=peers,
        beside=tuple(map(str, beside)),
        out=None if out is None else Path(out),
        weights=None if weights is None else str(weights),
        device=device,
        settings=settings,
        first_frames=first_frames,
    )
    scored = evaluate_clips(options, "glom_video.evaluate")
    if scored.was_interrupted:
        raise KeyboardInterrupt
    if scored.unwritten is not None:
        raise scored.unwritten
    return scored.report


def _several(names: Named | Sequence[Named]) -> list[str]:
    """Raises InvalidInput for none, and TypeError for what names no source."""
    listed = [names] if isinstance(names, str | Path) else list(names)
    if not listed:
        raise InvalidInput("no source was given", "Name at least one file, folder or address.")
    if others := [name for name in listed if not isinstance(name, str | Path)]:
        raise TypeError(f"names of sources are needed, got {type(others[0]).__name__}")
    return [str(name) for name in listed]


def _check(name: str, number: int | float | None, within: Range) -> None:
    """Raises InvalidInput for a number out of range; None leaves the choice to the job."""
    if number is not None and number not in within:
        raise InvalidInput(f"{name} is {number!r}", f"Give {within}.")


def _known_formats(formats: Sequence[str]) -> tuple[Any, ...]:
    """In the order of the library. Raises InvalidInput for a name that it lacks, and for none."""
    from glom_video.formats import FORMATS

    wanted = [formats] if isinstance(formats, str) else list(formats)
    unknown = [name for name in wanted if name not in FORMATS]
    if unknown or not wanted:
        cause = f"there is no format {unknown[0]!r}" if unknown else "no format was given"
        raise InvalidInput(cause, f"Name some of {', '.join(FORMATS)}.")
    return tuple(name for name in FORMATS if name in wanted)

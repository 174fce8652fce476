"""A list of sources -> named jobs, with those done before recognised."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from glom_video.formats import Format, Outputs
from glom_video.read import (
    Source,
    entries,
    expand,
    is_url,
    picture_files,
    redacted,
    source_name,
)
from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate.listed import is_listed_output
from glom_video_pipelines.annotate.manifest import IS_BEGUN, is_done, read_manifest, with_earlier
from glom_video_pipelines.annotate.options import AnnotateOptions, digest, weights_digest
from glom_video_pipelines.originals import refuse_replacing

LONGEST_NAME = 200
"""Most bytes of a clip's name: file systems allow 255, and outputs append ``_2.partial.ytvis.json``
or a spool file's suffix."""


@dataclass(frozen=True, slots=True)
class Job:
    """One source and where its results go."""

    source: Source
    outputs: Outputs
    """Stem of the file or name of the folder, with ``_2``, ``_3`` if that is taken."""
    key: str
    """Changes when the source, a setting or the weights change."""
    config_hash: str
    weights_hash: str
    error: InvalidInput | None = None
    """Error if the source does not exist, or its outputs exist already."""
    is_refused: bool = False
    """Whether its outputs were made from another source or with other settings; their line in the
    manifest stays."""
    done_before: Mapping[str, Any] | None = None
    """Its line in the manifest, if its outputs exist and were made with the same key."""

    @property
    def name(self) -> str:
        return self.outputs.name

    @property
    def is_pending(self) -> bool:
        """Whether there is work left on it, and nothing against doing that."""
        return self.done_before is None and self.error is None


def plan(sources: Sequence[str], out: Path, options: AnnotateOptions, overwrite: bool) -> list[Job]:
    """A job per source, in the given order. A source that does not exist becomes a job with an
    error, and so does one whose outputs exist and were made with other settings or from another
    source, unless ``overwrite`` is set.

    Raises:
        InvalidInput: there is no source but outputs of earlier runs; an output is a source of this
            run, even with ``overwrite``; or every job that is left is refused.
    """
    earlier = read_manifest(out)
    jobs = list(_new_jobs(sources, out, options, earlier))
    if not overwrite:
        jobs = [_with_earlier_result(job, earlier.get(job.name, {})) for job in jobs]
    if not jobs:
        raise InvalidInput(
            f"{', '.join(sources)}: there is nothing but outputs of earlier runs",
            "Name the videos that they were made from. An output is annotated if named itself.",
        )
    return _without_replacing(jobs, earlier, overwrite)


def _new_jobs(
    sources: Sequence[str], out: Path, options: AnnotateOptions, earlier: Mapping[str, Any]
) -> Iterator[Job]:
    """A job per source, whatever earlier runs have done; of these it keeps its name, which depends
    on the sources beside it."""
    config_hash, weights_hash = options.config_hash, weights_digest(options.weights)
    object_id = options.settings.draw.object_id
    found = list(_expanded(sources))
    kept = _names_by_place(earlier)
    taken = {kept[place] for source, _ in found if (place := _place(source)) in kept}
    for source, error in found:
        name = kept.pop(_place(source), "") or _free_name(source, taken)
        outputs = Outputs(
            out, name, options.formats, options.levels, object_id, options.with_frames
        )
        key = digest(f"{_identity(source)} {config_hash} {weights_hash}")
        yield Job(source, outputs, key, config_hash, weights_hash, error)


def _names_by_place(earlier: Mapping[str, Any]) -> dict[str, str]:
    """Names in a manifest by the places of their sources."""
    names: dict[str, str] = {}
    for name, line in earlier.items():
        names.setdefault(_place(str(line.get("source", ""))), name)
    return names


def _place(source: Source) -> str:
    """Where a source is, however its path is written."""
    return redacted(source) if is_url(source) else os.path.abspath(source)


def _with_earlier_result(job: Job, line: Mapping[str, Any]) -> Job:
    """The job as done before, if that is what the manifest's line of its name says and its outputs
    exist; else as it is."""
    done = [each for each in with_earlier(line) if is_done(each) and each.get("key") == job.key]
    if done and all(path.exists() for path in job.outputs.paths):
        return replace(job, done_before=done[0])
    return job


def check_libraries(formats: Sequence[Format]) -> None:
    """Check that the libraries that the formats need are installed.

    Raises:
        InvalidInput: one is not.
    """
    for format_ in formats:
        if format_ in _LIBRARIES and find_spec(_LIBRARIES[format_][0]) is None:
            library, extra = _LIBRARIES[format_]
            raise InvalidInput(
                f"--format {format_} needs {library}, which is not installed",
                f"Install it: pip install 'glom-video[{extra}]'.",
            )


_LIBRARIES: Mapping[Format, tuple[str, str]] = {
    "coco": ("pycocotools", "coco"),
    "ytvis": ("pycocotools", "coco"),
    "mots-txt": ("pycocotools", "coco"),
    "parquet": ("pyarrow", "parquet"),
}
"""Per format, the library that it needs and the extra that installs it."""


def _expanded(sources: Sequence[str]) -> Iterator[tuple[Source, InvalidInput | None]]:
    """Each clip once, however its path is written; a name, or a line of a list, that does not exist
    comes with its error."""
    seen: set[str] = set()
    for entry, error in _entries(sources):
        found = [(entry, error)] if error else _or_error(lambda entry: expand([entry]), entry)
        for source, invalid in found:
            one = str(source) if is_url(source) else os.path.abspath(source)
            # A folder with other sources in it was named for those.
            is_itself = len(found) == 1 and _is_named(source, entry)
            is_chosen = is_itself or not is_listed_output(source)
            if one not in seen and is_chosen:
                seen.add(one)
                yield source, invalid or _unusable(source)


def _is_named(source: Source, entry: Source) -> bool:
    """Whether a source was found because it was named itself, however it was written."""
    if is_url(source) or is_url(entry):
        return source == entry
    return Path(source) in (Path(entry), Path(os.path.expanduser(entry)))


def _entries(sources: Sequence[str]) -> Iterator[tuple[Source, InvalidInput | None]]:
    """The sources, with lines of lists in the lists' places."""
    for given in sources:
        yield from _or_error(entries, given)


def _unusable(source: Source) -> InvalidInput | None:
    """Error of a source's name: the video libraries take only UTF-8, whatever encoding this system
    has."""
    try:
        in_utf8 = os.fsencode(source).decode()
    except UnicodeDecodeError:
        return InvalidInput(f"the name {str(source)!a} is not in UTF-8", "Rename the file.")
    except UnicodeEncodeError:  # a line of a list, in an encoding that lacks its letters
        in_utf8 = ""
    if in_utf8 != str(source):
        return InvalidInput(
            f"the name {str(source)!a} is not read as UTF-8 but as {sys.getfilesystemencoding()}",
            "Set LC_ALL=C.UTF-8, or another locale in UTF-8.",
        )
    return None


def _or_error(
    found: Callable[[Source], Sequence[Source]], source: Source
) -> list[tuple[Source, InvalidInput | None]]:
    try:
        return [(each, None) for each in found(source)]
    except InvalidInput as error:
        return [(source, error)]


def _free_name(source: Source, taken: set[str]) -> str:
    """The source's name, or the name with the first free number."""
    stem = _shortened(source_name(source)) or "video"
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    taken.add(name)
    return name


def _was_begun(job: Job, earlier: Mapping[str, Any]) -> bool:
    """Whether a run had begun just this job and did not finish it, so that files with the outputs'
    names are its work: some may have got them before it was killed, or before the last ones found
    the disk full."""
    line = earlier.get(job.name, {})
    is_open = bool(line.get(IS_BEGUN)) or line.get("status") == "partial"
    return is_open and line.get("key") == job.key


def _shortened(stem: str) -> str:
    """The name cut to LONGEST_NAME bytes."""
    while len(os.fsencode(stem)) > LONGEST_NAME:
        stem = stem[:-1]
    return stem


def _identity(source: Source) -> str:
    """Path, size and modification time of a source, of a folder those of its pictures: its own
    change with outputs that are put there, and not with a picture that is edited. Of an address
    the part that is not shown, but for the password."""
    if is_url(source):
        return f"{redacted(source)} {digest(str(source).partition('?')[2])}"
    if not os.path.exists(source):
        return redacted(source)
    path = Path(source).resolve()
    if not path.is_dir():
        return f"{path} {_version(path)}"
    try:
        pictures = picture_files(path)
    except InvalidInput:  # it may not be listed
        pictures = []
    return " ".join([str(path), *(f"{each.name} {_version(each)}" for each in pictures)])


def _version(path: Path) -> str:
    """Size and modification time of a file; empty for a link that leads nowhere."""
    try:
        stat = path.stat()
    except OSError:
        return ""
    return f"{stat.st_size} {stat.st_mtime_ns}"


def _without_replacing(
    jobs: Sequence[Job], earlier: Mapping[str, Any], overwrite: bool
) -> list[Job]:
    """The jobs, with those refused whose outputs already exist.

    Raises:
        InvalidInput: an output is a source, or nothing is left to do.
    """
    pending = [job for job in jobs if job.is_pending]
    refuse_replacing(
        [job.source for job in jobs],
        [path for job in pending for path in (*job.outputs.paths, *job.outputs.partial_paths)],
    )
    if overwrite:
        return list(jobs)
    errors = {job.name: _would_replace(job, earlier) for job in pending}
    refused = {name: error for name, error in errors.items() if error is not None}
    if refused and len(refused) == len(pending):
        raise next(iter(refused.values()))
    return [
        replace(job, error=refused[job.name], is_refused=True) if job.name in refused else job
        for job in jobs
    ]


def _would_replace(job: Job, earlier: Mapping[str, Any]) -> InvalidInput | None:
    """Error of a job whose outputs exist already and are not its own."""
    existing = [path for path in (*job.outputs.paths, *job.outputs.beside) if path.exists()]
    if not existing or _was_begun(job, earlier):
        return None
    what = f"{existing[0]} exists"
    if len(existing) > 1:
        what = f"{existing[0]} and {len(existing) - 1} more exist"
    return InvalidInput(
        f"{what} already, made from another source or with other settings or formats",
        (
            "Give --overwrite to replace what is there, choose another output folder with -o, or, "
            "for more formats of the same result, name only those that are new."
        ),
    )

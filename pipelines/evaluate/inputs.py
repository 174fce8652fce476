"""The paths that a user gives -> clips to score."""

import os
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from glom_video.formats import ClipMasks, is_id_image, read_davis, read_ytvis, subfolders
from glom_video.formats.outputs import FRAMES, SUFFIXES
from glom_video.read import (
    Source,
    describe,
    expand,
    frame_names,
    image_files,
    is_images,
    is_url,
    source_name,
)
from glom_video.structures import InvalidInput, naturally_sorted
from glom_video_pipelines.annotate.listed import is_listed_output, output_found
from glom_video_pipelines.annotate.manifest import read_manifest
from glom_video_pipelines.evaluate.numbering import endings

MODEL = "glom-video"
"""The method's name when the model is run here; predictions on disk are named after their tree or
file."""
YTVIS, PARQUET = SUFFIXES["ytvis"], SUFFIXES["parquet"]
TEXT_TABLES = (".csv", ".jsonl")
"""Ends of the names of what ``annotate`` writes for other programs."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip of one method."""

    method: str
    name: str
    pictures: Path | None
    """Video file or image folder; None when only masks are at hand."""
    masks: ClipMasks | None = None
    """What was predicted, which may be nothing at all; None when the model is to be run on the
    pictures."""
    table: Path | None = None
    """What was predicted, as a parquet table without masks."""

    @property
    def is_prediction(self) -> bool:
        """Whether its masks are given, and no model is run."""
        return self.masks is not None or self.table is not None

    @property
    def answered(self) -> set[str]:
        """Names of the frames that have a mask at some level."""
        return {name for files in (self.masks or {}).values() for name in files}

    def frame_names(self) -> list[str] | None:
        """Names of the frames in order; None of a video, whose frames are named by five-digit index
        as they come."""
        if self.pictures is None or self.table is not None:
            return naturally_sorted(self.answered, str)
        return frame_names(self.pictures) if is_images(self.pictures) else None

    def size(self) -> tuple[int, int]:
        """(height, width) of the first mask, or of the pictures."""
        for mask in chain.from_iterable(files.values() for files in (self.masks or {}).values()):
            height, width = mask.labels().shape
            return height, width
        assert self.pictures is not None, "a clip has masks or pictures"
        info = describe(self.pictures)
        return info.height, info.width


def find_clips(
    paths: Sequence[str | Path], truth: Path | None, pictures: Path | None = None
) -> list[Clip]:
    """Clips of each path.

    DAVIS trees of pictures, videos and image folders are run through the model. DAVIS trees of
    masks, output folders of ``annotate``, YouTube-VIS json and parquet tables are predictions; a
    tree with both counts as pictures. Motion is measured on the pictures that the user gives, else
    on the truth's, else on those that ``annotate`` noted. What is named twice, by whatever path, is
    scored once.

    Raises:
        InvalidInput: there are no clips, or ``pictures`` are of no prediction.
    """
    seen = _named_pictures(pictures) if pictures is not None else _pictures_of(truth, truth)
    clips: list[Clip] = []
    for path in {os.path.abspath(path): Path(path) for path in paths}.values():
        clips += _clips_at(path, truth, seen, {clip.method for clip in clips})
    clips = _each_once(clips)
    if not clips:
        raise InvalidInput(
            f"no clips in {', '.join(map(str, paths))}",
            (
                "Name videos, image folders, or DAVIS trees: JPEGImages/<set>/<clip>/00000.jpg and "
                "Annotations/<set>/<clip>/00000.png."
            ),
        )
    predicted = {clip.name for clip in clips if clip.is_prediction}
    if pictures is not None and not predicted:
        raise InvalidInput(
            f"the pictures {pictures} are for results on disk, and the model is run on all that is "
            "named",
            "Leave --pictures out.",
        )
    if pictures is not None and predicted.isdisjoint(seen):
        raise InvalidInput(
            f"{pictures} holds no pictures of the clip {min(predicted)}",
            "Name a folder or a video of that name, or a tree that holds one.",
        )
    ends = endings([(clip.method, clip.name) for clip in clips])
    return [replace(clip, name=clip.name + end) for clip, end in zip(clips, ends, strict=True)]


def _each_once(clips: Sequence[Clip]) -> list[Clip]:
    """The clips without those that the model is to be run on a second time."""
    kept: dict[object, Clip] = {}
    for clip in clips:
        kept.setdefault(
            id(clip) if clip.is_prediction else os.path.abspath(str(clip.pictures)), clip
        )
    return list(kept.values())


def _clips_at(
    path: Path, truth: Path | None, seen: Mapping[str, Path], taken: Set[str]
) -> list[Clip]:
    """Clips of one path.

    Args:
        seen: pictures of predictions, by clip.
        taken: names of methods that other paths have.
    """
    if (path / "JPEGImages").is_dir():
        return [Clip(MODEL, name, folder) for name, folder in _pictures_of(path, truth).items()]
    if tables := _tables(path):
        method = _free_method(path, taken)
        return [Clip(method, table.stem, None, table=table) for table in tables]
    if predicted := _predicted(path):
        method, noted = _free_method(path, taken | {MODEL}), _noted_pictures(path)
        return [
            Clip(method, name, seen.get(name, noted.get(name)), masks)
            for name, masks in predicted.items()
        ]
    return [
        Clip(MODEL, _name(source), _checked_pictures(Path(source))) for source in _undrawn(path)
    ]


def _undrawn(path: Path) -> list[Source]:
    """The sources that a path stands for, without those in a folder that ``annotate`` wrote: on its
    drawn videos the model would only be run by mistake.

    Raises:
        InvalidInput: there are no others.
    """
    found = expand([path])
    undrawn = [source for source in found if source == path or not _is_drawn(source)]
    if found and not undrawn:
        raise InvalidInput(
            f"{path} holds what annotate has drawn, but no masks",
            (
                "Annotate the same videos with --format davis alone, into the same folder; or name "
                "those videos, to run the model on them."
            ),
        )
    return undrawn


def _is_drawn(source: Source) -> bool:
    """Whether ``annotate`` wrote it, other than as the source's own pictures."""
    return is_listed_output(source) and Path(source).parent.name != FRAMES


def _checked_pictures(source: Path) -> Path:
    """``source``, unless it is a folder of masks, on which the model would only be run by mistake,
    or a table of text that ``annotate`` wrote."""
    if source.suffix in TEXT_TABLES:
        raise InvalidInput(
            f"{source} is no table that evaluate reads",
            "Name the parquet table, the ytvis json or the whole output folder of annotate.",
        )
    first = next(iter(image_files(source)), None) if source.is_dir() else None
    if first is not None and is_id_image(first):
        raise InvalidInput(
            f"{source} holds masks, not pictures",
            "Give the folder that holds Annotations/<set>/<clip>/ to score masks as predictions.",
        )
    return source


def _predicted(path: Path) -> dict[str, ClipMasks]:
    """Masks by clip, if these are predictions; a clip in which nothing was found has empty ones."""
    if path.suffix == ".json":
        return dict(read_ytvis(path))
    found: dict[str, ClipMasks] = {}
    if (path / "Annotations").is_dir():
        found |= read_davis(path)
    for file in _exported(path, YTVIS):
        if file.name.removesuffix(YTVIS) not in found:
            found |= read_ytvis(file)
    return found


def _tables(path: Path) -> list[Path]:
    """Parquet tables, where there are no masks that tell more."""
    if path.suffix == PARQUET:
        return [path]
    has_masks = (path / "Annotations").is_dir() or _exported(path, YTVIS)
    return [] if has_masks else _exported(path, PARQUET)


def _exported(folder: Path, suffix: str) -> list[Path]:
    """What ``annotate`` wrote to its end; none where this is no folder."""
    found = folder.glob(f"*{suffix}") if folder.is_dir() else ()
    return sorted(path for path in found if not path.name.endswith(f".partial{suffix}"))


def _free_method(path: Path, taken: Set[str]) -> str:
    """Name of a method after its path; the whole path, if the name is taken."""
    name = (
        Path(os.path.abspath(path))
        .name.removesuffix(PARQUET)
        .removesuffix(".json")
        .removesuffix(".ytvis")
    )
    return str(path) if name in taken else name


def _named_pictures(root: Path) -> dict[str, Path]:
    if (root / "JPEGImages").is_dir():
        return _pictures_of(root, None)
    return {_name(source): Path(source) for source in expand([root])}


def _pictures_of(root: Path | None, truth: Path | None) -> dict[str, Path]:
    """Image folders of a tree by clip; of several sets the one that the truth is named after."""
    sets = subfolders(root / "JPEGImages") if root is not None else {}
    if not sets:
        return {}
    if len(sets) > 1 and truth is not None:
        sets = {
            name: folder
            for name, folder in sets.items()
            if name in subfolders(truth / "Annotations")
        }
    if len(sets) != 1:
        raise InvalidInput(
            f"{root}/JPEGImages does not hold one set that is clearly meant",
            "Keep one set, or name the folder of each clip.",
        )
    clips = subfolders(next(iter(sets.values())))
    return {name: clip for name, clip in clips.items() if not name.endswith(".partial")}


def _noted_pictures(out: Path) -> dict[str, Path]:
    """The sources of an output folder of ``annotate`` that are still where they were."""
    folder = out if out.is_dir() else out.parent
    found: dict[str, Path] = {}
    for name, line in read_manifest(folder).items():
        source = str(line.get("source", ""))
        if source and not is_url(source):
            places = _run_folder(folder, line) / source, Path(source)
            if (place := next(filter(Path.exists, places), None)) is not None:
                found[name] = place
    return found


def _run_folder(folder: Path, line: Mapping[str, Any]) -> Path:
    """The folder in which ``annotate`` was run, from which relative paths lead: it is what an
    output's noted path leaves of its real one. This folder where that does not tell."""
    for noted in map(Path, line.get("outputs", [])):
        found, parts = output_found(folder, noted), noted.parts
        real = () if found is None else found.absolute().parts
        if not noted.is_absolute() and real[-len(parts) :] == parts:
            return Path(*real[: -len(parts)])
    return Path()


def _name(source: str | Path) -> str:
    return source_name(Path(source))


def as_size(size: tuple[int, ...]) -> str:
    """As people say it: width first."""
    return f"{size[1]}x{size[0]}"

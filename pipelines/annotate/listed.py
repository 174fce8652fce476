"""Outputs of earlier runs, so that a folder that holds them can be annotated again."""

import os
from pathlib import Path

from glom_video.read import Source, image_files, is_url
from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate.manifest import read_manifest, with_earlier


def is_listed_output(source: Source) -> bool:
    """Whether a manifest in a folder above a source lists it, or all of its images, as outputs."""
    if is_url(source) or not os.path.exists(source):
        return False
    path = Path(source).absolute()
    above = [path, *path.parents] if path.is_dir() else path.parents
    outputs = [output for folder in above for output in _outputs(folder)]
    if any(path.samefile(output) for output in outputs):
        return True
    listed = {output.resolve() for output in outputs}
    return bool(listed) and path.is_dir() and _images(path) <= listed


def _images(folder: Path) -> set[Path]:
    """Those in a folder that was found as a source."""
    try:
        return {path.resolve() for path in image_files(folder)}
    except InvalidInput:  # it may not be listed
        return {folder}


def _outputs(folder: Path) -> list[Path]:
    """Existing outputs that this folder's manifest lists, if it may be read."""
    try:
        lines = read_manifest(folder).values()
    except InvalidInput:
        return []
    noted = [each for line in lines for each in with_earlier(line)]
    listed = [str(output) for line in noted for output in line.get("outputs", [])]
    return [found for output in listed if (found := output_found(folder, Path(output))) is not None]


def output_found(folder: Path, output: Path) -> Path | None:
    """Path of an output in a folder's manifest: as written, or below the folder, whose path may
    differ now; None if it does not exist."""
    below = (folder / Path(*output.parts[place:]) for place in range(len(output.parts)))
    return next((path for path in below if os.path.exists(path)), None)

"""What earlier runs wrote, so that a folder which holds their outputs can be annotated again."""

from pathlib import Path

from glom_video.read import Source, is_url
from glom_video_pipelines.annotate.manifest import read_manifest


def is_listed_output(source: Source) -> bool:
    """Whether a manifest in one of the folders above a source lists it as an output."""
    if is_url(source):
        return False
    path = Path(source).absolute()
    return any(
        path.samefile(output)
        for folder in path.parents
        for output in _outputs(folder)
        if path.exists()
    )


def _outputs(folder: Path) -> list[Path]:
    """The outputs of a manifest in this folder that are still there."""
    listed = [
        str(output) for line in read_manifest(folder).values() for output in line.get("outputs", [])
    ]
    return [found for output in listed if (found := _found(folder, Path(output))) is not None]


def _found(folder: Path, output: Path) -> Path | None:
    """Where an output lies: as it is written, or below the folder, which the run may have named
    from elsewhere."""
    below = (folder / Path(*output.parts[place:]) for place in range(len(output.parts)))
    return next((path for path in below if path.exists()), None)

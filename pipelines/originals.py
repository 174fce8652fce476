"""Guards sources against being overwritten."""

from collections.abc import Iterable
from pathlib import Path

from glom_video.read import IMAGE_SUFFIXES, Source, is_url
from glom_video.structures import InvalidInput


def refuse_replacing(originals: Iterable[Source], outputs: Iterable[Path]) -> None:
    """Check that no output is the same file or folder as a source, by name or through a link, or
    would be one of its pictures.

    Raises:
        InvalidInput: one is.
    """
    read_from = {
        identity: source
        for source in originals
        if not is_url(source) and (identity := _identity(Path(source)))
    }
    for path in outputs:
        if (source := read_from.get(_identity(path) or (0, 0))) is not None:
            raise InvalidInput(
                f"the output {path} would replace the original {source}",
                "Choose another output folder or name with -o.",
            )
        folder = read_from.get(_identity(path.parent) or (0, 0))
        if folder is not None and path.suffix.lower() in IMAGE_SUFFIXES:
            raise InvalidInput(
                f"the output {path} would be a picture of the source {folder} from then on",
                "Choose another output folder or name with -o.",
            )


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and number of the file that a name leads to; None where it leads to none."""
    try:
        stat = path.stat()
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return None
    return stat.st_dev, stat.st_ino

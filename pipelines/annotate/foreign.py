"""Files of the user that have the names of an output folder's own files."""

from collections.abc import Sequence
from pathlib import Path

from glom_video.formats import Format
from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate.data_set import FILES
from glom_video_pipelines.annotate.manifest import MANIFEST

BEGINNING = 4096
"""Bytes of a file that say whose it is."""
VERSION = b'"format_version"'
_KEYS = {b"name", b"status"}


def refuse_foreign(out: Path, data_set_of: Sequence[Format]) -> None:
    """Raises InvalidInput for a manifest, or a file of all clips of one of these formats, that
    glom-video has not written and would replace."""
    own = {out / "annotations" / FILES[each]: _is_own_set for each in data_set_of if each in FILES}
    for path, is_own in {out / MANIFEST: _is_own_manifest, **own}.items():
        try:
            with path.open("rb") as file:
                beginning = file.read(BEGINNING)
        except OSError:  # there is none, or what is to be said of it is said where it is read
            continue
        if beginning.strip() and not is_own(beginning):
            raise InvalidInput(
                f"{path} is there already, and is not of glom-video",
                "Choose another output folder with -o; annotate --overwrite replaces it.",
            )


def _is_own_set(beginning: bytes) -> bool:
    return b"by glom-video" in beginning


def _is_own_manifest(beginning: bytes) -> bool:
    """Whether it begins with a line of a manifest, of which a killed run may have written less."""
    first = beginning.lstrip()
    return VERSION in first or VERSION.startswith(first[1:]) or set(first.split(b'"')) >= _KEYS

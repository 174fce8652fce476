"""What the user names -> a list of single sources."""

import glob
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from glom_video.read.pages import IMAGE_SUFFIXES, listed, not_permitted
from glom_video.structures import InvalidInput, naturally_sorted

Source = str | Path
"""A path, or a URL as ``str``."""

VIDEO_SUFFIXES = frozenset(
    {
        ".264",
        ".265",
        ".3g2",
        ".3gp",
        ".asf",
        ".avi",
        ".divx",
        ".dv",
        ".f4v",
        ".flv",
        ".gif",
        ".h264",
        ".h265",
        ".hevc",
        ".ivf",
        ".m1v",
        ".m2ts",
        ".m2v",
        ".m4v",
        ".mjpeg",
        ".mjpg",
        ".mk3d",
        ".mkv",
        ".mov",
        ".mp4",
        ".mp4v",
        ".mpe",
        ".mpeg",
        ".mpg",
        ".mpv",
        ".mts",
        ".mxf",
        ".nut",
        ".ogg",
        ".ogv",
        ".qt",
        ".rm",
        ".rmvb",
        ".ts",
        ".vob",
        ".webm",
        ".wmv",
        ".wtv",
        ".y4m",
    }
)
"""Suffixes that are taken from a folder. A file that is named itself is tried whatever its
suffix."""


def expand(sources: Sequence[Source]) -> list[Source]:
    """Files, image folders, folders of videos (with their subfolders), globs, URLs and lists of all
    these -> each source once, in natural order.

    A folder that holds images is one clip; videos beside them are clips of their own. ``.partial``
    outputs are skipped, and so are the masks of a DAVIS tree and a folder that links lead to a
    second time. A folder that may not be listed, and what a glob matches but leads to nothing,
    count as sources and fail when they are read.

    Raises:
        InvalidInput: a name leads to nothing.
    """
    found = [clip for source in sources for entry in entries(source) for clip in _clips(entry)]
    return list(dict.fromkeys(found))


def entries(source: Source) -> list[Source]:
    """The lines of a ``.txt`` file, each a source as it could be named itself; of anything else,
    itself. Paths in a list are relative to it; empty lines and lines that begin with ``#`` are
    skipped.

    Raises:
        InvalidInput: a list cannot be read, or names nothing.
    """
    path = Path(source)
    if is_url(source) or path.suffix.lower() != ".txt" or not os.path.isfile(path):
        return [source]
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"the list {path} cannot be read: {error}",
            "Give a text file with one source a line, in UTF-8.",
        ) from error
    named = [line for line in lines if line and not line.startswith("#")]
    if not named:
        raise InvalidInput(
            f"the list {path} names no source", "Write one file, folder, pattern or address a line."
        )
    return [line if is_url(line) else _named_in(path.parent, line) for line in named]


def _named_in(folder: Path, line: str) -> str:
    """Path of a line of a list in this folder; ``~`` is the home folder only if there is no such
    file."""
    path = folder / line
    return str(path if os.path.lexists(path) else folder / os.path.expanduser(line))


def refuse_unnamed(source: Source) -> None:
    """Raises InvalidInput for an empty name, which is not the current folder: a script forgot to
    set it."""
    if not str(source).strip():
        raise InvalidInput(
            "a source has an empty name", "Name a file, a folder or an address; . is this folder."
        )


def is_url(source: Source) -> bool:
    """Whether it is the address of a network stream, not a file."""
    return isinstance(source, str) and "://" in source


def redacted(source: Source) -> str:
    """The source as it may be shown: user, password and query of a URL are replaced by ``***``.

    >>> redacted("rtsp://ann:s3cr@t@host:554/live?token=1")
    'rtsp://***@host:554/live?***'
    """
    if not is_url(source):
        return str(source)
    # All up to the last @ goes, even if it belongs to the path: a password may hold any sign, and
    # showing less is the safe mistake.
    without_user = re.sub(r"://.*@", "://***@", str(source), flags=re.DOTALL)
    return re.sub(r"[?#].*", "?***", without_user, flags=re.DOTALL)


def source_name(source: Source) -> str:
    """Stem of the file, name of the folder, or last part of a URL; outputs are named after it. A
    link has its own name, not its target's."""
    if is_url(source):
        without_query = redacted(source).partition("?")[0]
        host_and_path = without_query.rpartition("@")[2].split("://")[-1]
        return Path(re.split(r"[/:]+", host_and_path.rstrip("/"))[-1]).stem
    path = Path(os.path.abspath(source))
    return path.name if os.path.isdir(path) else path.stem


def _clips(source: Source) -> list[Source]:
    refuse_unnamed(source)
    if is_url(source):
        return [source]
    path = Path(source) if os.path.lexists(source) else Path(os.path.expanduser(source))
    refuse_closed(path)
    if path.is_dir():
        clips: list[Source] = list(_clips_of_folder(path))
        if not clips:
            raise InvalidInput(
                f"the folder {path} holds neither videos nor images",
                "Name a folder with video files, or one with the images of a clip.",
            )
        return clips
    if path.exists():
        return [path]
    matches = []
    if glob.has_magic(str(path)):
        matches = naturally_sorted(glob.glob(str(path), recursive=True), str)
    if not matches:
        raise InvalidInput(
            f"there is no file or folder {path}",
            "Check the name; a pattern such as 'clips/*.mp4' must match at least one file.",
        )
    return [clip for match in matches for clip in _clips_of_match(match)]


def _clips_of_match(match: str) -> list[Source]:
    """As ``_clips``; what leads to nothing is a source that fails alone when it is read, rather
    than with all that a pattern matches."""
    try:
        return _clips(match)
    except InvalidInput:
        return [Path(match)]


def leads_nowhere(path: Path) -> bool:
    """Whether this is a link whose target is not there. In a folder it counts as the video that
    should be there, so that it fails when it is read rather than being passed over."""
    return os.path.islink(path) and not os.path.exists(path)


def refuse_closed(path: Path) -> None:
    """Check that the system can tell whether a path exists: it cannot inside a folder that may not
    be searched, on a disk that does not answer, or for a name that is too long.

    Raises:
        InvalidInput: it cannot.
    """
    try:
        path.stat()
    except PermissionError as error:
        raise not_permitted(path) from error
    except (FileNotFoundError, NotADirectoryError, ValueError):  # not there, or no name at all
        return
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be reached: {str(error.strerror).lower()}",
            "Check the name, the links in it and the disk that it is on.",
        ) from error


def _clips_of_folder(
    folder: Path, visited: frozenset[tuple[int, int]] = frozenset()
) -> Iterator[Path]:
    """The folder itself if it holds images, then its videos, then those of its subfolders.

    Args:
        visited: the folders that lead here.
    """
    stat = folder.stat()
    if (stat.st_dev, stat.st_ino) in visited:
        return
    visited |= {(stat.st_dev, stat.st_ino)}
    try:
        found = listed(folder)
    except InvalidInput:
        yield folder
        return
    whole = (
        entry
        for entry in found
        if not entry.name.startswith(".") and ".partial" not in entry.suffixes
    )
    entries = naturally_sorted(whole, lambda entry: entry.name)
    if any(entry.suffix.lower() in IMAGE_SUFFIXES for entry in entries):
        yield folder
    yield from (
        entry
        for entry in entries
        if entry.suffix.lower() in VIDEO_SUFFIXES and (entry.is_file() or leads_nowhere(entry))
    )
    for entry in entries:
        if entry.is_dir() and not _holds_masks(entry):
            yield from _clips_of_folder(entry, visited)


def _holds_masks(folder: Path) -> bool:
    """Whether this is the folder of masks beside the pictures of a DAVIS tree."""
    return folder.name == "Annotations" and (folder.parent / "JPEGImages").is_dir()

"""Incomplete outputs are named ``<name>.partial<suffix>`` and renamed when they are complete."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from glom_video.structures import InvalidInput

REMEDY = "Check the folder's permissions and the free space on its disk."
NO_FOLDER = "Choose another name: a file, or a link to nothing, is where a folder should be."
"""Remedies."""


def partial_name(path: Path, name: str) -> Path:
    """Of an output whose file name is ``<name><suffix>``, or of a folder ``<name>``.

    >>> str(partial_name(Path("out/walk.1.coco.json"), "walk.1"))
    'out/walk.1.partial.coco.json'
    """
    return path.with_name(f"{name}.partial{path.name.removeprefix(name)}")


def put_in_place(partial: Path, path: Path) -> None:
    """Give a finished file its name once it is on the disk.

    After a power cut the final name never stands for half a file.
    """
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(partial, path)


def put_folder_in_place(partial: Path, folder: Path) -> None:
    """The same for a folder of files, which replaces an older one."""
    if hasattr(os, "sync"):  # one wait for all files, where each on its own would take long
        os.sync()
    replace_folder(partial, folder)


def replace_folder(partial: Path, folder: Path) -> None:
    """Give a finished folder its name, in the place of an older one."""
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn errors about a file that cannot be written, of the system or of the database that a clip
    is spooled to, into InvalidInput."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise _unwritten(path, error) from error


@contextmanager
def encoding(path: Path) -> Iterator[None]:
    """As ``writing``, also for FFmpeg's errors."""
    import av

    try:
        yield
    except (OSError, av.FFmpegError) as error:
        raise _unwritten(path, error) from error


def reason_of(error: Any) -> str:
    """Why something cannot be written. Where a folder would have to be made, the system only says
    that the name exists."""
    if isinstance(error, FileExistsError) and error.filename is not None:
        return f"{os.fsdecode(error.filename)} is no folder"
    return str(getattr(error, "strerror", None) or error)


def _unwritten(path: Path, error: Any) -> InvalidInput:
    remedy = REMEDY
    if isinstance(error, FileExistsError | NotADirectoryError):
        remedy = NO_FOLDER
    return InvalidInput(f"{path} cannot be written: {reason_of(error)}", remedy)

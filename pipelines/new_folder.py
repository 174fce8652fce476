"""Folders made for outputs, which go again if no output comes."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def made_folder(folder: Path) -> list[Path]:
    """Make a folder and those above it. Returns those that were not there, the innermost first.

    Raises:
        OSError: one cannot be made.
    """
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return new


def remove_empty(folders: Sequence[Path]) -> None:
    """Remove the folders, the innermost first, in which nothing is."""
    with suppress(OSError):  # there is something in it, and so in those above
        for folder in folders:
            folder.rmdir()

"""The pictures of a folder or of one file, page by page: a TIFF stack or animated WebP holds
several."""

import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glom_video.structures import InvalidInput, distinct_names, naturally_sorted, picture_errors

IMAGE_SUFFIXES = frozenset(
    {".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)
"""Files that are read as pictures or stacks of them, also when named alone: FFmpeg reads only the
first page of a TIFF, no animated WebP, and a JPEG that broke off as if it were whole."""

_PAGED_SUFFIXES = frozenset({".png", ".tif", ".tiff", ".webp"})
"""Files that are opened to count their pages; others hold one."""


@dataclass(frozen=True, slots=True)
class Page:
    """One picture of a file that may hold several, as TIFF and animated WebP do."""

    path: Path
    number: int
    """From 0."""
    count: int
    """Number of pages in the file."""

    @property
    def name(self) -> str:
        """Stem of the file, and the page number if there are several; outputs are named after
        it."""
        return self._numbered(self.path.stem)

    @property
    def whole_name(self) -> str:
        """The name with the file's suffix."""
        return self._numbered(self.path.name)

    def _numbered(self, name: str) -> str:
        return name if self.count == 1 else f"{name}_{self.number:05d}"


def is_images(source: str | Path) -> bool:
    """Whether a source is read as pictures: a folder, or a file of a picture."""
    is_picture = Path(source).suffix.lower() in IMAGE_SUFFIXES
    return os.path.isdir(source) or (is_picture and os.path.isfile(source))


def pages_of(source: str | Path) -> list[Page]:
    """The pages of a folder's images in natural order (``9.jpg`` before ``10.jpg``), or those of
    one file. Indexed by ``frame.index``.

    Raises:
        InvalidInput: the folder holds no images, or may not be listed.
    """
    return [
        Page(path, number, count)
        for path in picture_files(source)
        for count in [_count(path)]
        for number in range(count)
    ]


def image_files(source: str | Path) -> list[Path]:
    """The file of each frame, as ``pages_of``."""
    return [page.path for page in pages_of(source)]


def frame_names(source: str | Path) -> list[str]:
    """The name for outputs of each frame, as ``pages_of``."""
    pages = pages_of(source)
    return distinct_names([page.name for page in pages], [page.whole_name for page in pages])


def file_names(source: str | Path) -> list[str | None]:
    """The name of the file that holds just this frame, as ``pages_of``; None where it holds
    several."""
    return [page.path.name if page.count == 1 else None for page in pages_of(source)]


def opened(pages: Sequence[Page]) -> Generator[Any, None, None]:
    """Each page, open but not yet decoded, valid until the next one; None if it cannot be opened.

    A file stays open from page to page, because an animation is decoded from its beginning.

    Raises:
        InvalidInput: a file may not be read.
    """
    from PIL import Image

    picture, path = None, None
    try:
        for page in pages:
            try:
                if picture is None or page.path != path:
                    if picture is not None:
                        picture.close()
                    picture, path = None, page.path
                    picture = Image.open(page.path)
                if page.count > 1:
                    picture.seek(page.number)
            except PermissionError as error:
                raise not_permitted(page.path) from error
            except picture_errors():
                yield None
            else:
                yield picture
    finally:
        if picture is not None:
            picture.close()


def not_permitted(path: str | Path) -> InvalidInput:
    """The error of a file that this user may not read."""
    return InvalidInput(
        f"{path} may not be read: permission denied",
        "Give yourself the right to read it (chmod u+r), or ask its owner for it.",
    )


def listed(folder: Path) -> list[Path]:
    """What is in a folder.

    Raises:
        InvalidInput: this user may not list it, or may list but not search it.
    """
    try:
        found = list(folder.iterdir())
        for path in found[:1]:
            path.lstat()
    except PermissionError as error:
        raise not_permitted(folder) from error
    return found


def picture_files(source: str | Path) -> list[Path]:
    """The files of a folder's pictures in natural order, unopened; of a file, itself.

    Raises:
        InvalidInput: as ``pages_of``.
    """
    folder = Path(source)
    if not folder.is_dir():
        return [folder]
    found = [
        path
        for path in listed(folder)
        if path.suffix.lower() in IMAGE_SUFFIXES
        and not path.name.startswith(".")
        and not path.is_fifo()  # opening one would wait for whoever writes into it
    ]
    if not found:
        raise InvalidInput(
            f"the folder {source} holds no images",
            f"Name a folder with {', '.join(sorted(IMAGE_SUFFIXES))} files.",
        )
    return naturally_sorted(found, lambda path: path.name)


def _count(path: Path) -> int:
    """Number of pages in a file; 1 if it cannot be opened, which shows when it is read."""
    from PIL import Image

    if path.suffix.lower() not in _PAGED_SUFFIXES:
        return 1
    try:
        with Image.open(path) as picture:
            return int(getattr(picture, "n_frames", 1))
    except picture_errors():
        return 1

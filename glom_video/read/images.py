"""A folder of images -> Iterator[Frame]: one clip, in natural order, at a frame rate that is taken as given."""

from collections.abc import Callable, Generator
from fractions import Fraction
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from natsort import natsorted

from glom_video.structures import Frame, InvalidInput, SourceInfo

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})

FRAME_RATE = Fraction(25)
"""Frames per second of an image folder, which does not say."""


def image_files(folder: str | Path) -> list[Path]:
    """The images of a folder in natural order (``9.jpg`` before ``10.jpg``): ``image_files(folder)[frame.index]`` is a frame's file."""
    found = [path for path in Path(folder).iterdir() if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")]
    if not found:
        raise InvalidInput(f"the folder {folder} holds no images", f"Name a folder with {', '.join(sorted(IMAGE_SUFFIXES))} files.")
    return natsorted(found, key=lambda path: path.name)


def read_images(
    folder: str | Path, start_seconds: float, end_seconds: float | None, stride: int, on_decoded: Callable[[], None] = lambda: None
) -> Generator[Frame, None, None]:
    """As ``read``. All frames have the size of the first readable image; an unreadable one repeats the image before it and is flagged."""
    files = image_files(folder)
    height, width = _size(files)
    image = np.zeros((height, width, 3), np.uint8)
    first = int(np.ceil(round(start_seconds * float(FRAME_RATE), 6)))
    last = len(files) if end_seconds is None else min(len(files), int(np.ceil(round(end_seconds * float(FRAME_RATE), 6))))
    if first >= last:
        raise InvalidInput(
            f"no image of {folder} lies at {start_seconds} s; it lasts {float(len(files) / FRAME_RATE):.2f} s",
            "Choose start and end inside the clip.",
        )
    for index in range(first, last, stride):
        loaded = _load(files[index], height, width)
        on_decoded()
        image = image if loaded is None else loaded
        yield Frame(image, index, float(index / FRAME_RATE), is_corrupt=loaded is None)


def describe_images(folder: str | Path) -> SourceInfo:
    files = image_files(folder)
    height, width = _size(files)
    return SourceInfo(
        name=Path(folder).resolve().name,
        path=str(folder),
        height=height,
        width=width,
        time_base=1 / FRAME_RATE,
        frame_rate=FRAME_RATE,
        frames_declared=len(files),
        duration_seconds=float(len(files) / FRAME_RATE),
        codec=files[0].suffix.lower().removeprefix("."),
        pixel_format="rgb24",
    )


def _size(files: list[Path]) -> tuple[int, int]:
    """(height, width) of the first image that can be read, upright."""
    for path in files:
        image = _load(path)
        if image is not None:
            return image.shape[0], image.shape[1]
    raise InvalidInput(
        f"none of the {len(files)} images in {files[0].parent} can be read", "Check that the files are whole and of the kind that their names say."
    )


def _load(path: Path, height: int | None = None, width: int | None = None) -> UInt8[np.ndarray, "H W 3"] | None:
    """An image as upright RGB, scaled if it has another size than asked for; None if it cannot be read."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as opened:
            picture = ImageOps.exif_transpose(opened)
            if picture.mode.startswith("I"):  # 16-bit grey, which Pillow would clip instead of scaling
                picture = Image.fromarray((np.asarray(picture, np.int64) >> 8).clip(0, 255).astype(np.uint8))
            picture = picture.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    if height is not None and width is not None and picture.size != (width, height):
        picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    return np.array(picture)

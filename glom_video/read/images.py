"""A folder of images, or a file of several -> Iterator[Frame]: one clip in natural order, at a
fixed frame rate."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from glom_video.read.depth import Span, Spans
from glom_video.read.fingerprint import fingerprint
from glom_video.read.fixed_rate import FRAME_RATE, frames_before
from glom_video.read.pages import Page, opened, pages_of
from glom_video.structures import Frame, InvalidInput, SourceInfo, picture_errors


def read_images(
    source: str | Path,
    start_seconds: float = 0.0,
    end_seconds: float | None = None,
    stride: int = 1,
    on_decoded: Callable[[], None] = lambda: None,
) -> Generator[Frame, None, None]:
    """As ``read``. All frames have the size of the first readable image; an unreadable one repeats
    the image before it and is flagged."""
    pages = pages_of(source)
    spans = Spans(pages)
    height, width = _first(pages, spans).shape[:2]
    image = np.zeros((height, width, 3), np.uint8)
    first, end = frames_before(start_seconds, float(FRAME_RATE)), len(pages)
    if end_seconds is not None:
        end = min(end, frames_before(end_seconds, float(FRAME_RATE)))
    if first >= end:
        lasts = f"{float(len(pages) / FRAME_RATE):.2f} s"
        cause = f"no image of {source} lies at {start_seconds} s; it lasts {lasts}"
        raise InvalidInput(cause, "Choose start and end inside the clip.")
    kept = range(first, end, stride)
    with closing(opened(pages[first:end:stride])) as pictures:
        for index, picture in zip(kept, pictures, strict=True):
            loaded = None if picture is None else _rgb(picture, spans, (width, height))
            on_decoded()
            image = image if loaded is None else loaded
            yield Frame(image, index, float(index / FRAME_RATE), is_corrupt=loaded is None)


def describe_images(source: str | Path) -> SourceInfo:
    """What a folder of pictures, or a file of several, holds.

    Raises:
        InvalidInput: it holds no picture that can be read.
    """
    pages = pages_of(source)
    spans = Spans(pages)
    height, width = _first(pages, spans).shape[:2]
    path = Path(source).resolve()
    return SourceInfo(
        name=path.name if path.is_dir() else path.stem,
        path=str(source),
        height=height,
        width=width,
        time_base=1 / FRAME_RATE,
        frame_rate=FRAME_RATE,
        frames_declared=len(pages),
        duration_seconds=float(len(pages) / FRAME_RATE),
        codec=pages[0].path.suffix.lower().removeprefix("."),
        pixel_format="rgb24",
        fingerprint=fingerprint(list(dict.fromkeys(page.path for page in pages))),
        notes=_notes(pages, spans, (width, height)),
    )


def _first(pages: Sequence[Page], spans: Spans) -> UInt8[np.ndarray, "H W 3"]:
    """The first image that can be read, upright."""
    with closing(opened(pages)) as pictures:
        for picture in pictures:
            if picture is not None and (image := _rgb(picture, spans)) is not None:
                return image
    paths = list(dict.fromkeys(page.path for page in pages))
    cause = f"none of the {len(paths)} images in {paths[0].parent} can be read"
    if len(paths) == 1:
        cause = f"{paths[0]} cannot be read as an image"
    remedy = "Check that the files are whole and of the kind that their names say."
    raise InvalidInput(cause, remedy)


def _notes(pages: Sequence[Page], spans: Spans, size: tuple[int, int]) -> tuple[str, ...]:
    """What is changed to make one 8-bit clip of the pictures, from their headers."""
    scaled: dict[Span, int] = {}
    other_sizes = 0
    with closing(opened(pages)) as pictures:
        for picture in pictures:
            if picture is None:
                continue
            if (span := spans.of(picture)) is not None:
                scaled[span] = scaled.get(span, 0) + 1
            other_sizes += _upright_size(picture) not in (size, None)
    notes = [
        f"{count} of {len(pages)} images hold more than 8 bits: {span} became black to white"
        for span, count in scaled.items()
    ]
    if other_sizes:
        notes.append(
            f"{other_sizes} of {len(pages)} images have another size and were scaled to "
            f"{size[0]}x{size[1]}, the first one's"
        )
    return tuple(notes)


def _upright_size(picture: Any) -> tuple[int, int] | None:
    """(width, height) after the turn that EXIF asks for; None if the picture is damaged."""
    try:
        is_turned = picture.getexif().get(0x0112, 1) >= 5
    except picture_errors():
        return None
    return (picture.height, picture.width) if is_turned else (picture.width, picture.height)


def _rgb(
    picture: Any, spans: Spans, size: tuple[int, int] | None = None
) -> UInt8[np.ndarray, "H W 3"] | None:
    """An image as upright RGB, scaled if it has another size than ``size`` (width, height); None if
    it cannot be decoded."""
    from PIL import Image, ImageOps

    span = spans.of(picture)
    try:
        upright = ImageOps.exif_transpose(picture)
        if span is not None:
            upright = Image.fromarray(span(np.asarray(upright)))
        rgb = upright.convert("RGB")
    except picture_errors():
        return None
    if size is not None and rgb.size != size:
        rgb = rgb.resize(size, Image.Resampling.BILINEAR)
    return np.array(rgb)

"""Pictures as notebooks show them."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO

import numpy as np
from jaxtyping import UInt8

LARGEST_SIDE = 960
"""Most pixels of a side: larger pictures are scaled down, because a notebook stores what it
shows."""


def png_of(image: UInt8[np.ndarray, "H W 3"]) -> bytes:
    """A PNG file of a picture."""
    from PIL import Image

    picture, file = Image.fromarray(image), BytesIO()
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    picture.save(file, "PNG")
    return file.getvalue()


def html_of(image: UInt8[np.ndarray, "H W 3"], lines: Sequence[str]) -> str:
    """A figure with some lines of text below."""
    source = f"data:image/png;base64,{b64encode(png_of(image)).decode()}"
    text = "<br>".join(escape(line) for line in lines)
    return f'<figure><img src="{source}" alt=""><figcaption>{text}</figcaption></figure>'

"""What can go wrong with a picture file."""

import struct
import zlib


def picture_errors() -> tuple[type[Exception], ...]:
    """What Pillow raises when it meets a damaged file: on opening it, counting its pages, looking
    for EXIF (which may stand behind the pixels) or decoding."""
    from PIL import Image

    parsing = (ArithmeticError, EOFError, LookupError, SyntaxError, TypeError, ValueError)
    return (OSError, *parsing, struct.error, zlib.error, Image.DecompressionBombError)

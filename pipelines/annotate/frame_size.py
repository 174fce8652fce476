"""What ``--size`` asks for, and frames scaled down to it."""

import re
from dataclasses import replace

from glom_video.structures import Frame, InvalidInput


def check_size(size: str | None) -> None:
    """Raise InvalidInput for a ``--size`` that ``scaled_size`` cannot read."""
    scaled_size(size, 2, 2)


def scaled_size(size: str | None, height: int, width: int) -> tuple[int, int]:
    """(height, width) of a frame under ``--size``: the longest side or a box WxH, aspect ratio
    kept, never enlarged. None leaves it as it is.

    Raises:
        InvalidInput: ``size`` is neither, or smaller than 16 pixels.

    >>> scaled_size("640", 1080, 1920), scaled_size("640x480", 1080, 1920)
    ((360, 640), (360, 640))
    >>> scaled_size("640", 240, 320)
    (240, 320)
    """
    if size is None:
        return height, width
    match = re.fullmatch(r"(\d+)(?:x(\d+))?", size)
    if not match or min(int(side) for side in match.groups() if side) < 16:
        raise InvalidInput(
            f"--size {size} is not a size",
            (
                "Give the longest side, as in --size 640, or a box, as in --size 640x360, of at "
                "least 16 pixels."
            ),
        )
    box_width, box_height = int(match[1]), int(match[2] or match[1])
    scale = min(box_width / width, box_height / height, 1.0)
    return max(1, round(height * scale)), max(1, round(width * scale))


def scaled_frame(frame: Frame, size: str | None) -> Frame:
    """The frame at the size that ``scaled_size`` gives; the same frame where that is its own.

    Raises:
        InvalidInput: as ``scaled_size``.
    """
    import cv2

    height, width = scaled_size(size, *frame.image.shape[:2])
    if (height, width) == frame.image.shape[:2]:
        return frame
    image = cv2.resize(frame.image, (width, height), interpolation=cv2.INTER_AREA)
    return replace(frame, image=image)

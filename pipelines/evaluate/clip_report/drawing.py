"""Small annotated pictures for the report, as data URLs."""

import base64
from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Integer, UInt8

from glom_video.evaluate import VisibleStep
from glom_video.render.colour import colour_of, label_of
from glom_video.render.paint import paint
from glom_video.structures import Frame
from glom_video_pipelines.picture_bytes import jpeg_bytes

WIDTH = 360
"""Pixels across."""
QUALITY = 72
"""Of JPEG, 1 to 100."""
CHANGED = np.array([255, 30, 30])
"""Red."""
Labels = Mapping[str, Integer[np.ndarray, "H W"]]


def thumbnail(
    frame: Frame | None, labels: Labels, changed: Bool[np.ndarray, "H W"] | None = None
) -> str:
    """A frame with its islands, small: objects filled, parts outlined in them, ids written. Without
    a picture the islands lie on grey.

    ``changed`` marks pixels in red.
    """
    import cv2

    shown = labels.get("object", next(iter(labels.values())))
    height = max(1, round(WIDTH * shown.shape[0] / shown.shape[1]))
    size = (WIDTH, height)
    grey = np.full((height, WIDTH, 3), 96, np.uint8)
    picture = grey if frame is None else cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA)
    small = {
        level: cv2.resize(of_level.astype(np.int32), size, interpolation=cv2.INTER_NEAREST)
        for level, of_level in labels.items()
    }
    objects = small.get("object", next(iter(small.values())))
    paint(
        picture,
        label_of(objects),
        label_of(small["part"]) * (objects > 0) if len(small) > 1 else None,
        0.45,
        1,
    )
    _write_ids(picture, objects)
    if changed is not None:
        marks = cv2.resize(changed.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0
        picture[marks] = 0.4 * picture[marks] + 0.6 * CHANGED
    return _data_url(picture)


def changed_pixels(
    before: Integer[np.ndarray, "H W"], after: Integer[np.ndarray, "H W"], step: VisibleStep
) -> Bool[np.ndarray, "H W"]:
    """Where the step says that an id is another than it was, as small squares around the pixels
    that were compared."""
    import cv2

    wrong = step.now[before.ravel()[step.before] != after.ravel()[step.now]]
    marks = np.zeros(after.size, np.uint8)
    marks[wrong] = 1
    apart = int(np.ceil((after.size * step.share / max(1, len(step.now))) ** 0.5))
    return cv2.dilate(marks.reshape(after.shape), np.ones((apart, apart), np.uint8)) > 0


def css_colour(number: int) -> str:
    """The colour of an id, the same as in pictures; a dull one for 0."""
    red, green, blue = colour_of(np.array([number]))[0].tolist() if number else (120, 120, 120)
    return f"rgb({red},{green},{blue})"


def _write_ids(picture: UInt8[np.ndarray, "H W 3"], labels: Integer[np.ndarray, "H W"]) -> None:
    import cv2

    for number in np.unique(labels[labels > 0]).tolist():
        y, x = np.nonzero(labels == number)
        if len(y) < 150:
            continue
        # The centroid of a bent shape lies outside it.
        nearest = int(np.argmin((y - y.mean()) ** 2 + (x - x.mean()) ** 2))
        place = (int(x[nearest]) - 4 * len(str(number)), int(y[nearest]) + 4)
        for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            cv2.putText(
                picture,
                str(number),
                place,
                cv2.FONT_HERSHEY_SIMPLEX,
                0.42,
                colour,
                thickness,
                cv2.LINE_AA,
            )


def _data_url(picture: UInt8[np.ndarray, "H W 3"]) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg_bytes(picture, QUALITY)).decode()

"""A Percept drawn as a picture: objects filled in a colour that stays with their id, parts outlined
inside them.

Drawing looks colours up by whole images (labels -> cv2.LUT -> blend) and never by pixel; it changes
nothing that it is given.
"""

import numpy as np
from jaxtyping import UInt8

from glom_video.render.colour import colour_of, label_of, looked_up, tints
from glom_video.render.label import text_height, titled, write_ids
from glom_video.render.paint import borders, line_thickness, paint, painted_box
from glom_video.render.settings import LAYOUTS, DrawSettings, Layout
from glom_video.structures import LEVEL_NAMES, LevelName, Percept, Tracks, id_images

__all__ = ["LAYOUTS", "DrawSettings", "Layout", "colour_of", "render"]

DEFAULT_DRAW_SETTINGS = DrawSettings()


def render(
    percept: Percept, settings: DrawSettings = DEFAULT_DRAW_SETTINGS
) -> UInt8[np.ndarray, "H2 W2 3"]:
    """A new picture of a percept, RGB, in the size of the layout."""
    level = settings.level
    match settings.layout:
        case "overlay":
            return _overlay(percept, level, settings)
        case "side-by-side":
            return np.hstack([percept.frame.image, _overlay(percept, level, settings)])
        case "mask":
            return _mask(percept, level)
        case "levels":
            shown = LEVEL_NAMES[::-1] if level is None else (level,)
            return np.vstack([_beside_agreement(percept, name, settings) for name in shown])


def _beside_agreement(
    percept: Percept, level: LevelName, settings: DrawSettings
) -> UInt8[np.ndarray, "H W2 3"]:
    drawn = titled(_overlay(percept, level, settings), level)
    return np.hstack([drawn, _agreement(percept, level)])


def _labels(levels: list[Tracks], height: int, width: int) -> list[UInt8[np.ndarray, "H W"]]:
    return [label_of(ids) for ids in id_images(levels, height, width)]


def _drawn(percept: Percept, level: LevelName | None) -> list[Tracks]:
    """Tracks that are filled, then those of which borders are drawn inside them, if any are."""
    if level is not None:
        return [percept.tracks[level]]
    return [percept.tracks["object"], percept.tracks["part"]]


def _overlay(
    percept: Percept, level: LevelName | None, settings: DrawSettings
) -> UInt8[np.ndarray, "H W 3"]:
    """Fill, silhouettes, part borders if both levels are drawn, ids."""
    picture = percept.frame.image.copy()
    height, width = picture.shape[:2]
    tracks = percept.tracks[level or "object"]
    labels, *of_parts = _labels(_drawn(percept, level), height, width)
    parts = of_parts[0] * (labels > 0) if of_parts else None
    thickness = line_thickness(height, width)
    painted = painted_box(labels, thickness)
    paint(
        picture[painted],
        labels[painted],
        None if parts is None else parts[painted],
        settings.opacity,
        thickness,
    )
    if not settings.with_ids:
        return picture
    size = text_height(height, width)
    taken = write_ids(picture, tracks, labels, size, [])
    if parts is not None:
        write_ids(
            picture, percept.tracks["part"], parts, round(0.75 * size), taken, with_scores=False
        )
    return picture


def _mask(percept: Percept, level: LevelName | None) -> UInt8[np.ndarray, "H W 3"]:
    """Flat colours on black; with both levels, parts are parted by lines in their object's tint."""
    import cv2

    height, width = percept.frame.image.shape[:2]
    labels, *of_parts = _labels(_drawn(percept, level), height, width)
    picture = looked_up(colour_of(np.arange(256)), labels)
    for parts in of_parts:
        lines = borders(parts, labels, line_thickness(height, width))
        cv2.copyTo(looked_up(tints(), labels), lines, picture)
    return picture


def _agreement(percept: Percept, level: LevelName) -> UInt8[np.ndarray, "H W 3"]:
    """Agreement of the columns of a level, dark blue 0 to yellow 1 (cividis, the same for
    colour-blind eyes), over the grey frame."""
    import cv2

    height, width = percept.frame.image.shape[:2]
    agreement = cv2.resize(
        percept.parse.islands[level].column_agreement,
        (width, height),
        interpolation=cv2.INTER_CUBIC,
    )
    heat = cv2.applyColorMap(
        cv2.convertScaleAbs(agreement.clip(0, 1), alpha=255), cv2.COLORMAP_CIVIDIS
    )
    grey = cv2.cvtColor(percept.frame.image, cv2.COLOR_RGB2GRAY)
    picture = cv2.addWeighted(
        cv2.cvtColor(heat, cv2.COLOR_BGR2RGB), 0.8, cv2.merge([grey, grey, grey]), 0.2, 0
    )
    return titled(picture, f"{level} agreement")

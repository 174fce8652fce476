"""A Percept drawn as a picture: objects filled in a colour that stays with their id, with their
parts outlined.

Colours are looked up for whole images (labels -> cv2.LUT -> blend), never per pixel. Inputs are
never changed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int32, UInt8

from glom_video.render.colour import colour_of, label_of, looked_up, tints
from glom_video.render.held import HeldLabels
from glom_video.render.label import coarse, text_height, titled, write_ids
from glom_video.render.letters import drawn_otherwise
from glom_video.render.paint import borders, line_thickness, paint, painted_box
from glom_video.render.settings import LAYOUTS, DrawSettings, Layout
from glom_video.structures import (
    LEVEL_NAMES,
    NO_NAMES,
    GivenNames,
    LevelName,
    Percept,
    id_images,
    only_object,
)

__all__ = [
    "LAYOUTS",
    "DrawSettings",
    "HeldLabels",
    "Layout",
    "colour_of",
    "drawn_otherwise",
    "render",
]

DEFAULT_DRAW_SETTINGS = DrawSettings()


def render(
    percept: Percept,
    settings: DrawSettings = DEFAULT_DRAW_SETTINGS,
    names: GivenNames | Mapping[int, str] = NO_NAMES,
    hidden: Collection[int] = (),
    held: HeldLabels | None = None,
) -> UInt8[np.ndarray, "H2 W2 3"]:
    """A new RGB picture of a percept; its size depends on the layout.

    Args:
        names: names of objects by id, written beside their ids.
        hidden: ids of objects that are not drawn, nor are their parts.
        held: one for all pictures of a clip keeps the labels of named objects from jumping.

    Raises:
        InvalidInput: GivenNames does not take the names.
        TypeError: there is no percept, or the settings are others than DrawSettings.
    """
    if not isinstance(percept, Percept):
        raise TypeError(f"a Percept is needed, got {type(percept).__name__}")
    if not isinstance(settings, DrawSettings):
        raise TypeError(f"DrawSettings are needed, got {type(settings).__name__}")
    given = names if isinstance(names, GivenNames) else GivenNames(names)
    level, drawing = settings.level, _Drawing(percept, settings, given, frozenset(hidden), held)
    match settings.layout:
        case "overlay":
            return _overlay(drawing, level)
        case "side-by-side":
            return np.hstack([percept.frame.image, _overlay(drawing, level)])
        case "mask":
            return _mask(drawing, level)
        case "levels":
            shown = LEVEL_NAMES[::-1] if level is None else (level,)
            return np.vstack([_beside_agreement(drawing, name) for name in shown])


def _draw(percept: Percept, **settings: Any) -> UInt8[np.ndarray, "H2 W2 3"]:
    """As ``glom_video.render``, with these fields of DrawSettings.

    Raises:
        InvalidInput: a field does not take its value.
    """
    return render(percept, DrawSettings(**settings))


Percept.draw = _draw  # a method from here, so that structures need not know what draws them


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What is drawn, and how; as in ``render``."""

    percept: Percept
    settings: DrawSettings
    names: GivenNames
    hidden: frozenset[int]
    held: HeldLabels | None

    def ids(self, level: LevelName | None) -> list[Int32[np.ndarray, "H W"]]:
        """Id of each pixel's drawn track, 0 = none, at a level; with None, objects and then
        parts."""
        levels: list[LevelName] = ["object", "part"] if level is None else [level]
        tracks = [self.percept.tracks[each] for each in levels]
        images = id_images(tracks, *self.percept.frame.image.shape[:2])
        return [self._shown(*pair) for pair in zip(images, levels, strict=True)]

    def _shown(self, ids: Int32[np.ndarray, "H W"], level: LevelName) -> Int32[np.ndarray, "H W"]:
        """An id image without hidden objects and, if one object is chosen, without the others."""
        tracks = self.percept.tracks
        if self.settings.object_id is not None:
            ids = only_object(ids, level, tracks, self.settings.object_id)
        if self.hidden:
            owners = tracks[level].ids if level == "object" else tracks[level].parent_ids
            hidden = tracks[level].ids[np.isin(owners, list(self.hidden))]
            ids = np.where(np.isin(ids, hidden), np.int32(0), ids)
        return ids


def _beside_agreement(drawing: _Drawing, level: LevelName) -> UInt8[np.ndarray, "H W2 3"]:
    drawn = titled(_overlay(drawing, level), level)
    return np.hstack([drawn, _agreement(drawing.percept, level)])


def _overlay(drawing: _Drawing, level: LevelName | None) -> UInt8[np.ndarray, "H W 3"]:
    """Fill, silhouettes, part borders if both levels are drawn, ids."""
    percept, settings = drawing.percept, drawing.settings
    picture = percept.frame.image.copy()
    height, width = picture.shape[:2]
    tracks = percept.tracks[level or "object"]
    ids, *of_parts = drawing.ids(level)
    labels = label_of(ids)
    parts = label_of(of_parts[0]) * (labels > 0) if of_parts else None
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
    held = None if level == "part" else drawing.held  # a second pass would forget the objects'
    places = coarse(ids)
    taken = write_ids(picture, tracks, places, size, [], names=drawing.names, held=held)
    for part_ids in of_parts:
        inside = np.where(places > 0, coarse(part_ids), 0)
        small = round(0.75 * size)
        write_ids(picture, percept.tracks["part"], inside, small, taken, with_scores=False)
    return picture


def _mask(drawing: _Drawing, level: LevelName | None) -> UInt8[np.ndarray, "H W 3"]:
    """Flat colours on black; with both levels, parts are separated by lines in their object's
    tint."""
    import cv2

    labels, *of_parts = map(label_of, drawing.ids(level))
    picture = looked_up(colour_of(np.arange(256)), labels)
    for parts in of_parts:
        lines = borders(parts, labels, line_thickness(*labels.shape))
        cv2.copyTo(looked_up(tints(), labels), lines, picture)
    return picture


def _agreement(percept: Percept, level: LevelName) -> UInt8[np.ndarray, "H W 3"]:
    """Agreement of the columns of a level, dark blue 0 to yellow 1 (cividis, the same for
    colour-blind eyes), over the grey frame."""
    import cv2

    height, width = percept.frame.image.shape[:2]
    coarse = percept.parse.islands[level].column_agreement
    agreement = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    shade = cv2.convertScaleAbs(agreement.clip(0, 1), alpha=255)
    heat = cv2.cvtColor(cv2.applyColorMap(shade, cv2.COLORMAP_CIVIDIS), cv2.COLOR_BGR2RGB)
    grey = cv2.cvtColor(percept.frame.image, cv2.COLOR_RGB2GRAY)
    picture = cv2.addWeighted(heat, 0.8, cv2.merge([grey, grey, grey]), 0.2, 0)
    return titled(picture, f"{level} agreement")

"""Bare floors, roads, lawns and rooms: scenes in which nothing is an object.

Made of the terrain of 0 A.D., laid out flat or in perspective, with marks, stains and uneven light.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from glom_video.structures import InvalidInput
from glom_video.synth.bodies.archive import REMEDY, Archive
from glom_video.synth.chance import Random, log_uniform
from glom_video.synth.photographs import Photograph
from glom_video.synth.textures import HELD_OUT_ONE_IN, Image, hash_of

LARGER = 1.6
"""Sides of a scene, in sides of the frame that shows a piece of it."""
FINER = 2
"""Supersampling of a surface, so that its far parts do not flicker."""
FROM_ABOVE, ROOM = 0.4, 0.6
"""Shares of scenes: seen from above; of the others, with a wall behind the floor."""
LEAST_CONTRAST = 0.15
"""Least factor on a terrain's own contrast."""
PAINTS = ((235, 235, 230), (225, 190, 60), (60, 60, 60), (200, 70, 60))
"""Colours of marks."""

Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True, repr=False)
class Surfaces:
    """Names of terrain in 0 A.D.'s public.zip. ``held_out`` ones are for validation only."""

    archive: Archive
    train: tuple[str, ...]
    held_out: tuple[str, ...]

    @classmethod
    def find(cls, archive: Archive) -> "Surfaces":
        """Find the terrain of an archive.

        Raises:
            InvalidInput: it holds fewer than two.
        """
        names = sorted(archive.terrain(), key=hash_of)
        if len(names) < 2:
            raise InvalidInput("the zip of 0 A.D. holds no terrain", REMEDY)
        held_out = names[::HELD_OUT_ONE_IN]
        return cls(archive, tuple(sorted(set(names) - set(held_out))), tuple(held_out))

    def scene(self, random: Random, held_out: bool, height: int, width: int) -> Photograph:
        """A scene without an object, LARGER than a frame of that size."""
        size = int(LARGER * height), int(LARGER * width)
        floor = self._tile(random, held_out)
        if random.random() < FROM_ABOVE:
            picture = _laid(floor, _from_above(random, size), size)
        else:
            horizon = random.uniform(-0.3, 0.55) * size[0]
            picture = _laid(floor, _receding(random, size, horizon), size)
            if random.random() < ROOM and horizon > 0:
                _put_wall(random, picture, self._tile(random, held_out), horizon)
        for _ in range(int(random.choice([0, 1, 2, 4], p=[0.5, 0.2, 0.15, 0.15]))):
            _paint_mark(random, picture)
        lit = picture * _light(random, size)[..., None]
        return Photograph(np.clip(lit, 0, 255).astype(np.uint8), np.zeros(size, np.uint8))

    def _tile(self, random: Random, held_out: bool) -> Image:
        """Terrain in other colours, most often paler: floors and roads are plainer than a game's
        lawns."""
        names = self.held_out if held_out else self.train
        tile = self.archive.terrain_picture(names[int(random.integers(len(names)))])
        pixels = tile.astype(np.float32)
        if random.random() < 0.5:
            pixels = np.repeat(pixels.mean(-1, keepdims=True), 3, -1)
        mean = pixels.mean((0, 1))
        contrast = log_uniform(random, LEAST_CONTRAST, 1.2)
        colour = mean * random.normal(1, 0.08, 3) * random.uniform(0.6, 1.6)
        return np.clip(colour + contrast * (pixels - mean), 0, 255).astype(np.uint8)


def _from_above(random: Random, size: tuple[int, int]) -> Plane:
    """From pixels of a scene to tiles: turned, and a little aslant."""
    tiles = log_uniform(random, 0.8, 8) / size[0]
    turn = random.uniform(0, 2 * np.pi)
    flat = np.array(
        [
            [tiles * np.cos(turn), -tiles * np.sin(turn), random.random()],
            [tiles * np.sin(turn), tiles * np.cos(turn), random.random()],
            [0, 0, 1],
        ]
    )
    flat[2, :2] = random.normal(0, 0.15, 2) / size[1]
    return flat.astype(np.float32)


def _receding(random: Random, size: tuple[int, int], horizon: float) -> Plane:
    """From pixels of a scene to tiles of a floor that runs towards row ``horizon``."""
    turn, tiles = random.uniform(0, 2 * np.pi), log_uniform(random, 0.7, 6)
    depth = random.uniform(0.5, 1.5) * size[0]
    seen = np.array([[1, 0, -size[1] / 2], [0, 0, depth], [0, 1, -horizon]])
    seen[:2] *= tiles
    around = np.array(
        [[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]
    )
    return (around @ seen).astype(np.float32)


def _laid(tile: Image, plane: Plane, size: tuple[int, int]) -> Image:
    """The tile over and over, where ``plane`` says."""
    height, width = FINER * size[0], FINER * size[1]
    across, down = np.meshgrid(
        np.arange(width, dtype=np.float32) / FINER, np.arange(height, dtype=np.float32) / FINER
    )
    x, y, w = (row[0] * across + row[1] * down + row[2] for row in plane)
    # Beyond the horizon is what lies just before it; a wall or nothing but haze hides it.
    w = np.maximum(np.abs(w), 1e-3 * size[0] if plane[2, 1] >= 1 else 1e-3)
    x, y = (x / w % 1 * tile.shape[1], y / w % 1 * tile.shape[0])
    drawn = cv2.remap(
        tile,
        x.astype(np.float32),
        y.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    return np.asarray(cv2.resize(drawn, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def _put_wall(random: Random, picture: Image, tile: Image, horizon: float) -> None:
    """A wall from the top to somewhat below the horizon, with doors, windows and boards."""
    height, width = picture.shape[:2]
    foot = int(min(horizon + random.uniform(0.02, 0.25) * height, 0.8 * height))
    wall = _laid(tile, _from_above(random, (foot, width)), (foot, width))
    for _ in range(int(random.integers(0, 4))):
        colour = random.uniform(30, 240) * random.normal(1, 0.08, 3)
        left, top = int(random.uniform(-0.1, 0.95) * width), int(random.uniform(0, 0.7) * foot)
        right = left + int(random.uniform(0.05, 0.3) * width)
        bottom = foot if random.random() < 0.4 else int(top + random.uniform(0.1, 0.5) * foot)
        cv2.rectangle(wall, (left, top), (right, bottom), colour.tolist(), -1)
        cv2.rectangle(wall, (left, top), (right, bottom), (0.7 * colour).tolist(), 2)
    if random.random() < 0.6:
        skirting = (random.uniform(40, 230) * np.ones(3)).tolist()
        cv2.rectangle(wall, (0, foot - int(0.02 * height)), (width, foot), skirting, -1)
    picture[:foot] = wall


def _paint_mark(random: Random, picture: Image) -> None:
    """A line or a stain on a surface, in place."""
    height, width = picture.shape[:2]
    ends = (random.uniform(-0.1, 1.1, (2, 2)) * [width, height]).astype(int).tolist()
    colour = PAINTS[int(random.integers(len(PAINTS)))]
    mark = np.zeros((height, width), np.uint8)
    if random.random() < 0.6:
        cv2.line(mark, ends[0], ends[1], 255, int(random.uniform(2, 14)), cv2.LINE_AA)
    else:
        axes = (random.uniform(0.02, 0.12, 2) * width).astype(int).tolist()
        cv2.ellipse(mark, ends[0], axes, float(random.uniform(0, 180)), 0, 360, 255, -1)
        mark = np.asarray(cv2.GaussianBlur(mark, (0, 0), random.uniform(5, 20)), np.uint8)
    share = random.uniform(0.15, 0.9) * (mark / np.float32(255))[..., None]
    picture[:] = picture * (1 - share) + np.array(colour, np.float32) * share


def _light(random: Random, size: tuple[int, int]) -> Plane:
    """(h w) gain: a lamp's pool of light, a fall-off towards the edges or one side, at times a
    window's patch on the floor."""
    height, width = size
    across, down = np.meshgrid(
        np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    )
    slope = random.normal(0, 0.18, 2)
    at, spread = random.uniform(-0.8, 0.8, 2), random.uniform(0.3, 1.2)
    pool = np.exp(-((across - at[0]) ** 2 + (down - at[1]) ** 2) / (2 * spread**2))
    field = np.exp(slope[0] * across + slope[1] * down + random.normal(0, 0.35) * pool)
    field *= 1 - random.uniform(0, 0.35) * (random.random() < 0.5) * (across**2 + down**2) / 2
    if random.random() < 0.25:
        patch = np.zeros(size, np.float32)
        corners = random.uniform(0, 1, 2) + random.uniform(-0.3, 0.3, (4, 2))
        hull = cv2.convexHull((corners * [width, height]).astype(np.int32))
        cv2.fillConvexPoly(patch, hull, 1.0)
        field = field * (
            1 + random.uniform(0.15, 0.7) * cv2.GaussianBlur(patch, (0, 0), random.uniform(1, 9))
        )
    return np.asarray(field, np.float32)

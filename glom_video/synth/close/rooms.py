"""Indoor backgrounds: walls with shelves, windows, pictures, curtains and lamps, or a photograph;
sometimes out of focus."""

import cv2
import numpy as np

from glom_video.synth.backdrop import FIELD_SIZE, Backdrop
from glom_video.synth.chance import Random, log_uniform
from glom_video.synth.close.furniture import FURNITURE, curtain, fill
from glom_video.synth.textures import (
    Image,
    Textures,
    bright_colour,
    natural_colour,
    noise_patch,
    photo_patch,
    scaled,
)

MARGIN = 1.25
"""The picture's sides by the frame's: a camera that moves sees more than one frame."""


def room(
    random: Random, textures: Textures, height: int, width: int, *, held_out: bool
) -> Backdrop:
    """A wall of one depth behind everything."""
    size = round(MARGIN * height), round(MARGIN * width)
    make = _photograph if random.random() < 0.4 else _wall
    picture = make(random, textures, *size, held_out)
    if random.random() < 0.35:  # video calls blur it, lenses too
        sigma = min(height, width) * log_uniform(random, 0.004, 0.05)
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)
    depth = random.uniform(0.3, 0.8)
    field = np.zeros((FIELD_SIZE, FIELD_SIZE, 2), np.float32)
    field[..., 0] = depth
    return Backdrop(
        picture=np.ascontiguousarray(picture),
        centre=np.array(size[::-1]) / 2,
        pixels_per_unit=float(min(height, width)),
        field=field,
        ripple=(),
        sparkle=None,
        relief=(0.0, 0.5, depth * 0.99),
    )


def _photograph(
    random: Random, textures: Textures, height: int, width: int, held_out: bool
) -> Image:
    picture = textures.picture(random, held_out)
    grow = random.uniform(1.0, 1.6) * max(height / picture.shape[0], width / picture.shape[1])
    picture = scaled(picture, grow)
    top, left = (
        int(random.integers(0, max(have - need, 0) + 1))
        for have, need in zip(picture.shape[:2], (height, width), strict=True)
    )
    cut = cv2.resize(picture[top : top + height, left : left + width], (width, height))
    return np.asarray(cut[:, ::-1] if random.random() < 0.5 else cut, np.uint8)


def _wall(random: Random, textures: Textures, height: int, width: int, held_out: bool) -> Image:
    colour = (natural_colour if random.random() < 0.5 else bright_colour)(random)
    colour = colour + (np.array([235.0, 230, 222]) - colour) * random.uniform(0, 1)
    wall = np.empty((height, width, 3), np.uint8)
    wall[:] = np.clip(colour, 0, 255)
    kind = random.random()
    if kind < 0.15:
        _paper(random, textures, wall, held_out)
    elif kind < 0.3:
        _joints(random, wall)
    elif kind < 0.42:
        curtain(random, wall, (0, 0, width, height))
    for _ in range(int(random.choice([0, 1, 2, 3, 5, 7], p=[0.12, 0.2, 0.22, 0.2, 0.16, 0.1]))):
        thing = FURNITURE[int(random.integers(len(FURNITURE)))]
        thing(random, textures, wall, held_out)
    return _lit(random, textures, wall)


def _lit(random: Random, textures: Textures, wall: Image) -> Image:
    """Light falls off to one side; plaster is never quite even."""
    height, width = wall.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    way = random.normal(0, 0.16, 2)
    light = 1 + way[0] * x + way[1] * y - random.uniform(0, 0.15) * (x * x + y * y)
    noise = noise_patch(random, textures, int(random.integers(1, 6)), 256)
    plaster = cv2.resize(noise, (width, height)) * random.uniform(0.2, 4)
    return np.asarray(np.clip(wall * light[..., None] + plaster[..., None], 0, 255), np.uint8)


def _paper(random: Random, textures: Textures, wall: Image, held_out: bool) -> None:
    """Wallpaper of a picture's own pattern, repeated."""
    tile = photo_patch(
        random, textures.picture(random, held_out), int(random.uniform(0.15, 0.6) * wall.shape[0])
    )
    again = [-(-have // need) for have, need in zip(wall.shape[:2], tile.shape[:2], strict=True)]
    tiled = np.tile(tile, (again[0], again[1], 1))[: wall.shape[0], : wall.shape[1]]
    share = random.uniform(0.3, 1)
    wall[:] = cv2.addWeighted(np.ascontiguousarray(tiled), share, wall, 1 - share, 0)


def _joints(random: Random, wall: Image) -> None:
    """Bricks, tiles or boards."""
    tall = random.uniform(0.04, 0.25) * wall.shape[0]
    wide = random.uniform(0.06, 0.6) * wall.shape[0]
    stagger, shades = random.choice([0.0, 0.5]), random.uniform(0, 14)
    base = wall[0, 0].astype(float)
    for row in range(int(wall.shape[0] / tall) + 1):
        for column in range(-1, int(wall.shape[1] / wide) + 1):
            left, top = int((column + stagger * (row % 2)) * wide), int(row * tall)
            fill(
                wall,
                (left + 1, top + 1, int(left + wide), int(top + tall)),
                base + random.normal(0, shades),
            )
    # the gaps keep the wall's colour, a little darker
    wall[:: max(int(tall), 2)] = np.clip(base * random.uniform(0.6, 0.95), 0, 255)

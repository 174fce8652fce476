"""What is behind people indoors: walls with shelves, windows, pictures, curtains and lamps, or a
photograph; out of focus at times."""

from collections.abc import Callable

import cv2
import numpy as np

from glom_video.synth.backdrop import FIELD_SIZE, Backdrop
from glom_video.synth.camera import Floats
from glom_video.synth.textures import (
    Image,
    Random,
    Textures,
    bright_colour,
    natural_colour,
    noise_patch,
    photo_patch,
)

MARGIN = 1.25
"""The picture's sides by the frame's: a camera that moves sees more than one frame."""
Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""


def room(
    random: Random, textures: Textures, height: int, width: int, *, held_out: bool
) -> Backdrop:
    """A wall of one depth behind everything."""
    size = round(MARGIN * height), round(MARGIN * width)
    is_photo = random.random() < 0.4
    picture = (
        _photograph(random, textures, *size, held_out)
        if is_photo
        else _wall(random, textures, *size, held_out)
    )
    if random.random() < 0.35:  # video calls blur it, lenses too
        picture = np.asarray(
            cv2.GaussianBlur(
                picture,
                (0, 0),
                min(height, width) * np.exp(random.uniform(np.log(0.004), np.log(0.05))),
            ),
            np.uint8,
        )
    depth = random.uniform(0.3, 0.8)
    field = np.zeros((FIELD_SIZE, FIELD_SIZE, 2), np.float32)
    field[..., 0] = depth
    return Backdrop(
        np.ascontiguousarray(picture),
        np.array(size[::-1]) / 2,
        float(min(height, width)),
        field,
        (),
        None,
        (0.0, 0.5, depth * 0.99),
    )


def _photograph(
    random: Random, textures: Textures, height: int, width: int, held_out: bool
) -> Image:
    picture = textures.picture(random, held_out)
    grow = random.uniform(1.0, 1.6) * max(height / picture.shape[0], width / picture.shape[1])
    picture = cv2.resize(
        picture,
        None,
        fx=grow,
        fy=grow,
        interpolation=cv2.INTER_AREA if grow < 1 else cv2.INTER_LINEAR,
    )
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
        _curtain(random, wall, (0, 0, width, height))
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
    plaster = cv2.resize(
        noise_patch(random, textures, int(random.integers(1, 6)), 256), (width, height)
    ) * random.uniform(0.2, 4)
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
    tall, wide = (
        random.uniform(0.04, 0.25) * wall.shape[0],
        random.uniform(0.06, 0.6) * wall.shape[0],
    )
    stagger, shades = random.choice([0.0, 0.5]), random.uniform(0, 14)
    base = wall[0, 0].astype(float)
    for row in range(int(wall.shape[0] / tall) + 1):
        for column in range(-1, int(wall.shape[1] / wide) + 1):
            left, top = int((column + stagger * (row % 2)) * wide), int(row * tall)
            _fill(
                wall,
                (left + 1, top + 1, int(left + wide), int(top + tall)),
                base + random.normal(0, shades),
            )
    # the gaps keep the wall's colour, a little darker
    wall[:: max(int(tall), 2)] = np.clip(base * random.uniform(0.6, 0.95), 0, 255)


def _fill(picture: Image, box: Box, colour: Floats) -> None:
    left, top, right, bottom = (max(v, 0) for v in box)
    picture[top:bottom, left:right] = np.clip(colour, 0, 255)


def _box(random: Random, wall: Image, tall: tuple[float, float], shape: tuple[float, float]) -> Box:
    """Of a height (share of the wall's) and a width by it; anywhere."""
    height = random.uniform(*tall) * wall.shape[0]
    width = height * random.uniform(*shape)
    left, top = (
        random.uniform(-0.3 * width, wall.shape[1] - 0.7 * width),
        random.uniform(0, 0.9 * wall.shape[0] - 0.5 * height),
    )
    return int(left), int(top), int(left + width), int(top + height)


def _paste(picture: Image, box: Box, patch: Image) -> None:
    left, top, right, bottom = box
    seen = max(left, 0), max(top, 0), min(right, picture.shape[1]), min(bottom, picture.shape[0])
    if seen[2] > seen[0] and seen[3] > seen[1]:
        fitted = cv2.resize(patch, (right - left, bottom - top))
        picture[seen[1] : seen[3], seen[0] : seen[2]] = fitted[
            seen[1] - top : seen[3] - top, seen[0] - left : seen[2] - left
        ]


def _frame(random: Random, textures: Textures, wall: Image, held_out: bool) -> None:
    """A picture, a poster, a screen or a door with a view."""
    box = _box(random, wall, (0.12, 0.6), (0.5, 1.8))
    rim = int(random.uniform(0, 0.06) * wall.shape[0])
    _fill(
        wall,
        (box[0] - rim, box[1] - rim, box[2] + rim, box[3] + rim),
        bright_colour(random) * random.uniform(0.2, 1),
    )
    _paste(wall, box, photo_patch(random, textures.picture(random, held_out), 160))


def _window(random: Random, textures: Textures, wall: Image, held_out: bool) -> None:
    """Bright, with bars, blinds or a curtain."""
    box = _box(random, wall, (0.4, 1.0), (0.5, 1.2))
    view = cv2.convertScaleAbs(
        photo_patch(random, textures.picture(random, held_out), 160),
        alpha=random.uniform(0.7, 1.6),
        beta=random.uniform(0, 90),
    )
    _paste(wall, box, np.asarray(view, np.uint8))
    left, top, right, bottom = box
    bar, paint = (
        max(int(0.015 * wall.shape[0]), 1),
        np.array([240.0, 238, 232]) * random.uniform(0.3, 1),
    )
    if random.random() < 0.35:  # blinds
        pitch = max(int(random.uniform(0.02, 0.06) * wall.shape[0]), 3)
        for y in range(top, bottom, pitch):
            _fill(wall, (left, y, right, y + pitch // 2), paint)
    for x in np.linspace(left, right, int(random.integers(2, 4))):
        _fill(wall, (int(x) - bar, top, int(x) + bar, bottom), paint)
    for y in (top, bottom):
        _fill(wall, (left, y - bar, right, y + bar), paint)
    if random.random() < 0.5:
        width = int(random.uniform(0.15, 0.5) * (right - left))
        for start in (left - width // 2, right - width // 2):
            _curtain(random, wall, (start, 0, start + width, wall.shape[0]), bright_colour(random))


def _curtain(random: Random, wall: Image, box: Box, colour: Floats | None = None) -> None:
    left, top, right, bottom = (
        max(box[0], 0),
        max(box[1], 0),
        min(box[2], wall.shape[1]),
        min(box[3], wall.shape[0]),
    )
    if right <= left or bottom <= top:
        return
    base = wall[top, left].astype(float) if colour is None else colour
    x = np.arange(right - left) / wall.shape[0] * 2 * np.pi
    pleats = np.sin(random.uniform(6, 30) * x + random.uniform(0, 6)) + 0.5 * np.sin(
        random.uniform(10, 50) * x
    )
    wall[top:bottom, left:right] = np.clip(
        base * (1 + random.uniform(0.05, 0.25) * pleats[:, None]), 0, 255
    )[None]


def _shelf(random: Random, textures: Textures, wall: Image, held_out: bool) -> None:
    """Boards with books and things on them."""
    left, top, right, bottom = _box(random, wall, (0.4, 1.1), (0.5, 1.6))
    wood, rows = natural_colour(random), int(random.integers(2, 6))
    _fill(wall, (left, top, right, bottom), wood * random.uniform(0.3, 0.9))
    pitch = max((bottom - top) // rows, 6)
    board = max(pitch // 12, 1)
    for floor in range(top + pitch, bottom + 1, pitch):
        x = left + board
        while x < right - board:
            wide = max(int(random.uniform(0.05, 0.3) * pitch), 2)
            if random.random() < 0.85:
                tall = int(random.uniform(0.5, 0.92) * pitch)
                _fill(
                    wall,
                    (x, floor - tall, min(x + wide, right), floor),
                    bright_colour(random) * random.uniform(0.5, 1),
                )
            x += wide + int(random.random() < 0.3)
        _fill(wall, (left, floor - board, right, floor + board), wood)


def _lamp(random: Random, textures: Textures, wall: Image, held_out: bool) -> None:
    """A shade and the glow around it."""
    x, y = random.uniform(0, 1) * wall.shape[1], random.uniform(0, 0.7) * wall.shape[0]
    radius = random.uniform(0.03, 0.1) * wall.shape[0]
    rows, columns = np.mgrid[0 : wall.shape[0], 0 : wall.shape[1]].astype(np.float32)
    glow = np.exp(-np.hypot(columns - x, rows - y) / (random.uniform(2, 5) * radius))[
        ..., None
    ] * random.uniform(40, 160)
    wall[:] = np.clip(wall + glow * np.array([1.0, 0.85, 0.6]), 0, 255)
    corners = np.array(
        [
            (x - 0.6 * radius, y - radius),
            (x + 0.6 * radius, y - radius),
            (x + radius, y + radius),
            (x - radius, y + radius),
        ]
    )
    cv2.fillPoly(wall, [corners.astype(np.int32)], (255, 244, 214))
    _fill(wall, (int(x) - 1, int(y + radius), int(x) + 2, wall.shape[0]), np.full(3, 60.0))


def _plant(random: Random, textures: Textures, wall: Image, held_out: bool) -> None:
    x, y = random.uniform(0, 1) * wall.shape[1], random.uniform(0.2, 0.9) * wall.shape[0]
    for _ in range(int(random.integers(8, 40))):
        angle, long = random.uniform(0, 2 * np.pi), random.uniform(0.04, 0.2) * wall.shape[0]
        middle = int(x + 0.7 * long * np.cos(angle)), int(y + 0.7 * long * np.sin(angle))
        green = np.array([60.0, 110, 50]) * random.uniform(0.4, 1.5)
        cv2.ellipse(
            wall,
            middle,
            (int(0.7 * long), max(int(0.18 * long), 1)),
            np.degrees(angle),
            0,
            360,
            green.tolist(),
            -1,
            cv2.LINE_AA,
        )


def _cupboard(random: Random, textures: Textures, wall: Image, held_out: bool) -> None:
    """A door, a cupboard, a fridge: panels with a darker edge and a handle."""
    left, top, right, bottom = _box(random, wall, (0.5, 1.3), (0.3, 1.0))
    paint = (natural_colour if random.random() < 0.5 else bright_colour)(random)
    _fill(wall, (left - 2, top - 2, right + 2, bottom + 2), paint * 0.6)
    _fill(wall, (left, top, right, bottom), paint)
    inner = int(0.12 * (right - left))
    for share in (0.0, 0.5):
        panel = (
            left + inner,
            int(top + share * (bottom - top)) + inner,
            right - inner,
            int(top + (share + 0.5) * (bottom - top)) - inner // 2,
        )
        _fill(wall, panel, paint * random.uniform(0.75, 1.15))
    _fill(
        wall,
        (right - inner, (top + bottom) // 2, right - inner + 3, (top + bottom) // 2 + 10),
        np.full(3, 200.0),
    )


FURNITURE: tuple[Callable[[Random, Textures, Image, bool], None], ...] = (
    _frame,
    _frame,
    _window,
    _shelf,
    _shelf,
    _lamp,
    _plant,
    _cupboard,
)

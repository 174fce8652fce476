"""Things at a wall or on it: pictures, windows, curtains, shelves, lamps, plants and cupboards."""

from collections.abc import Callable

import cv2
import numpy as np

from glom_video.synth.camera import Floats
from glom_video.synth.chance import Random
from glom_video.synth.textures import Image, Textures, bright_colour, natural_colour, photo_patch

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""


def fill(picture: Image, box: Box, colour: Floats) -> None:
    """Paint a box of one colour, RGB, in place; what lies outside the picture is left out."""
    left, top, right, bottom = (max(v, 0) for v in box)
    picture[top:bottom, left:right] = np.clip(colour, 0, 255)


def _box(random: Random, wall: Image, tall: tuple[float, float], shape: tuple[float, float]) -> Box:
    """Of a height (share of the wall's) and a width by it; anywhere."""
    height = random.uniform(*tall) * wall.shape[0]
    width = height * random.uniform(*shape)
    left = random.uniform(-0.3 * width, wall.shape[1] - 0.7 * width)
    top = random.uniform(0, 0.9 * wall.shape[0] - 0.5 * height)
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
    fill(
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
    bar = max(int(0.015 * wall.shape[0]), 1)
    paint = np.array([240.0, 238, 232]) * random.uniform(0.3, 1)
    if random.random() < 0.35:  # blinds
        pitch = max(int(random.uniform(0.02, 0.06) * wall.shape[0]), 3)
        for y in range(top, bottom, pitch):
            fill(wall, (left, y, right, y + pitch // 2), paint)
    for x in np.linspace(left, right, int(random.integers(2, 4))):
        fill(wall, (int(x) - bar, top, int(x) + bar, bottom), paint)
    for y in (top, bottom):
        fill(wall, (left, y - bar, right, y + bar), paint)
    if random.random() < 0.5:
        width = int(random.uniform(0.15, 0.5) * (right - left))
        for start in (left - width // 2, right - width // 2):
            curtain(random, wall, (start, 0, start + width, wall.shape[0]), bright_colour(random))


def curtain(random: Random, wall: Image, box: Box, colour: Floats | None = None) -> None:
    """Paint pleats into a box of a wall, in place; of the wall's own colour without another."""
    left, top = max(box[0], 0), max(box[1], 0)
    right, bottom = min(box[2], wall.shape[1]), min(box[3], wall.shape[0])
    if right <= left or bottom <= top:
        return
    base = wall[top, left].astype(float) if colour is None else colour
    x = np.arange(right - left) / wall.shape[0] * 2 * np.pi
    pleats = np.sin(random.uniform(6, 30) * x + random.uniform(0, 6))
    pleats += 0.5 * np.sin(random.uniform(10, 50) * x)
    cloth = base * (1 + random.uniform(0.05, 0.25) * pleats[:, None])
    wall[top:bottom, left:right] = np.clip(cloth, 0, 255)[None]


def _shelf(random: Random, textures: Textures, wall: Image, held_out: bool) -> None:
    """Boards with books and things on them."""
    left, top, right, bottom = _box(random, wall, (0.4, 1.1), (0.5, 1.6))
    wood, rows = natural_colour(random), int(random.integers(2, 6))
    fill(wall, (left, top, right, bottom), wood * random.uniform(0.3, 0.9))
    pitch = max((bottom - top) // rows, 6)
    board = max(pitch // 12, 1)
    for floor in range(top + pitch, bottom + 1, pitch):
        x = left + board
        while x < right - board:
            wide = max(int(random.uniform(0.05, 0.3) * pitch), 2)
            if random.random() < 0.85:
                tall = int(random.uniform(0.5, 0.92) * pitch)
                fill(
                    wall,
                    (x, floor - tall, min(x + wide, right), floor),
                    bright_colour(random) * random.uniform(0.5, 1),
                )
            x += wide + int(random.random() < 0.3)
        fill(wall, (left, floor - board, right, floor + board), wood)


def _lamp(random: Random, textures: Textures, wall: Image, held_out: bool) -> None:
    """A shade and the glow around it."""
    x, y = random.uniform(0, 1) * wall.shape[1], random.uniform(0, 0.7) * wall.shape[0]
    radius = random.uniform(0.03, 0.1) * wall.shape[0]
    rows, columns = np.mgrid[0 : wall.shape[0], 0 : wall.shape[1]].astype(np.float32)
    glow = np.exp(-np.hypot(columns - x, rows - y) / (random.uniform(2, 5) * radius))
    light = glow[..., None] * random.uniform(40, 160) * np.array([1.0, 0.85, 0.6])
    wall[:] = np.clip(wall + light, 0, 255)
    corners = np.array(
        [
            (x - 0.6 * radius, y - radius),
            (x + 0.6 * radius, y - radius),
            (x + radius, y + radius),
            (x - radius, y + radius),
        ]
    )
    cv2.fillPoly(wall, [corners.astype(np.int32)], (255, 244, 214))
    fill(wall, (int(x) - 1, int(y + radius), int(x) + 2, wall.shape[0]), np.full(3, 60.0))


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
    fill(wall, (left - 2, top - 2, right + 2, bottom + 2), paint * 0.6)
    fill(wall, (left, top, right, bottom), paint)
    inner = int(0.12 * (right - left))
    for share in (0.0, 0.5):
        panel = (
            left + inner,
            int(top + share * (bottom - top)) + inner,
            right - inner,
            int(top + (share + 0.5) * (bottom - top)) - inner // 2,
        )
        fill(wall, panel, paint * random.uniform(0.75, 1.15))
    fill(
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
"""What may be in a room; what stands twice is twice as likely."""

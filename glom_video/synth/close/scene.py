"""Scenes of one or two people or animals, seen close, of whom at most a part moves; the camera
mostly stands still."""

from collections.abc import Iterable

import numpy as np

from glom_video.synth.camera import Camera, Floats, gentle, shake, view_matrix
from glom_video.synth.chance import Random, log_uniform
from glom_video.synth.close import fabrics, gestures
from glom_video.synth.close.body import Body, Piece, Still, X, Y, dressed, numbered
from glom_video.synth.close.lying import bust, lying
from glom_video.synth.close.person import SIDES, held, person
from glom_video.synth.close.rooms import MARGIN, room
from glom_video.synth.close.surroundings import NO_PART, desk, seat
from glom_video.synth.scene import Scene
from glom_video.synth.shadows import wall_shadow
from glom_video.synth.textures import Image, Textures, bright_colour, natural_colour

STILL_CAMERA, IDLE, LEANS = 0.75, 0.12, 0.15
"""Shares: of clips with a still camera; of bodies that do nothing; of bodies that lean as a
whole."""
PERSONS, BUSTS = 0.78, 0.89
"""Cumulative shares of bodies: people, then animals' busts; the rest are animals that lie."""
SKINS = {"skin": (1.0, 1.0), "neck": (0.72, 0.92), "nose": (0.85, 1.08)}
"""Brightness by the face's, from and to: necks lie in the shadow of chins."""


def compose_close(
    random: Random,
    textures: Textures,
    frames: int,
    height: int,
    width: int,
    *,
    at_desk: bool,
    signing: float,
) -> Scene:
    """A scene for close clips. ``at_desk``: people at desks who hold something, before pictures
    that training never shows. ``signing``: share of people, in [0, 1], who move both hands."""
    setting = room(random, textures, height, width, held_out=at_desk)
    camera = _camera(random, frames, height, width)
    reach = np.array([width, height]) / (2 * min(height, width))
    count = 2 if random.random() < 0.22 else 1
    bodies: list[Body] = []
    parent: dict[int, int] = {}
    for number in range(count):
        disparity = 1.0 - 0.12 * (count - 1 - number)
        body = _body(
            random,
            textures,
            setting.picture,
            frames,
            reach,
            disparity,
            (number, count),
            len(parent) + 1,
            at_desk=at_desk,
            signing=signing,
        )
        parent.update({part: number + 1 for part in body.ids if part})
        bodies.append(body)
    shutter = random.uniform(0.3, 0.7) if random.random() < 0.4 else 0.0
    return Scene(camera, setting, tuple(bodies), parent, shutter, _exposure(random, frames))


def _body(
    random: Random,
    textures: Textures,
    scenery: Image,
    frames: int,
    reach: Floats,
    disparity: float,
    place: tuple[int, int],
    first_id: int,
    *,
    at_desk: bool,
    signing: float,
) -> Body:
    """One body. ``place``: its number and the number of bodies."""
    share = 0.0 if at_desk else random.random()
    size, across = _size_and_place(random, reach, place)
    tone, hair = fabrics.skin_tone(random), fabrics.hair_colour(random)
    own, root, low = _own_pieces(random, share, tone, hair, at_desk=at_desk)
    down = _height(random, root, low, size, is_lying=share >= BUSTS)
    position = np.array([across, down])
    is_farthest = place[0] == 0
    around = _around(
        random, low, down, size, reach, across, is_farthest=is_farthest, at_desk=at_desk
    )
    still = Still((*own, *around), frames)
    _move(random, still, size, is_person=share < PERSONS, signing=signing)
    wanted = (piece.fabric for piece in still.pieces)
    dresses = _fabrics(random, textures, scenery, tone, hair, wanted, at_desk=at_desk)
    gain, light = _gain(random, scenery), random.normal(0, 1, 2) - [0, 0.8]
    sprites = dressed(random, still.pieces, dresses, _pixels(scenery) * size, light, gain)
    numbers = numbered(still.pieces, first_id)
    ids = tuple(
        0 if piece.group == NO_PART else part
        for piece, part in zip(still.pieces, numbers, strict=True)
    )
    shadow = wall_shadow(random, 0.8) if random.random() < 0.55 else None
    return Body(
        pieces=still.pieces,
        sprites=sprites,
        ids=ids,
        disparity=disparity,
        position=np.repeat(position[None], frames, 0),
        size=float(size),
        moves=still.moves,
        shadow=shadow,
        mirror=random.random() < 0.5,
    )


def _size_and_place(random: Random, reach: Floats, place: tuple[int, int]) -> tuple[float, float]:
    """Length of a body's unit, and x of its middle, both in frame sides."""
    number, count = place
    size = log_uniform(random, 0.33, 0.68) * (0.75 if count > 1 else 1.0)
    size *= np.sqrt(reach[0] / 0.91)
    if count == 1:
        return size, random.normal(0, 0.22) * reach[0]
    return size, (number - 0.5) * random.uniform(0.7, 1.1) * reach[0]


def _own_pieces(
    random: Random, share: float, tone: Floats, hair: Floats, *, at_desk: bool
) -> tuple[list[Piece], float, float]:
    """Pieces of what ``share`` in [0, 1) chooses; how far they reach above the origin, and the y
    down to which they stay in the frame, both in the body's units, y down."""
    if share < PERSONS:
        pieces = person(random, tone, hair)
        if random.random() < (0.7 if at_desk else 0.2):
            pieces.append(held(random, SIDES[int(random.integers(2))]))
        return pieces, 3.6, -2.3
    if share < BUSTS:
        return bust(random), 2.6, -1.5
    return lying(random), 1.4, -0.7


def _height(random: Random, root: float, low: float, size: float, *, is_lying: bool) -> float:
    """y of a body's origin, in frame sides from the middle, kept so low that no body floats."""
    top = max(random.uniform(-0.62, -0.28), -root * size)
    if is_lying:
        return random.uniform(0.15, 0.45)
    return min(top + root * size, 0.5 + (-low - 0.25) * size)


def _move(random: Random, still: Still, size: float, *, is_person: bool, signing: float) -> None:
    idle = random.random() < IDLE
    if is_person:
        signs = signing > 0 and random.random() <= signing
        gestures.act(random, still, idle=idle, signs=signs)
    else:
        gestures.stir(random, still, "torso", idle)
    if random.random() < LEANS:
        gestures.lean(random, still, "torso")
    torso = still.of("torso")
    torso[:, X : Y + 1] += gestures.sway(random, len(torso)) / size


def _gain(random: Random, scenery: Image) -> float:
    """Brightness of a body, mostly as bright as the room."""
    if random.random() < 0.6:
        return float(np.clip((scenery.mean() / 115) ** 0.7, 0.5, 1.25))
    return random.uniform(0.7, 1.1)


def _pixels(scenery: Image) -> float:
    """Of a frame's shorter side."""
    return min(scenery.shape[:2]) / MARGIN


def _around(
    random: Random,
    low: float,
    down: float,
    size: float,
    reach: Floats,
    across: float,
    *,
    is_farthest: bool,
    at_desk: bool,
) -> list[Piece]:
    pieces = seat(random, low, is_farthest=is_farthest) if random.random() < 0.4 else []
    if at_desk or random.random() < 0.3:
        edge = max((random.uniform(0.15, 0.44) - down) / size, low + random.uniform(0.8, 1.4))
        width = (reach[0] * 1.2 + abs(across)) / size
        if random.random() >= 0.75:
            width = random.uniform(0.8, 2.0)
        pieces += desk(random, edge, width)
    return pieces


def _fabrics(
    random: Random,
    textures: Textures,
    scenery: Image,
    tone: Floats,
    hair: Floats,
    wanted: Iterable[str],
    *,
    at_desk: bool,
) -> dict[str, Image]:
    """Those that are ``wanted``, by name; garments of any other name."""
    coat = natural_colour(random)

    def made(name: str) -> Image:
        if name in SKINS:
            low, high = SKINS[name]
            return fabrics.skin(random, textures, tone * random.uniform(low, high))
        if name == "lips":
            red = tone * np.array([0.9, 0.62, 0.6]) * random.uniform(0.8, 1.1)
            return fabrics.plain(random, textures, red)
        if name == "hair" or (name == "desk" and random.random() < 0.6):
            colour = hair if name == "hair" else natural_colour(random)
            return fabrics.strands(random, textures, colour)
        if name in ("coat", "second"):
            colour = coat if random.random() < 0.75 else natural_colour(random)
            return fabrics.coat(random, textures, colour, at_desk)
        if name == "metal":
            is_grey = random.random() < 0.7
            colour = np.full(3, random.uniform(15, 70)) if is_grey else bright_colour(random)
            return fabrics.plain(random, textures, colour)
        if name == "dark":
            return fabrics.plain(random, textures, np.full(3, random.uniform(8, 40)))
        return fabrics.garment(random, textures, scenery, at_desk)

    return {name: made(name) for name in dict.fromkeys(wanted)}


def _camera(random: Random, frames: int, height: int, width: int) -> Camera:
    """Mostly on a stand; else held by hand, panning slowly, or both."""
    pan = np.zeros((frames, 2))
    if random.random() >= STILL_CAMERA:
        kind, way = random.random(), random.uniform(0, 2 * np.pi)
        if kind < 0.7:
            pan += shake(random, frames, log_uniform(random, 0.0005, 0.005))
        if kind > 0.5:
            rate = log_uniform(random, 0.0008, 0.008)
            pan += gentle(random, frames, rate)[:, None] * [np.cos(way), 0.3 * np.sin(way)]
    views = [view_matrix(height, width, pan[t], 0.0, 0.0, np.zeros(2)) for t in range(frames)]
    return Camera(np.zeros((frames, 3)), np.stack(views), 0.0)


def _exposure(random: Random, frames: int) -> Floats:
    """Gain of each frame: lamps flicker, and sometimes the exposure adapts."""
    t = np.arange(frames)
    gain = 1 + random.uniform(0, 0.025) * (random.random() < 0.4) * np.sin(
        random.uniform(0.3, 3.1) * t + random.uniform(0, 6)
    )
    if random.random() < 0.15:
        gain = gain * (1 + random.uniform(-0.12, 0.12) * gestures.reach(random, t.astype(float)))
    return np.asarray(gain, np.float64)

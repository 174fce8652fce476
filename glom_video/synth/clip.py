"""One rendered clip: a scene is composed, filmed frame by frame, and degraded like real footage.
The same seed gives the same clip."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import cv2
import numpy as np

from glom_video.structures import InvalidInput
from glom_video.synth import figures
from glom_video.synth.actors import Actor, actor, any_figure
from glom_video.synth.backdrop import backdrop, smeared
from glom_video.synth.camera import Floats, film
from glom_video.synth.chance import Random, log_uniform
from glom_video.synth.close import compose_close
from glom_video.synth.degradation import Degradation
from glom_video.synth.lighting import lit
from glom_video.synth.paths import Path, moved_to, walk
from glom_video.synth.scene import Scene
from glom_video.synth.scenery import Surroundings, occluders, still_life
from glom_video.synth.sprites import Sprite, puff
from glom_video.synth.textures import Image, Textures

Family = Literal["train", "texture", "shape", "camera", "crowd", "group", "close", "desk", "signs"]
FAMILIES: tuple[Family, ...] = get_args(Family)
"""``train``, ``group`` (two to five objects close together, often cut by the frame's edge) and
``close`` (people and animals that fill much of the frame and of which at most a part moves) are for
training. The others are held out: pictures, outlines, camera motions, crowds and people at desks
that training never shows; in ``signs`` they move both hands as in sign language. A family's place
sets its seeds, so new ones go last."""
SIGNING: dict[Family, float] = {"close": 0.35, "desk": 0.0, "signs": 1.0}
"""Families of people seen close, and the share of them who move both hands."""

LIT = ("train", "group")
"""Families whose scenes have a light that casts shadows. The held-out ones are older and unchanged,
so that figures stay comparable."""
LIGHTING = 1
"""Key of that light's random stream."""


@dataclass(frozen=True, slots=True, repr=False)
class Clip:
    """A clip with exact truth. Ids stay with their object or part for the whole clip; 0 is
    background."""

    images: Image
    """(t H W 3) uint8 RGB."""
    parts: Image
    """(t H W) uint8."""
    objects: Image
    """(t H W) uint8."""
    parent: dict[int, int]
    """Part id to object id, for the parts that are ever seen."""


def render_clip(
    seed: int,
    *,
    frames: int = 8,
    height: int = 192,
    width: int = 192,
    textures: Textures,
    family: str = "train",
    stops: float = 0.0,
    shown: Sequence[int] | None = None,
) -> Clip:
    """A clip of ``frames`` pictures.

    Args:
        stops: chance of each object to come to rest for good.
        shown: indices of the frames to film; all without.

    Raises:
        InvalidInput: an unknown family, or a frame below 32 pixels.
    """
    if family not in FAMILIES:
        raise InvalidInput(f"no clip family {family}", f"Use one of {', '.join(FAMILIES)}.")
    if min(height, width) < 32 or frames < 1:
        raise InvalidInput(
            f"cannot render {frames} frames of {width}x{height}",
            "Ask for at least 1 frame of 32x32.",
        )
    cv2.setNumThreads(1)
    number = FAMILIES.index(family)
    random = np.random.default_rng([seed, number])
    scene = compose(random, textures, frames, height, width, FAMILIES[number], stops)
    if family in LIT:
        scene = lit(np.random.default_rng([seed, number, LIGHTING]), scene)
    return shoot(random, scene, frames, height, width, range(frames) if shown is None else shown)


def shoot(
    random: Random, scene: Scene, frames: int, height: int, width: int, shown: Sequence[int]
) -> Clip:
    """Film some of the frames of a scene, with the effects of lens, sensor and codec."""
    images = np.empty((len(shown), height, width, 3), np.uint8)
    parts = np.zeros((len(shown), height, width), np.uint8)
    degradation = Degradation.draw(random, frames, height, width)
    if scene.exposure is not None:
        degradation = replace(degradation, levels=degradation.levels * scene.exposure[:, None])
    for place, t in enumerate(shown):
        picture = scene.backdrop.draw(scene.camera, t, height, width)
        picture = smeared(picture, _backdrop_smear(scene, t, frames))
        for item in scene.actors:
            item.draw(picture, parts[place], scene.camera, t, scene.shutter)
        images[place] = degradation.apply(random, picture, t)
    table = np.zeros(256, np.uint8)
    table[list(scene.parent)] = list(scene.parent.values())
    seen = np.flatnonzero(np.bincount(parts.ravel(), minlength=256)).tolist()
    parent = {part: scene.parent[part] for part in seen if part}
    return Clip(images, parts, table[parts], parent)


def _backdrop_smear(scene: Scene, t: int, frames: int) -> tuple[float, float]:
    if not scene.shutter or frames < 2:
        return 0.0, 0.0
    now, before = (scene.camera.plane(k, 0.3)[:2, 2] for k in (max(t, 1), max(t, 1) - 1))
    return float(scene.shutter * (now - before)[0]), float(scene.shutter * (now - before)[1])


def compose(
    random: Random,
    textures: Textures,
    frames: int,
    height: int,
    width: int,
    family: Family,
    stops: float,
) -> Scene:
    """The scene: objects, their places, and the camera."""
    if family in SIGNING:
        at_desk, signing = family != "close", SIGNING[family]
        return compose_close(
            random, textures, frames, height, width, at_desk=at_desk, signing=signing
        )
    side, held_out = min(height, width), family == "texture"
    reach = np.array([width, height]) / (2 * side)
    horizon = random.uniform(-0.4, 0.1)
    count = _count(random, family)
    cast = [(_figure(random, family), _size(random, count, number)) for number in range(count)]
    paths = [walk(random, frames, figure, size, stops=stops) for figure, size in cast]
    start = random.uniform(-0.25, 0.25, 2) * reach * [1, 0.8] * (2.6 if family == "group" else 1.0)
    paths[0] = replace(paths[0], position=paths[0].position + start)
    camera = film(
        random, frames, height, width, paths[0].position, strong=family == "camera", horizon=horizon
    )
    ground = max(start[1] + cast[0][0].feet * cast[0][1], horizon + 0.2)
    setting = backdrop(
        random,
        textures,
        height,
        width,
        held_out=held_out,
        horizon=horizon,
        ground=ground,
        heading=camera.heading,
    )
    near = start if family == "group" else None
    around = Surroundings(textures, camera, setting, reach, side, held_out)
    actors, parent = _objects(random, around, cast, paths, near)
    actors += still_life(random, around, frames)
    actors += occluders(random, around, paths[0])
    shutter = random.uniform(0.3, 0.7) if random.random() < 0.4 else 0.0
    return Scene(
        camera, setting, tuple(sorted(actors, key=lambda item: item.disparity)), parent, shutter
    )


def _count(random: Random, family: Family) -> int:
    """Of the objects."""
    if family == "crowd":
        return int(random.integers(6, 10))
    if family == "group":
        return int(random.choice([2, 3, 4, 5], p=[0.4, 0.3, 0.18, 0.12]))
    return int(random.choice([1, 2, 3, 4], p=[0.4, 0.29, 0.19, 0.12]))


def _figure(random: Random, family: Family) -> figures.Figure:
    return figures.unfamiliar(random) if family == "shape" else any_figure(random)


def _size(random: Random, count: int, number: int) -> float:
    """In frame sides: mostly medium to large, at times tiny or larger than the frame."""
    kind = random.random()
    if count > 5:
        return float(random.uniform(0.12, 0.4))
    if kind < 0.06:
        return float(log_uniform(random, 0.05, 0.2))
    if kind < 0.22 and number == 0:
        return float(random.uniform(1.1, 2.2))
    return float(log_uniform(random, 0.28, 1.0) / (1 + 0.12 * (count - 1)))


def _objects(
    random: Random,
    around: Surroundings,
    cast: list[tuple[figures.Figure, float]],
    paths: list[Path],
    near: Floats | None,
) -> tuple[list[Actor], dict[int, int]]:
    """``near``: the place that all are seen around; anywhere in the frame without."""
    setting, reach = around.backdrop, around.reach
    actors: list[Actor] = []
    parent: dict[int, int] = {}
    frames, wet = len(paths[0].size), bool(setting.ripple) and random.random() < 0.7
    camouflage = setting.picture if random.random() < 0.1 else None
    exposure = setting.light if random.random() < 0.6 else 1.0
    for number, ((figure, _), path) in enumerate(zip(cast, paths, strict=True)):
        disparity = 1.0 if number == 0 else random.uniform(0.7, 1.25)
        if number:
            ground = setting.ground_at(disparity)
            spot = _spot(random, figure, float(path.size[0]), ground, reach, near)
            path = moved_to(path, around.camera, disparity, int(random.integers(frames)), spot)
        first_id = len(parent) + 1
        item, taken = actor(
            random,
            around.textures,
            figure,
            path,
            disparity,
            around.side,
            first_id=first_id,
            held_out=around.held_out,
            scenery=camouflage,
            exposure=exposure,
        )
        if wet and figure.upright:
            item = replace(item, shadow=None, mirror=random.uniform(0.2, 0.55))
        if figure.upright and random.random() < (0.45 if wet else 0.1):
            item = replace(item, puffs=_puffs(random, around.textures, wet))
        actors.append(item)
        parent.update(dict.fromkeys(range(first_id, first_id + taken), number + 1))
    return actors, parent


def _spot(
    random: Random,
    figure: figures.Figure,
    size: float,
    ground: float,
    reach: Floats,
    near: Floats | None,
) -> Floats:
    """Where a further object is seen in some frame, (x, y) in scene units: mostly on the ground,
    and around ``near`` if that is given."""
    if figure.upright and random.random() < 0.8:
        height = ground - figure.feet * size
    else:
        height = random.uniform(-0.7, 0.7) * reach[1]
    across = random.uniform(-0.85, 0.85) * reach[0]
    if near is not None and random.random() < 0.7:
        across = np.clip(near[0] + random.normal(0, 0.6) * size, -1.1 * reach[0], 1.1 * reach[0])
    return np.array([across, np.clip(height, -reach[1], reach[1])])


def _puffs(random: Random, textures: Textures, wet: bool) -> tuple[Sprite, ...]:
    """White spray over water, else dust or smoke."""
    shade = 228, 235, 240
    if not wet:
        grey = random.uniform(90, 215)
        green, blue = random.uniform(0.85, 1), random.uniform(0.7, 1)
        shade = int(grey), int(grey * green), int(grey * blue)
    density = random.uniform(0.3, 0.95)
    return tuple(
        puff(random, textures.noise[int(random.integers(2, 5))], shade, density) for _ in range(4)
    )

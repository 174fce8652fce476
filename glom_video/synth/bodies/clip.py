"""Clips of one to five bodies, animals or people, on the renderer's backdrops, near or far."""

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from glom_video.structures import InvalidInput
from glom_video.synth.backdrop import Backdrop, backdrop
from glom_video.synth.bodies.body import AnimatedBody
from glom_video.synth.bodies.cast import C, Cast
from glom_video.synth.bodies.framing import Framing, anchor, framing, heading, route, times
from glom_video.synth.bodies.meshes import Floats
from glom_video.synth.bodies.walker import GroundProjection, Route, Shadow, Walker, yawed
from glom_video.synth.camera import film, still
from glom_video.synth.chance import Random
from glom_video.synth.clip import Clip, shoot
from glom_video.synth.paths import Path
from glom_video.synth.scene import Drawn, Scene
from glom_video.synth.scenery import Surroundings, occluders
from glom_video.synth.textures import Textures

STILL_CAMERA = 0.4
"""Share of clips."""
HALVES_FROM = 1.1
"""Bodies larger than this many frame sides show upper and lower limbs as parts of their own."""
SAME_KIND = 0.7
"""Share of clips with several bodies in which all are of one kind: herds, and groups of people."""
SHADOWS, BLURRED = 0.65, 0.4
"""Shares of clips with shadows on the ground, and with motion blur."""
TRIES = 20
"""To find a body with an animation, or a free place, before it is given up."""


def render_body_clip(
    seed: int,
    *,
    frames: int,
    height: int,
    width: int,
    bodies: Cast[C],
    textures: Textures,
    held_out: bool = False,
    shown: Sequence[int] | None = None,
) -> Clip:
    """A clip of ``frames`` pictures. A seed always gives the same clip.

    Args:
        held_out: of bodies and pictures that training never shows.
        shown: indices of the frames to film; all without.
    """
    cv2.setNumThreads(1)
    random = np.random.default_rng([seed, int(held_out), 78])
    scene = compose(random, bodies, textures, frames, height, width, held_out)
    return shoot(random, scene, frames, height, width, range(frames) if shown is None else shown)


def compose(
    random: Random,
    bodies: Cast[C],
    textures: Textures,
    frames: int,
    height: int,
    width: int,
    held_out: bool,
) -> Scene:
    """The scene: bodies, their places, and the camera."""
    side = min(height, width)
    reach = np.array([width, height]) / (2 * side)
    character, animated, shot = _main_character(random, bodies, held_out, reach)
    played = times(random, animated, frames)
    way, projection, size = _placed(random, animated, shot, frames, played)
    seen, _ = projection.scene(way.position)
    if random.random() < STILL_CAMERA:
        camera = still(frames, height, width, horizon=projection.horizon)
    else:
        camera = film(random, frames, height, width, seen, strong=False, horizon=projection.horizon)
    setting = backdrop(
        random,
        textures,
        height,
        width,
        held_out=held_out,
        horizon=projection.horizon,
        ground=projection.ground,
        heading=camera.heading,
    )
    first = _walker(random, animated, way, size, projection, setting)
    walkers = [first, *_others(random, bodies, character, first, shot, reach, frames, held_out)]
    numbered, parent = _numbered(walkers)
    passed = Path(seen, np.full(frames, shot.size), *(np.zeros(frames) for _ in range(4)))
    around = Surroundings(textures, camera, setting, reach, side, held_out)
    hiding = occluders(random, around, passed)
    actors: list[Drawn] = sorted([*numbered, *hiding], key=lambda item: item.disparity)
    shutter = random.uniform(0.3, 0.7) if random.random() < BLURRED else 0.0
    return Scene(camera, setting, tuple(actors), parent, shutter)


def _main_character(
    random: Random, bodies: Cast[C], held_out: bool, reach: Floats
) -> tuple[C, AnimatedBody, Framing]:
    for _ in range(TRIES):
        character = bodies.character(random, held_out)
        shot = framing(random, character.is_person, reach)
        state = "idle" if shot.shot == "portrait" else None
        animated = bodies.animated(random, character, state=state, halves=shot.size > HALVES_FROM)
        if animated is not None:
            return character, animated, shot
    raise InvalidInput(
        "the bodies have no animations", "Name public.zip of Debian's package 0ad-data."
    )


def _placed(
    random: Random, animated: AnimatedBody, shot: Framing, frames: int, played: Floats
) -> tuple[Route, GroundProjection, float]:
    """The main body on its way, the ground below it, and scene units a unit of the body."""
    middle = frames // 2
    posed, _ = animated.body.posed(animated.motion.bones(float(played[middle])))
    extent = np.ptp(posed, axis=0)
    size = shot.size / float(extent.max())
    way = route(
        random, animated, frames, size, played, heading(random, shot.shot), shot.shot == "portrait"
    )
    looked_at = (
        size
        * yawed(float(way.yaw[middle]))
        @ anchor(random, animated, shot.shot, float(played[middle]))
    )
    lifted = 0.0 if animated.body.stands else random.uniform(0.05, 0.7)
    ground = shot.spot[1] + looked_at[1] + lifted
    eye = max(shot.eye * size * extent[1], 0.15)
    projection = GroundProjection(float(ground - eye), float(ground), shot.size / shot.depth)
    offset = np.array([shot.spot[0] - looked_at[0], lifted, -looked_at[2]])
    position = way.position + offset
    position[:, 2] = np.maximum(position[:, 2], -0.55 * projection.reach)
    return replace(way, position=position), projection, size


def _walker(
    random: Random,
    animated: AnimatedBody,
    way: Route,
    size: float,
    projection: GroundProjection,
    setting: Backdrop,
) -> Walker:
    """In the scene's light."""
    sun = np.array([random.normal(0, 0.6), random.uniform(0.4, 1.2), -random.uniform(-0.2, 1)])
    slant = -sun[[0, 2]] / sun[1] if random.random() < 0.6 else np.zeros(2)
    shadow = Shadow(
        (float(slant[0]), float(slant[1])), random.uniform(0.2, 0.65), random.uniform(0.008, 0.05)
    )
    matched = setting.light if random.random() < 0.6 else 1.0
    return Walker(
        body=animated.body,
        motion=animated.motion,
        route=way,
        size=size,
        ids=(),
        projection=projection,
        setting=setting,
        sun=sun / np.linalg.norm(sun),
        exposure=matched * random.uniform(0.85, 1.2),
        contrast=random.uniform(0.25, 0.75),
        shadow=shadow if animated.body.stands and random.random() < SHADOWS else None,
    )


def _others(
    random: Random,
    bodies: Cast[C],
    character: C,
    first: Walker,
    shot: Framing,
    reach: Floats,
    frames: int,
    held_out: bool,
) -> list[Walker]:
    """Beside, behind or before the main body, on the same ground and in the same light."""
    count = int(random.choice(5, p=[0.42, 0.26, 0.15, 0.1, 0.07]))
    herd = random.random() < SAME_KIND
    walkers: list[Walker] = []
    for _ in range(count):
        other = character if herd else bodies.character(random, held_out)
        animated = bodies.animated(random, other, halves=shot.size > HALVES_FROM)
        if animated is None:
            continue
        played = times(random, animated, frames)
        if herd and random.random() < 0.7:
            yaw = float(first.route.yaw[0] + random.normal(0, 0.3))
        else:
            yaw = heading(random, "whole")
        size = first.size * float(np.exp(random.normal(0, 0.08)))
        way = route(random, animated, frames, size, played, yaw, False)
        spot = _free(random, first, walkers, reach, shot.size)
        if spot is None:
            continue
        position = (
            way.position + spot + [0, 0 if animated.body.stands else random.uniform(0.05, 0.7), 0]
        )
        position[:, 2] = np.maximum(position[:, 2], -0.55 * first.projection.reach)
        other_walker = replace(
            first,
            body=animated.body,
            motion=animated.motion,
            route=replace(way, position=position),
            size=size,
            shadow=first.shadow if animated.body.stands else None,
        )
        walkers.append(other_walker)
    return walkers


def _free(
    random: Random, first: Walker, walkers: list[Walker], reach: Floats, room: float
) -> Floats | None:
    """A place on the ground that no other has in the clip's middle; None where none is found."""
    middle = len(first.route.yaw) // 2
    taken = np.stack([walker.route.position[middle, [0, 2]] for walker in (first, *walkers)])
    for _ in range(TRIES):
        depth = 1 / random.uniform(0.4, 1.12)
        spot = np.array(
            [random.uniform(-1, 1) * reach[0] * depth, (depth - 1) * first.projection.reach]
        )
        if np.linalg.norm(taken - spot, axis=1).min() > 0.6 * room:
            return np.array([spot[0], 0, spot[1]])
    return None


def _numbered(walkers: list[Walker]) -> tuple[list[Walker], dict[int, int]]:
    """Part ids for each, and the object of each part."""
    parent: dict[int, int] = {}
    numbered = []
    for number, walker in enumerate(walkers, 1):
        ids = tuple(range(len(parent) + 1, len(parent) + 1 + len(walker.body.parts)))
        parent.update(dict.fromkeys(ids, number))
        numbered.append(replace(walker, ids=ids))
    return numbered, parent

"""Things that never move by themselves: bushes, trunks, fences, stones, parked and posed figures.
All are background."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from glom_video.synth import figures
from glom_video.synth.actors import Actor, actor, any_figure
from glom_video.synth.backdrop import Backdrop
from glom_video.synth.camera import Camera, Floats
from glom_video.synth.chance import Random, log_uniform
from glom_video.synth.figures import Figure, Part
from glom_video.synth.outlines import bar, blob, ellipse, limb, ragged
from glom_video.synth.paths import Path, moved_to, walk
from glom_video.synth.sprites import Sprite
from glom_video.synth.textures import Textures


def bush(random: Random) -> Figure:
    """A crown of leaves on a stem, or a tuft of grass: sways in the wind."""
    if random.random() < 0.5:
        leaf, crown = random.uniform(0.04, 0.11), blob(random, 60, 0.35) * 0.4
        inwards = crown[random.integers(0, 60, 70)] * np.sqrt(random.uniform(0, 1, (70, 1)))
        spots = inwards + random.normal(0, 0.03, (70, 2))
        leaves = tuple(
            ellipse(leaf, leaf * 0.45, corners=9) @ _turn(random.uniform(0, np.pi)) + spot
            for spot in spots
        )
        stem = limb(0.6, 0.03, 0.04) @ np.array([[0, 1], [-1, 0]])
        return Figure(
            (Part((*leaves, stem), "bush", swing=0.02, bend=0.02),), feet=0.5, surface="leaves"
        )
    blades = tuple(
        limb(random.uniform(0.4, 1.0), 0.025, 0.006) @ _turn(np.pi / 2 + random.normal(0, 0.25))
        + [random.uniform(-0.6, 0.6), 0.5]
        for _ in range(24)
    )
    return Figure((Part(blades, "grass", swing=0.02, bend=0.02),), feet=0.5, surface="leaves")


def trunk(random: Random) -> Figure:
    """A tree trunk, a post or a piece of wall that reaches through the frame."""
    half, lean = log_uniform(random, 0.015, 0.2), random.normal(0, 0.08)
    return Figure(
        (
            Part(
                (ragged(random, _densified(bar((-lean, -1.8), (lean, 1.8), half)), 0.004),), "trunk"
            ),
        ),
        feet=1.0,
    )


def fence(random: Random) -> Figure:
    """Posts and one rail."""
    count, half = int(random.integers(3, 9)), random.uniform(0.008, 0.025)
    posts = tuple(bar((x, -0.25), (x, 0.3), half) for x in np.linspace(-1.2, 1.2, count))
    return Figure((Part((*posts, bar((-1.3, -0.1), (1.3, -0.1), half)), "fence"),), feet=0.3)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all actors of a scene share."""

    textures: Textures
    camera: Camera
    backdrop: Backdrop
    reach: Floats
    """Half of the frame's width and height, in scene units."""
    side: int
    """Pixels of a scene unit."""
    held_out: bool
    """Whether actors wear textures that are held out of training."""


def still_life(random: Random, around: Surroundings, frames: int) -> list[Actor]:
    """Distractors at any depth up to just before the objects, most of them standing on the
    ground."""
    items = []
    for _ in range(int(random.choice([0, 1, 2, 3, 6], p=[0.33, 0.25, 0.2, 0.12, 0.1]))):
        kind = random.random()
        figure = _distractor(random, kind)
        disparity = random.uniform(0.3, 1.15)
        size = random.uniform(0.1, 0.6) * (0.4 + 0.6 * disparity)
        path = _standing(random, frames, figure, size, sways=kind < 0.35)
        foot = around.backdrop.ground_at(disparity)
        if random.random() >= 0.75:
            foot = random.uniform(-1, 1) * around.reach[1]
        spot = np.array([random.uniform(-1.1, 1.1) * around.reach[0], foot - figure.feet * size])
        camouflage = around.backdrop.picture if random.random() < 0.4 else None
        path = moved_to(path, around.camera, disparity, int(random.integers(frames)), spot)
        items.append(
            actor(
                random,
                around.textures,
                figure,
                path,
                disparity,
                around.side,
                first_id=None,
                held_out=around.held_out,
                scenery=camouflage,
            )[0]
        )
    return items


def _distractor(random: Random, kind: float) -> Figure:
    """Of a kind in [0, 1): plants, blobs, fences, or any figure."""
    if kind < 0.35:
        return bush(random)
    if kind < 0.6:
        return figures.blob_figure(random)
    return fence(random) if kind < 0.7 else any_figure(random)


def occluders(random: Random, around: Surroundings, object_path: Path) -> list[Actor]:
    """Things nearer than the objects; every other one stands where the object on ``object_path``
    passes, so that it is hidden for some frames."""
    items, frames = [], len(object_path.size)
    for _ in range(int(random.choice([0, 1, 2, 3], p=[0.78, 0.14, 0.06, 0.02]))):
        kind = random.random()
        figure = _occluder(random, kind)
        disparity, when = random.uniform(1.25, 2.2), int(random.integers(frames))
        path = _standing(
            random, frames, figure, random.uniform(0.3, 0.9), sways=0.35 <= kind < 0.85
        )
        spot = np.array(
            [random.uniform(-1, 1) * around.reach[0], random.uniform(0.3, 1.0) * around.reach[1]]
        )
        if random.random() < 0.35:
            spot = _seen_at(around.camera, object_path, when)
        camouflage = around.backdrop.picture if random.random() < 0.4 else None
        item, _ = actor(
            random,
            around.textures,
            figure,
            moved_to(path, around.camera, disparity, when, spot),
            disparity,
            around.side,
            first_id=None,
            held_out=around.held_out,
            scenery=camouflage,
        )
        # More would turn leaves into mist.
        sigma = around.side * random.uniform(0.002, 0.015 if kind < 0.35 else 0.006)
        sprites = tuple(_defocused(sprite, sigma) for sprite in item.sprites)
        items.append(replace(item, shadow=None, sprites=sprites))
    return items


def _occluder(random: Random, kind: float) -> Figure:
    """Of a kind in [0, 1): trunks, bushes or fences."""
    if kind < 0.35:
        return trunk(random)
    return bush(random) if kind < 0.85 else fence(random)


def _seen_at(camera: Camera, path: Path, frame: int) -> Floats:
    """Where what takes the path at disparity 1 is seen, (x, y) in scene units."""
    x, y, w = (
        np.linalg.inv(camera.to_pixels[0])
        @ camera.plane(frame, 1.0)
        @ np.array([*path.position[frame], 1.0])
    )
    return np.array([x, y]) / w


def _standing(random: Random, frames: int, figure: Figure, size: float, *, sways: bool) -> Path:
    path = walk(random, frames, figure, size, speed=0.0)
    phase = path.phase[0] + np.arange(frames) * (random.uniform(0.1, 0.5) if sways else 0.0)
    return Path(
        position=np.zeros((frames, 2)),
        size=np.full(frames, size),
        tilt=np.full(frames, path.tilt[0]),
        width=np.full(frames, path.width[0]),
        phase=phase,
        travelled=np.zeros(frames),
    )


def _defocused(item: Sprite, sigma: float) -> Sprite:
    """Out of focus, as things close to the lens are. The rim grows so that the blur has room."""
    rim = int(np.ceil(2.5 * sigma))
    colour, alpha = (
        cv2.copyMakeBorder(plane, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=0)
        for plane in (item.colour, item.alpha)
    )
    to_local = item.to_local.copy()
    to_local[:, 2] -= to_local[:, :2] @ [rim, rim]
    return Sprite(
        cv2.GaussianBlur(colour, (0, 0), sigma), cv2.GaussianBlur(alpha, (0, 0), sigma), to_local
    )


def _turn(angle: float) -> Floats:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _densified(outline: Floats) -> Floats:
    steps = np.linspace(0, 1, 12, endpoint=False)[None, :, None]
    return np.asarray(
        (outline[:, None] * (1 - steps) + np.roll(outline, -1, 0)[:, None] * steps).reshape(-1, 2)
    )

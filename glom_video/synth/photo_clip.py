"""Clips made of photographs, with real surfaces and outlines, which the renderer's figures lack.

A photograph is the scene, and its main object the truth. The camera stands still or moves; the
object keeps still, sways, moves a piece or an arm of its own, or is cut out and put before another
photograph or a bare surface. In a crowd, objects that look alike stand before each other. Some
clips show only surroundings or a surface, because floors, walls and grass are no objects. The parts
of an object are unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from glom_video.synth.chance import Random
from glom_video.synth.clip import Clip
from glom_video.synth.degradation import Degradation
from glom_video.synth.local_motion import LocalMotion, local_motion
from glom_video.synth.photo_layers import (
    Layer,
    camera_drift,
    crowd_layers,
    cut_out_layer,
    scene_layer,
    surroundings_layer,
)
from glom_video.synth.photographs import Photograph, Photographs
from glom_video.synth.surfaces import Surfaces
from glom_video.synth.textures import Image

UNKNOWN_PART = 255
"""Part id of each pixel of a clip whose parts are not known."""
PASTED = 0.35
"""Share of clips with objects that are cut out and put before another photograph."""
PASTED_ON_SURFACES = 0.5
"""Share of clips of surfaces that show anything else."""
SURROUNDINGS, SURROUNDINGS_OF_CROWDS = 0.12, 0.6
"""Share of clips whose photograph is seen beside its object, or with as little of it as may be, and
of crowds before such a scene."""
CLIP, BESIDE, SURFACED, CROWD = 77, 78, 79, 80
"""Keys of a clip's random streams. Surroundings, surfaces and crowds came later, each with a stream
of its own, so that clips without them stay as they were."""
OF_ONE_KIND = 0.7
"""Share of crowds whose members are one photograph's object."""


def render_photo_clip(
    seed: int,
    *,
    frames: int,
    height: int,
    width: int,
    photographs: Photographs,
    held_out: bool = False,
    shown: Sequence[int] | None = None,
    surfaces: Surfaces | None = None,
    surfaced: float = 0.0,
    crowded: float = 0.0,
) -> Clip:
    """A clip of ``frames`` pictures, of which ``shown`` are filmed; parts are UNKNOWN_PART
    throughout. The same seed gives the same clip.

    Args:
        surfaced: share of clips whose scene is one of ``surfaces``.
        crowded: share of clips with a crowd before the scene.
    """
    random = np.random.default_rng([seed, int(held_out), CLIP])
    camera = camera_drift(random, height)
    beside = np.random.default_rng([seed, int(held_out), BESIDE])
    bare = surfaces if np.random.default_rng([seed, SURFACED]).random() < surfaced else None
    crowd = np.random.default_rng([seed, int(held_out), CROWD])
    is_crowd = crowd.random() < crowded
    surroundings = SURROUNDINGS_OF_CROWDS if is_crowd else SURROUNDINGS
    has_surroundings_only = bare is not None or bool(beside.random() < surroundings)
    if bare is None:
        photograph = photographs.draw(random, held_out)
    else:
        photograph = bare.scene(beside, held_out, height, width)
    if has_surroundings_only:
        ground = surroundings_layer(beside, photograph, height, width)
    else:
        ground = scene_layer(random, photograph, height, width)
    if is_crowd:
        members = _members(crowd, photographs, held_out)
        cut_out = crowd_layers(crowd, members, height, width, camera)
    else:
        pasted = PASTED if bare is None else PASTED_ON_SURFACES
        count = _count(random) if random.random() < pasted else 0
        drawn = (photographs.draw(random, held_out) for _ in range(count))
        cut_out = [cut_out_layer(random, each, height, width, camera, count) for each in drawn]
    is_still = bool(cut_out) or has_surroundings_only
    moving = None if is_still else local_motion(random, height, width)
    surround = _blurred(photograph.picture, height, width)
    scene = _PhotoScene(replace(ground, drift=camera), surround, cut_out, moving)
    return _shot(random, scene, frames, range(frames) if shown is None else shown)


@dataclass(frozen=True, slots=True, repr=False)
class _PhotoScene:
    """What a clip shows."""

    ground: Layer
    surround: Image
    """(H W 3) uint8: seen where the ground does not reach."""
    cut_out: Sequence[Layer]
    """From far to near."""
    moving: LocalMotion | None
    """Of the ground's object."""

    def drawn(self, t: int, shake: NDArray[np.float64]) -> tuple[Image, Image]:
        """Picture and object ids of one frame."""
        height, width = self.surround.shape[:2]
        matrix, photograph = self.ground.matrix(t, shake), self.ground.photograph
        picture, mask = self.surround.copy(), np.zeros((height, width), np.uint8)
        for image, onto in ((photograph.picture, picture), (photograph.mask, mask)):
            cv2.warpAffine(image, matrix, (width, height), onto, borderMode=cv2.BORDER_TRANSPARENT)
        if self.moving is not None:
            picture, mask = self.moving.apply(picture, mask, t)
        ids = (mask > 127).astype(np.uint8)
        for number, layer in enumerate(self.cut_out, 2):
            matrix = layer.matrix(t, shake)
            share = cv2.warpAffine(layer.photograph.mask, matrix, (width, height))
            alpha = np.clip((share.astype(np.float32) / 255 - 0.5) * 3 + 0.5, 0, 1)
            colours = cv2.warpAffine(layer.photograph.picture, matrix, (width, height))
            lit = colours.astype(np.float32) * layer.gain
            picture = np.clip(picture * (1 - alpha[..., None]) + lit * alpha[..., None], 0, 255)
            ids[alpha > 0.5] = number
        return np.asarray(picture, np.uint8), ids


def _blurred(picture: Image, height: int, width: int) -> Image:
    """A picture at the frame's size, out of focus."""
    small = cv2.resize(picture, (width, height))
    return np.asarray(cv2.GaussianBlur(small, (0, 0), 0.06 * height), np.uint8)


def _shot(random: Random, scene: _PhotoScene, frames: int, shown: Sequence[int]) -> Clip:
    """Film some of the frames of a scene, by an unsteady hand, with the effects of lens, sensor and
    codec."""
    height, width = scene.surround.shape[:2]
    shake = random.normal(0, random.uniform(0, 1.2) * (random.random() < 0.3), (frames, 2))
    degradation = Degradation.draw(random, frames, height, width)
    images = np.empty((len(shown), height, width, 3), np.uint8)
    objects = np.zeros((len(shown), height, width), np.uint8)
    for place, t in enumerate(shown):
        picture, objects[place] = scene.drawn(t, shake[t])
        images[place] = degradation.apply(random, picture, t)
    return Clip(images, np.full_like(objects, UNKNOWN_PART), objects, {})


def _members(random: Random, photographs: Photographs, held_out: bool) -> list[Photograph]:
    """Whose objects make a crowd."""
    count = int(random.integers(2, 6))
    if random.random() < OF_ONE_KIND:
        return [photographs.draw(random, held_out)] * count
    return [photographs.draw(random, held_out) for _ in range(count)]


def _count(random: Random) -> int:
    """Of the objects that are cut out; now and then many, small ones among them."""
    return int(random.choice([1, 2, 3, 5, 8], p=[0.35, 0.25, 0.15, 0.15, 0.1]))

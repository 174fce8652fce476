"""Photographs in their places in a frame, and how they move over it."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from glom_video.synth.chance import Random, log_uniform
from glom_video.synth.photographs import Photograph
from glom_video.synth.textures import Image

STILL_CAMERA, CLOSE = 0.5, 0.35
"""Shares of clips: a camera that stands still; an object that fills much of the frame."""
PLACES_TRIED = 16
"""Random crops of a photograph, of which the one with the least of its object is taken."""

Matrix = NDArray[np.float64]
"""(2 3), from a photograph's pixels to the frame's."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How a photograph moves over the frame, in pixels and radians a frame."""

    shift: tuple[float, float] = (0.0, 0.0)
    zoom: float = 0.0
    turn: float = 0.0

    def plus(self, own: NDArray[np.float64], zoom: float = 0.0, turn: float = 0.0) -> "Drift":
        """Of what moves by itself besides: ``own`` is its (x, y) in pixels a frame."""
        shift = self.shift[0] + float(own[0]), self.shift[1] + float(own[1])
        return Drift(shift, self.zoom + zoom, self.turn + turn)

    def at(self, place: Matrix, t: int) -> Matrix:
        """``place`` after ``t`` frames."""
        scale = np.exp(self.zoom * t)
        cosine, sine = scale * np.cos(self.turn * t), scale * np.sin(self.turn * t)
        around = np.array([[cosine, -sine], [sine, cosine]])
        centre = np.array([place[0, 2], place[1, 2]])
        return np.column_stack([around @ place[:, :2], centre + np.multiply(self.shift, t)])


@dataclass(frozen=True, slots=True, repr=False)
class Layer:
    """A photograph in its place. ``place`` brings its object's middle to where the last column
    says."""

    photograph: Photograph
    middle: tuple[float, float]
    place: Matrix
    drift: Drift
    gain: float = 1.0

    def matrix(self, t: int, shake: NDArray[np.float64]) -> Matrix:
        """From the photograph's pixels to those of frame ``t``, shifted by ``shake`` (x, y)."""
        moved = self.drift.at(self.place, t)
        offset = moved[:, 2] - moved[:, :2] @ np.array(self.middle) + shake
        return np.column_stack([moved[:, :2], offset])


def camera_drift(random: Random, height: int) -> Drift:
    """How a camera moves over a frame of this height; not at all in half of the clips."""
    if random.random() < STILL_CAMERA:
        return Drift()
    speed = np.exp(random.uniform(-1.5, 1.6)) * height / 264
    across, down = random.normal(0, speed, 2)
    return Drift(
        (float(across), float(down)),
        random.normal(0, 0.008) * (random.random() < 0.5),
        random.normal(0, 0.006) * (random.random() < 0.4),
    )


def scene_layer(random: Random, photograph: Photograph, height: int, width: int) -> Layer:
    """The photograph all over the frame; at times so close that its object is cut by the frame's
    lower edge, as before a webcam."""
    h, w = photograph.mask.shape
    covers, fits = max(height / h, width / w), min(height / h, width / w)
    left, top, right, bottom = _box(photograph.mask)
    mirror = -1 if random.random() < 0.5 else 1
    if random.random() < CLOSE:
        scale = max(random.uniform(0.55, 1.3) * height / (bottom - top), 0.9 * covers)
        middle = (left + right) / 2, float(bottom)
        target = width * random.uniform(0.3, 0.7), height * random.uniform(0.95, 1.25)
    else:
        is_whole = random.random() < 0.35
        scale = (
            fits * random.uniform(1, 1.15) if is_whole else covers * np.exp(random.uniform(0, 0.45))
        )
        middle = (left + right) / 2, (top + bottom) / 2
        target = (
            width / 2 + random.normal(0, 0.12 * width),
            height / 2 + random.normal(0, 0.1 * height),
        )
    return Layer(photograph, middle, _placed(scale, mirror, 0.0, target), Drift())


def surroundings_layer(random: Random, photograph: Photograph, height: int, width: int) -> Layer:
    """What lies around the photograph's object, close enough to fill the frame."""
    h, w = photograph.mask.shape
    covers = max(height / h, width / w)
    scales = covers * np.exp(random.uniform(0.1, 1.0, PLACES_TRIED))
    across = random.uniform(width / 2 / scales, w - width / 2 / scales)
    down = random.uniform(height / 2 / scales, h - height / 2 / scales)
    middles = list(zip(across.tolist(), down.tolist(), strict=True))
    layers = [
        Layer(photograph, middle, _placed(scale, 1, 0.0, (width / 2, height / 2)), Drift())
        for middle, scale in zip(middles, scales.tolist(), strict=True)
    ]
    return min(layers, key=lambda layer: _object_share(layer, height, width))


def _object_share(layer: Layer, height: int, width: int) -> float:
    matrix = layer.matrix(0, np.zeros(2))
    return float(cv2.warpAffine(layer.photograph.mask, matrix, (width, height)).mean()) / 255


def cut_out_layer(
    random: Random, photograph: Photograph, height: int, width: int, camera: Drift, count: int
) -> Layer:
    """Its object alone, somewhere in the frame, with a motion of its own in three of five."""
    left, top, right, bottom = _box(photograph.mask)
    largest = 1.3 if count <= 3 else 0.7
    smallest = 0.25 if count <= 3 else 0.07
    scale = log_uniform(random, smallest, largest) * height / max(right - left, bottom - top)
    speed = np.exp(random.uniform(-1, 1.8)) * height / 264 * (random.random() < 0.6)
    own = random.normal(0, 1, 2) * speed
    zoom, turn = random.normal(0, 0.006) * (speed > 0), random.normal(0, 0.01) * (speed > 0)
    drift = camera.plus(own, zoom, turn)
    target = random.uniform(0.1, 0.9) * width, random.uniform(0.25, 0.9) * height
    place = _placed(scale, -1 if random.random() < 0.5 else 1, random.normal(0, 0.1), target)
    return Layer(
        photograph=photograph,
        middle=((left + right) / 2, (top + bottom) / 2),
        place=place,
        drift=drift,
        gain=random.uniform(0.75, 1.2),
    )


def crowd_layers(
    random: Random, photographs: Sequence[Photograph], height: int, width: int, camera: Drift
) -> list[Layer]:
    """The objects of the photographs side by side, overlapping, in any order of depth; they keep
    still, walk together or each its own way."""
    size = height * log_uniform(random, 0.25, 0.85)
    overlap = random.uniform(0.05, 0.6)
    speed = np.exp(random.uniform(-1.5, 1.2)) * height / 264 * (random.random() < 0.6)
    together = random.normal(0, speed, 2)
    apart = random.choice([0.0, 0.3, 1.0]) * speed
    feet = height * random.uniform(0.4, 1.1)
    layers, edge = [], 0.0
    for photograph in photographs:
        left, top, right, bottom = _box(photograph.mask)
        scale = size * random.uniform(0.8, 1.2) / max(right - left, bottom - top)
        across = scale * (right - left)
        target = edge + across / 2, feet + random.normal(0, 0.06 * height)
        edge += across * (1 - overlap)
        drift = camera.plus(together + random.normal(0, 1, 2) * apart)
        place = _placed(scale, -1 if random.random() < 0.5 else 1, random.normal(0, 0.05), target)
        gain = random.uniform(0.8, 1.15)
        layers.append(Layer(photograph, ((left + right) / 2, float(bottom)), place, drift, gain))
    start = width * random.uniform(0.2, 0.8) - edge / 2
    for layer in layers:
        layer.place[0, 2] += start
    return [layers[place] for place in random.permutation(len(layers))]


def _placed(scale: float, mirror: int, turn: float, target: tuple[float, float]) -> Matrix:
    cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
    return np.array([[mirror * cosine, -sine, target[0]], [mirror * sine, cosine, target[1]]])


def _box(mask: Image) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the object, of which sure masks have one."""
    rows, columns = (np.flatnonzero((mask > 127).any(axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1

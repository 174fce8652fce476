"""Clips made of photographs: real surfaces and real outlines, where the renderer's figures have
neither.

A photograph is the scene and its main object the truth. The camera stands still or moves; the
object keeps still, sways, moves a piece or an arm of its own, or is cut out and put before another
photograph. Some clips show the surroundings alone: floors, walls and grass are no objects. What the
parts of an object are is not known.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from glom_video.structures import InvalidInput
from glom_video.synth.clip import Clip
from glom_video.synth.stirring import Stirring, stirring
from glom_video.synth.textures import HELD_OUT_ONE_IN, Image, Random
from glom_video.synth.wear import Wear

PICTURES, MASKS = "pictures", "masks"
"""Folders of photographs and of their masks, which have the same names but for the suffix."""
UNKNOWN_PART = 255
"""Part id of each pixel of a clip whose parts are not known."""

PASTED, STILL_CAMERA, CLOSE = 0.35, 0.5, 0.35
"""Shares of clips: objects cut out and put before another photograph; a camera that stands still;
an object that fills much of the frame."""
SURROUNDINGS = 0.12
"""Share of clips whose photograph is seen beside its object, or with as little of it as may be."""
PLACES_TRIED = 16
"""Random crops of a photograph, of which the one with the least of its object is taken."""

Matrix = NDArray[np.float64]
"""(2 3), from a photograph's pixels to the frame's."""


@dataclass(frozen=True, slots=True, repr=False)
class Photograph:
    picture: Image
    """(h w 3) uint8 RGB."""
    mask: Image
    """(h w) uint8, 255 = the main object."""


@dataclass(frozen=True, slots=True)
class Photographs:
    """Files of photographs with masks, as ``glom-video masks`` leaves them. ``held_out`` ones are
    for validation only."""

    train: tuple[tuple[Path, Path], ...]
    held_out: tuple[tuple[Path, Path], ...]

    @classmethod
    def find(cls, folder: Path) -> "Photographs":
        """Raises InvalidInput if the folder holds fewer than two photographs with masks."""
        pairs = [
            (folder / PICTURES / f"{mask.stem}.jpg", mask)
            for mask in sorted((folder / MASKS).glob("*.png"))
        ]
        pairs = sorted(
            (pair for pair in pairs if pair[0].exists()),
            key=lambda pair: hashlib.sha1(pair[1].name.encode()).hexdigest(),
        )
        if len(pairs) < 2:
            raise InvalidInput(
                f"{folder} holds no photographs with masks",
                f"Make them: glom-video masks PHOTOS --network ONNX -o {folder}.",
            )
        held_out = pairs[::HELD_OUT_ONE_IN]
        return cls(tuple(pair for pair in pairs if pair not in set(held_out)), tuple(held_out))

    def draw(self, random: Random, held_out: bool) -> Photograph:
        pairs = self.held_out if held_out else self.train
        picture, mask = pairs[int(random.integers(len(pairs)))]
        colours, grey = cv2.imread(str(picture)), cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE)
        if colours is None or grey is None:
            raise InvalidInput(
                f"{picture} or its mask cannot be read", "Take both away, or make them again."
            )
        return Photograph(np.ascontiguousarray(colours[:, :, ::-1]), np.asarray(grey, np.uint8))


@dataclass(frozen=True, slots=True)
class Drift:
    """How a photograph moves over the frame, in pixels and radians a frame."""

    shift: tuple[float, float] = (0.0, 0.0)
    zoom: float = 0.0
    turn: float = 0.0

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
        moved = self.drift.at(self.place, t)
        offset = moved[:, 2] - moved[:, :2] @ np.array(self.middle) + shake
        return np.column_stack([moved[:, :2], offset])


def render_photo_clip(
    seed: int,
    *,
    frames: int,
    height: int,
    width: int,
    photographs: Photographs,
    held_out: bool = False,
    shown: Sequence[int] | None = None,
) -> Clip:
    """A clip of ``frames`` pictures, of which ``shown`` are filmed; parts are UNKNOWN_PART
    throughout. The same seed gives the same clip."""
    random = np.random.default_rng([seed, int(held_out), 77])
    camera = _camera(random, height)
    beside = np.random.default_rng([seed, int(held_out), 78])
    has_surroundings_only = bool(beside.random() < SURROUNDINGS)
    photograph = photographs.draw(random, held_out)
    ground = replace(
        _surroundings(beside, photograph, height, width)
        if has_surroundings_only
        else _scene(random, photograph, height, width),
        drift=camera,
    )
    surround = np.asarray(
        cv2.GaussianBlur(
            cv2.resize(ground.photograph.picture, (width, height)), (0, 0), 0.06 * height
        ),
        np.uint8,
    )
    is_pasted = random.random() < PASTED
    count = _count(random) if is_pasted else 0
    cut_out = [
        _cut_out(random, photographs.draw(random, held_out), height, width, camera, count)
        for _ in range(count)
    ]
    is_still = is_pasted or has_surroundings_only
    moving = None if is_still else stirring(random, height, width)
    shake = random.normal(0, random.uniform(0, 1.2) * (random.random() < 0.3), (frames, 2))
    wear = Wear.draw(random, frames, height, width)
    shown = range(frames) if shown is None else shown
    images, objects = (
        np.empty((len(shown), height, width, 3), np.uint8),
        np.zeros((len(shown), height, width), np.uint8),
    )
    for place, t in enumerate(shown):
        picture, objects[place] = _drawn(ground, surround, cut_out, moving, t, shake[t])
        images[place] = wear.apply(random, picture, t)
    return Clip(images, np.full_like(objects, UNKNOWN_PART), objects, {})


def _drawn(
    ground: Layer,
    surround: Image,
    cut_out: Sequence[Layer],
    moving: Stirring | None,
    t: int,
    shake: NDArray[np.float64],
) -> tuple[Image, Image]:
    """Picture and object ids of one frame. ``surround`` is seen where the photograph does not
    reach."""
    height, width = surround.shape[:2]
    matrix = ground.matrix(t, shake)
    picture, mask = surround.copy(), np.zeros((height, width), np.uint8)
    for image, onto in ((ground.photograph.picture, picture), (ground.photograph.mask, mask)):
        cv2.warpAffine(image, matrix, (width, height), onto, borderMode=cv2.BORDER_TRANSPARENT)
    if moving is not None:
        picture, mask = moving.apply(picture, mask, t)
    ids = (mask > 127).astype(np.uint8)
    for number, layer in enumerate(cut_out, 2):
        matrix = layer.matrix(t, shake)
        alpha = (
            cv2.warpAffine(layer.photograph.mask, matrix, (width, height)).astype(np.float32) / 255
        )
        alpha = np.clip((alpha - 0.5) * 3 + 0.5, 0, 1)
        colours = (
            cv2.warpAffine(layer.photograph.picture, matrix, (width, height)).astype(np.float32)
            * layer.gain
        )
        picture = np.clip(picture * (1 - alpha[..., None]) + colours * alpha[..., None], 0, 255)
        ids[alpha > 0.5] = number
    return np.asarray(picture, np.uint8), ids


def _camera(random: Random, height: int) -> Drift:
    if random.random() < STILL_CAMERA:
        return Drift()
    speed = np.exp(random.uniform(-1.5, 1.6)) * height / 264
    across, down = random.normal(0, speed, 2)
    return Drift(
        (float(across), float(down)),
        random.normal(0, 0.008) * (random.random() < 0.5),
        random.normal(0, 0.006) * (random.random() < 0.4),
    )


def _scene(random: Random, photograph: Photograph, height: int, width: int) -> Layer:
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


def _surroundings(random: Random, photograph: Photograph, height: int, width: int) -> Layer:
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


def _cut_out(
    random: Random, photograph: Photograph, height: int, width: int, camera: Drift, count: int
) -> Layer:
    """Its object alone, somewhere in the frame, with a motion of its own in three of five."""
    left, top, right, bottom = _box(photograph.mask)
    largest = 1.3 if count <= 3 else 0.7
    smallest = 0.25 if count <= 3 else 0.07
    scale = (
        np.exp(random.uniform(np.log(smallest), np.log(largest)))
        * height
        / max(right - left, bottom - top)
    )
    speed = np.exp(random.uniform(-1, 1.8)) * height / 264 * (random.random() < 0.6)
    own = random.normal(0, 1, 2) * speed
    drift = Drift(
        (camera.shift[0] + float(own[0]), camera.shift[1] + float(own[1])),
        camera.zoom + random.normal(0, 0.006) * (speed > 0),
        camera.turn + random.normal(0, 0.01) * (speed > 0),
    )
    target = random.uniform(0.1, 0.9) * width, random.uniform(0.25, 0.9) * height
    place = _placed(scale, -1 if random.random() < 0.5 else 1, random.normal(0, 0.1), target)
    return Layer(
        photograph,
        ((left + right) / 2, (top + bottom) / 2),
        place,
        drift,
        random.uniform(0.75, 1.2),
    )


def _placed(scale: float, mirror: int, turn: float, target: tuple[float, float]) -> Matrix:
    cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
    return np.array([[mirror * cosine, -sine, target[0]], [mirror * sine, cosine, target[1]]])


def _count(random: Random) -> int:
    """Of the objects that are cut out; now and then many, small ones among them."""
    return int(random.choice([1, 2, 3, 5, 8], p=[0.35, 0.25, 0.15, 0.15, 0.1]))


def _box(mask: Image) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the object, of which sure masks have one."""
    rows, columns = (np.flatnonzero((mask > 127).any(axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1

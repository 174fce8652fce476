"""Pictures and skins that rendered clips are made of: photographs, scikit-image's pictures, or
procedural ones."""

import hashlib
import io
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from glom_video.structures import InvalidInput
from glom_video.synth.chance import Random

Image = NDArray[np.uint8]

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
"""Of photographs."""
LONGEST_SIDE = 900
"""Of a photograph, in pixels; larger ones are scaled down."""
SHORTEST_SIDE = 100
"""Of a photograph, in pixels; smaller ones are passed over."""
HELD_OUT_ONE_IN = 8
"""Photographs, by a hash of their names."""
NOISE_SIZE = 512
"""Side of a tile of noise, in pixels."""
SHIPPED_PICTURES = (
    "astronaut.png",
    "coffee.png",
    "chelsea.png",
    "rocket.jpg",
    "brick.png",
    "grass.png",
    "gravel.png",
    "camera.png",
    "coins.png",
    "motorcycle_left.png",
)
"""That come with scikit-image."""
RESOLUTION = re.compile(r"[ _-]*(\d{3,5})x(\d{3,5})[ _-]*")
"""In the name of a wallpaper that comes in several sizes."""


@dataclass(frozen=True, slots=True, repr=False)
class Textures:
    """Pictures to draw scenes and skins from. ``held_out`` pictures serve the held-out family
    "texture" and no other."""

    train: tuple[Image, ...]
    """Each (h w 3) uint8 RGB, longest side about 900 pixels."""
    held_out: tuple[Image, ...]
    train_weights: NDArray[np.float64]
    """Chance of each picture: flat graphics come up less often than detailed photographs."""
    held_out_weights: NDArray[np.float64]
    noise: NDArray[np.float32]
    """(k 512 512) tiles of unit variance, from fine to coarse, each repeating without a seam."""

    @classmethod
    def load(cls, folders: Sequence[Path] = ()) -> "Textures":
        """Every photograph under the folders and scikit-image's pictures, else procedural ones. One
        in HELD_OUT_ONE_IN is held out, chosen by a hash of its name.

        Raises:
            InvalidInput: a folder does not exist, or the folders hold no picture.
        """
        named = _photographs(folders)
        if folders and not named:
            raise InvalidInput(
                f"no pictures of use under {', '.join(map(str, folders))}",
                f"Name a folder that holds readable {', '.join(sorted(SUFFIXES))} files with sides "
                f"of at least {SHORTEST_SIDE} pixels.",
            )
        named = named | _shipped() or _procedural()
        ranked = sorted(named, key=lambda name: hash_of(f"0:{name}"))
        held_out = set(ranked[::HELD_OUT_ONE_IN] if len(ranked) > 1 else ranked)
        train = [named[name] for name in sorted(named) if name not in held_out] or list(
            named.values()
        )
        kept = [named[name] for name in sorted(held_out)]
        return cls(tuple(train), tuple(kept), _weights(train), _weights(kept), _noise_tiles())

    def picture(self, random: Random, held_out: bool) -> Image:
        """One picture, drawn by its weight."""
        pictures, weights = (
            (self.held_out, self.held_out_weights) if held_out else (self.train, self.train_weights)
        )
        return pictures[int(random.choice(len(pictures), p=weights))]


def _photographs(folders: Sequence[Path]) -> dict[str, Image]:
    chosen: dict[str, tuple[int, Path]] = {}
    for folder in folders:
        if not folder.is_dir():
            raise InvalidInput(f"no folder {folder}", "Name a folder of photographs.")
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in SUFFIXES and path.stem != "screenshot":
                name, distance = _picture_name(folder, path)
                if name not in chosen or distance < chosen[name][0]:
                    chosen[name] = (distance, path)
    found: dict[str, Image] = {}
    seen: set[bytes] = set()
    with ThreadPoolExecutor() as pool:
        images = list(pool.map(_read, [chosen[name][1] for name in sorted(chosen)]))
    for name, image in zip(sorted(chosen), images, strict=True):
        if image is None or (print_ := _fingerprint(image)) in seen:
            continue
        seen.add(print_)
        found[name] = image
    return found


def _picture_name(folder: Path, path: Path) -> tuple[str, int]:
    """What a picture is called whatever its size, and how far this file's size is from the one
    wanted (wallpapers come in many)."""
    size = RESOLUTION.search(path.stem)
    name = str(
        path.relative_to(folder).parent / RESOLUTION.sub("", path.stem.replace("_Portrait", ""))
    )
    if size is None:
        return name, 0
    width, height = int(size[1]), int(size[2])
    return name, abs(width - 1280) + (10_000 if height > width or width < LONGEST_SIDE else 0)


def _read(path: Path) -> Image | None:
    large = path.suffix.lower() in {".jpg", ".jpeg"} and path.stat().st_size > 600_000
    image = cv2.imread(str(path), cv2.IMREAD_REDUCED_COLOR_2 if large else cv2.IMREAD_COLOR)
    if image is None or min(image.shape[:2]) < SHORTEST_SIDE:
        return None
    return at_most(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), LONGEST_SIDE)


def at_most(image: Image, longest: int) -> Image:
    """The image, scaled down where its longer side has more than ``longest`` pixels."""
    scale = longest / max(image.shape[:2])
    return scaled(image, scale) if scale < 1 else np.ascontiguousarray(image)


def stored_rgba(data: bytes, longest: int) -> Image:
    """(h w 4) uint8 RGBA of a stored picture, its longer side at most ``longest`` pixels.

    Raises:
        OSError, NotImplementedError: it is no picture, or of a kind that cannot be read.
    """
    picture = PillowImage.open(io.BytesIO(data)).convert("RGBA")
    return at_most(np.asarray(picture, np.uint8), longest)


def scaled(image: Image, scale: float) -> Image:
    """The image, ``scale`` times as wide and as high."""
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(
        cv2.resize(image, None, fx=scale, fy=scale, interpolation=interpolation), np.uint8
    )


def hash_of(name: str) -> str:
    """Hash that puts names in an order which is the same on every machine, and by which some are
    held out."""
    return hashlib.sha1(name.encode()).hexdigest()


def _fingerprint(image: Image) -> bytes:
    """Equal for one picture in several files."""
    small = cv2.resize(
        cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (8, 8), interpolation=cv2.INTER_AREA
    )
    return bytes((small // 24).tobytes())


def _shipped() -> dict[str, Image]:
    """Those of scikit-image's pictures that are in its package; read as files, because its own
    loaders may ask the network."""
    try:
        from skimage import data
    except ImportError:
        return {}
    folder = Path(data.__file__).parent
    images = {name: _read(folder / name) for name in SHIPPED_PICTURES if (folder / name).is_file()}
    return {name: image for name, image in images.items() if image is not None}


def _procedural() -> dict[str, Image]:
    """Sixteen pictures with the spectrum of natural ones: a sky-to-ground gradient under coloured
    1/f noise."""
    pictures = {}
    for number in range(16):
        random = np.random.default_rng(number)
        ramp = np.linspace(0, 1, 480)[:, None, None]
        base = (1 - ramp) * random.uniform(90, 230, 3) + ramp * random.uniform(30, 170, 3)
        noise = np.stack([_fractal(random, 640, 1.9)[:480] for _ in range(3)], -1)
        shared = _fractal(random, 640, 1.6)[:480, :, None]
        pixels = np.clip(base + 32 * shared + 10 * noise, 0, 255)
        pictures[f"procedural {number:02d}"] = pixels.astype(np.uint8)
    return pictures


def _fractal(random: Random, size: int, exponent: float) -> NDArray[np.float32]:
    """(size size) noise of unit variance whose amplitude falls with frequency to the given power;
    repeats without a seam."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]) * size
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(random.normal(size=(size, size))) / frequency**exponent
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, (size, size))
    return np.asarray(noise / noise.std(), np.float32)


def _noise_tiles() -> NDArray[np.float32]:
    random = np.random.default_rng(0)
    return np.stack(
        [_fractal(random, NOISE_SIZE, exponent) for exponent in (0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 2.2)]
    )


def _weights(pictures: Sequence[Image]) -> NDArray[np.float64]:
    shares = np.array([_detail(image) for image in pictures])
    weights = np.clip(shares, 0.06, 0.75) ** 1.5
    return np.asarray(weights / weights.sum(), np.float64)


def _detail(picture: Image) -> float:
    """Share of the picture that is not flat: near 0 for graphics, above 0.5 for most
    photographs."""
    small = cv2.resize(picture, (320, 200), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    mean = cv2.blur(grey, (8, 8))
    return float((cv2.blur(grey * grey, (8, 8)) - mean * mean > 16).mean())


def noise_patch(
    random: Random, textures: Textures, tile: int, size: int, stretch: float = 3.0
) -> NDArray[np.float32]:
    """(size size) cut of a noise tile, stretched along each axis by a random factor up to
    ``stretch``."""
    width, height = (
        int(np.clip(size / random.uniform(1.0, stretch), 8, NOISE_SIZE - 1)) for _ in range(2)
    )
    y, x = random.integers(0, NOISE_SIZE - height), random.integers(0, NOISE_SIZE - width)
    return np.asarray(
        cv2.resize(
            textures.noise[tile, y : y + height, x : x + width],
            (size, size),
            interpolation=cv2.INTER_LINEAR,
        ),
        np.float32,
    )


def photo_patch(random: Random, picture: Image, size: int) -> Image:
    """(size size 3) square cut of a picture, at a random place, scale and mirroring."""
    shortest = min(picture.shape[:2])
    side = int(random.uniform(0.15, 0.8) * shortest)
    y, x = (int(random.integers(0, extent - side + 1)) for extent in picture.shape[:2])
    patch = cv2.resize(
        picture[y : y + side, x : x + side],
        (size, size),
        interpolation=cv2.INTER_AREA if side > size else cv2.INTER_LINEAR,
    )
    return np.ascontiguousarray(patch[:, ::-1] if random.random() < 0.5 else patch)


def natural_colour(random: Random) -> NDArray[np.float64]:
    """Colours of fur and feathers: browns, greys, black, white."""
    hue, saturation = random.normal(17, 6), random.beta(2, 3) * 170
    return _rgb(hue, saturation, 25 + 220 * random.beta(1.4, 1.6))


def leaf_colour(random: Random) -> NDArray[np.float64]:
    """Colours of leaves: greens and yellows."""
    return _rgb(random.normal(40, 9), random.uniform(50, 190), 30 + 150 * random.beta(1.6, 2))


def bright_colour(random: Random) -> NDArray[np.float64]:
    """Colours of paint and cloth: any hue, often grey, black or white."""
    saturation = random.uniform(90, 235) if random.random() < 0.55 else random.uniform(0, 40)
    return _rgb(random.uniform(0, 180), saturation, 20 + 230 * random.beta(1.3, 1.3))


def _rgb(hue: float, saturation: float, value: float) -> NDArray[np.float64]:
    pixel = np.array([[[hue % 180, np.clip(saturation, 0, 255), np.clip(value, 0, 255)]]], np.uint8)
    return np.asarray(cv2.cvtColor(pixel, cv2.COLOR_HSV2RGB)[0, 0], np.float64)

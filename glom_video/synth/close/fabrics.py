"""Surfaces of close things: skin, hair, fur and cloth of many patterns, sometimes in the
background's own colours."""

import cv2
import numpy as np

from glom_video.synth.camera import Floats
from glom_video.synth.chance import Random, log_uniform
from glom_video.synth.skins import cloth, fur, photo_skin
from glom_video.synth.textures import Image, Textures, bright_colour, noise_patch, photo_patch

SIZE = 360
"""Pixels of a fabric's sides."""
DARK_SKIN, LIGHT_SKIN = np.array([84.0, 56, 42]), np.array([236.0, 194, 168])
"""RGB between which tones lie."""


def skin_tone(random: Random) -> Floats:
    """RGB, between DARK_SKIN and LIGHT_SKIN."""
    share = random.uniform(0, 1)
    tone = DARK_SKIN * (1 - share) + LIGHT_SKIN * share + random.normal(0, 9, 3)
    return np.asarray(np.clip(tone, 15, 255), np.float64)


def hair_colour(random: Random) -> Floats:
    """RGB: natural ones, and now and then a dyed one."""
    if random.random() < 0.08:
        return bright_colour(random)
    tones = np.array(
        [
            [22, 18, 16],
            [60, 38, 24],
            [110, 70, 40],
            [190, 150, 95],
            [150, 145, 142],
            [225, 222, 218],
            [130, 55, 25],
        ],
        float,
    )
    chances = [0.3, 0.22, 0.14, 0.12, 0.1, 0.06, 0.06]
    tone = tones[int(random.choice(len(tones), p=chances))]
    return np.asarray(np.clip(tone * random.uniform(0.7, 1.2), 5, 250), np.float64)


def skin(random: Random, textures: Textures, tone: Floats) -> Image:
    """Nearly even, with soft blotches."""
    blotches = random.uniform(1, 6) * noise_patch(
        random, textures, int(random.integers(3, 6)), SIZE
    )
    grain = random.uniform(0, 2.5) * noise_patch(random, textures, 1, SIZE)
    reddish = np.array([1.0, 0.8, 0.75])
    return np.asarray(
        np.clip(tone + blotches[..., None] * reddish + grain[..., None], 0, 255), np.uint8
    )


def strands(random: Random, textures: Textures, colour: Floats) -> Image:
    """Hair: fine streaks of light along one way."""
    length = int(random.integers(3, 25))
    tile = textures.noise[int(random.integers(0, 3))][:SIZE, : SIZE // 2]
    streaks = cv2.resize(cv2.blur(tile, (1, length)), (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    streaks /= max(float(streaks.std()), 1e-3)
    shine = random.uniform(3, 16) * streaks + random.uniform(2, 12) * noise_patch(
        random, textures, 5, SIZE
    )
    return np.asarray(np.clip(colour + shine[..., None], 0, 255), np.uint8)


def garment(random: Random, textures: Textures, scene: Image, held_out: bool) -> Image:
    """Cloth of any kind. ``scene``: the background, of whose colours one garment in seven is."""
    kind = random.random()
    if random.random() < 0.15:
        colour = scene.reshape(-1, 3).mean(0) * random.uniform(0.6, 1.3)
    else:
        colour = bright_colour(random)
    if kind < 0.06:
        fabric = photo_patch(random, scene, SIZE)
    elif kind < 0.26:
        fabric = photo_skin(random, textures.picture(random, held_out), SIZE)
    elif kind < 0.36:
        fabric = fur(random, textures, SIZE, colour)  # wool, fleece
    elif kind < 0.72:
        fabric = cloth(random, textures, SIZE, colour)
    else:
        fabric = patterned(random, colour)
    return folded(random, textures, fabric)


def patterned(random: Random, colour: Floats) -> Image:
    """Stripes across or down, checks or dots of a second colour."""
    other = colour * random.uniform(0.3, 0.8) if random.random() < 0.4 else bright_colour(random)
    y, x = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    period, share = log_uniform(random, 8, 90), random.uniform(0.2, 0.7)
    across, down = x % period < share * period, y % period < share * period
    kind = random.choice(["across", "down", "checks", "plaid", "dots"])
    mask = {
        "across": down.astype(np.float32),
        "down": across.astype(np.float32),
        "checks": (across ^ down).astype(np.float32),
        "plaid": 0.5 * across + 0.5 * down,
        "dots": (np.hypot(x % period - period / 2, y % period - period / 2) < 0.32 * period).astype(
            np.float32
        ),
    }[str(kind)]
    mask = cv2.GaussianBlur(np.asarray(mask, np.float32), (0, 0), 0.8)[..., None]
    return np.asarray(np.clip(colour * (1 - mask) + other * mask, 0, 255), np.uint8)


def folded(random: Random, textures: Textures, fabric: Image) -> Image:
    """Light and shade of creases."""
    creases = noise_patch(random, textures, int(random.integers(4, 7)), SIZE, 4.0)
    ridges = 1 - 2 * np.abs(noise_patch(random, textures, 5, SIZE, 4.0)).clip(0, 1)
    light = 1 + random.uniform(0.02, 0.14) * creases + random.uniform(0, 0.12) * ridges
    return np.asarray(np.clip(fabric * light[..., None], 0, 255), np.uint8)


def coat(random: Random, textures: Textures, colour: Floats, held_out: bool) -> Image:
    """Of an animal."""
    if random.random() < 0.3:
        return photo_skin(random, textures.picture(random, held_out), SIZE)
    return folded(random, textures, fur(random, textures, SIZE, colour))


def plain(random: Random, textures: Textures, colour: Floats) -> Image:
    """Cloth of one colour, RGB."""
    return cloth(random, textures, SIZE, np.clip(colour, 0, 255))

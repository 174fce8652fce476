"""Skins of figures: fur, cloth, paint, or cuts from pictures."""

import cv2
import numpy as np
from numpy.typing import NDArray

from glom_video.synth.camera import Floats
from glom_video.synth.chance import Random
from glom_video.synth.figures import Figure
from glom_video.synth.textures import (
    Image,
    Textures,
    bright_colour,
    leaf_colour,
    natural_colour,
    noise_patch,
    photo_patch,
)


def figure_skins(
    random: Random,
    textures: Textures,
    figure: Figure,
    size: int,
    held_out: bool,
    scenery: Image | None,
) -> dict[str, Image]:
    """(size size 3) skins by name, one for each of ``figures.Skin``.

    Args:
        held_out: whether coats are cut from pictures that training never shows.
        scenery: a picture to camouflage the figure with: then all are cut from it.
    """
    if scenery is not None:
        patch = photo_patch(random, scenery, size)
        return dict.fromkeys(("coat", "second", "skin", "dark", "metal"), patch)
    palette = {"fur": natural_colour, "paint": bright_colour, "leaves": leaf_colour}[figure.surface]
    colour = palette(random)
    coat = _skin(random, textures, size, held_out, colour, figure.surface != "paint")
    if random.random() < 0.3:
        other = colour * random.uniform(0.6, 1.3)
    else:
        other = bright_colour(random) if random.random() < 0.3 else palette(random)
    face = np.clip(
        np.array([205, 150, 125]) * random.uniform(0.35, 1.1) + random.normal(0, 6, 3), 0, 255
    )
    metal = bright_colour(random)
    return {
        "coat": coat,
        "second": _skin(random, textures, size, held_out, other, False),
        "skin": cloth(random, textures, size, face),
        "dark": cloth(random, textures, size, np.full(3, random.uniform(20, 50))),
        "metal": cloth(random, textures, size, metal),
    }


def _skin(
    random: Random, textures: Textures, size: int, held_out: bool, colour: Floats, furry: bool
) -> Image:
    if held_out or random.random() < 0.4:
        return photo_skin(random, textures.picture(random, held_out), size)
    return fur(random, textures, size, colour) if furry else cloth(random, textures, size, colour)


def fur(random: Random, textures: Textures, size: int, colour: NDArray[np.float64]) -> Image:
    """(size size 3) skin of one colour with hair-like grain, at times with patches of a second
    colour."""
    grain = random.uniform(5, 20) * noise_patch(
        random, textures, int(random.integers(0, 3)), size, 2.0
    )
    grain += random.uniform(3, 14) * noise_patch(random, textures, int(random.integers(3, 6)), size)
    skin = (colour + grain[..., None]).astype(np.float32)
    if random.random() < 0.35:
        noise = noise_patch(random, textures, int(random.integers(3, 7)), size)
        spots = np.clip(4 * noise - random.uniform(0, 4), 0, 1)[..., None]
        skin += spots * (natural_colour(random) - colour).astype(np.float32)
    return np.clip(skin, 0, 255).astype(np.uint8)


def cloth(random: Random, textures: Textures, size: int, colour: NDArray[np.float64]) -> Image:
    """(size size 3) skin of paint or cloth: nearly even, at times striped."""
    grain = random.uniform(2, 9) * noise_patch(random, textures, int(random.integers(2, 6)), size)
    skin = (colour + grain[..., None]).astype(np.float32)
    if random.random() < 0.2:
        angle, cycles = random.uniform(0, np.pi), random.uniform(4, 14)
        axis = np.linspace(0, 2 * np.pi * cycles, size, dtype=np.float32)
        turned = axis[None] * np.cos(angle) + axis[:, None] * np.sin(angle)
        wave = np.clip(0.5 + 3 * np.sin(turned), 0, 1)[..., None]
        towards = (bright_colour(random) - colour).astype(np.float32)
        skin += wave * towards * np.float32(random.uniform(0.3, 1))
    return np.clip(skin, 0, 255).astype(np.uint8)


def photo_skin(random: Random, picture: Image, size: int) -> Image:
    """(size size 3) skin cut from a picture and drawn towards one colour."""
    patch = photo_patch(random, picture, size)
    pull = random.uniform(0, 0.5)
    colour = natural_colour(random) if random.random() < 0.6 else bright_colour(random)
    even = np.empty_like(patch)
    even[:] = colour
    return np.asarray(cv2.addWeighted(patch, 1 - pull, even, pull, 0), np.uint8)

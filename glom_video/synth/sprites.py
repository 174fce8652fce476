"""Sprites: a part's shape and skin baked once per clip, then placed into each frame inside its own
bounding box."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from glom_video.synth.chance import Random
from glom_video.synth.outlines import Outline
from glom_video.synth.textures import Image

Affine = NDArray[np.float64]
SUBPIXEL_BITS = 4
"""Fraction bits of OpenCV's fixed-point coordinates."""


@dataclass(frozen=True, slots=True, repr=False)
class Sprite:
    """A picture of one part, cut out."""

    colour: Image
    """(h w 3), premultiplied by alpha."""
    alpha: Image
    """(h w), edges softened over about a pixel."""
    to_local: Affine
    """(2 3): sprite pixels to the part's own frame."""


def bake(
    random: Random,
    outlines: tuple[Outline, ...],
    details: tuple[tuple[Outline, tuple[int, int, int]], ...],
    skin: Image,
    pixels_per_unit: float,
    light: NDArray[np.float64],
    *,
    roundness: float,
    brightness: float,
    softness: float,
) -> Sprite:
    """The union of the outlines in the skin, shaded as a rounded body lit from ``light`` (x, y),
    with details painted on."""
    corners = np.concatenate(outlines)
    margin = (2 + 2 * softness) / pixels_per_unit
    low, high = corners.min(0) - margin, corners.max(0) + margin
    scale = min(pixels_per_unit, 700 / float((high - low).max()))
    width, height = (int(np.ceil(extent * scale)) for extent in high - low)
    alpha = np.zeros((height, width), np.uint8)
    for outline in outlines:
        cv2.fillPoly(alpha, [_fixed_point(outline, low, scale)], 255, cv2.LINE_AA, SUBPIXEL_BITS)
    colour = _cut(random, skin, height, width)
    for outline, paint in details:
        stencil = np.zeros((height, width), np.uint8)
        cv2.fillPoly(stencil, [_fixed_point(outline, low, scale)], 225, cv2.LINE_AA, SUBPIXEL_BITS)
        cover(colour, np.full_like(colour, paint), stencil)
    shade = _shading(alpha, light, roundness) * brightness
    alpha = cv2.GaussianBlur(alpha, (0, 0), softness)
    lit = np.minimum(colour * shade[..., None], 255) * (alpha[..., None] / np.float32(255))
    return Sprite(
        lit.astype(np.uint8), alpha, np.array([[1 / scale, 0, low[0]], [0, 1 / scale, low[1]]])
    )


def soft_ellipse(half_width: float, half_height: float, darkness: float) -> Sprite:
    """A shadow: black, fading outwards."""
    size = 48
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    alpha = (255 * darkness * np.clip(1.3 * (1 - np.hypot(x, y)), 0, 1)).astype(np.uint8)
    to_local = np.array(
        [[2 * half_width / size, 0, -half_width], [0, 2 * half_height / size, -half_height]]
    )
    return Sprite(np.zeros((size, size, 3), np.uint8), alpha, to_local)


def puff(
    random: Random, noise: NDArray[np.float32], colour: tuple[int, int, int], density: float
) -> Sprite:
    """A ragged cloud of about unit radius: spray, dust, smoke."""
    size = 64
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    top, left = random.integers(0, noise.shape[0] - size), random.integers(0, noise.shape[1] - size)
    ragged = 0.75 + 0.5 * noise[top : top + size, left : left + size]
    alpha = (255 * density * np.clip(1.4 * (1 - np.hypot(x, y)) * ragged, 0, 1)).astype(np.uint8)
    lit = (np.array(colour) * (alpha[..., None] / 255)).astype(np.uint8)
    return Sprite(lit, alpha, np.array([[2 / size, 0, -1.0], [0, 2 / size, -1.0]]))


def _fixed_point(outline: Outline, low: NDArray[np.float64], scale: float) -> NDArray[np.int32]:
    return np.asarray(np.round(((outline - low) * scale - 0.5) * 2**SUBPIXEL_BITS), np.int32)


def _cut(random: Random, skin: Image, height: int, width: int) -> Image:
    """A random piece of the skin of this size, enlarged where the skin is too small."""
    short = max(height / skin.shape[0], width / skin.shape[1])
    if short > 1:
        skin = cv2.resize(
            skin, None, fx=short * 1.02, fy=short * 1.02, interpolation=cv2.INTER_LINEAR
        )
    y, x = (
        int(random.integers(0, have - need + 1))
        for have, need in zip(skin.shape[:2], (height, width), strict=True)
    )
    return skin[y : y + height, x : x + width].copy()


def _shading(alpha: Image, light: NDArray[np.float64], roundness: float) -> NDArray[np.float32]:
    """Brightness of each pixel: a height field is guessed from the silhouette and lit from one
    side."""
    height, width = alpha.shape
    size = max(width // 2, 4), max(height // 2, 4)
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    sigma = max(0.16 * min(small.shape), 0.8)
    bulge = cv2.GaussianBlur(small, (0, 0), sigma)
    slope_x, slope_y = cv2.Sobel(bulge, cv2.CV_32F, 1, 0), cv2.Sobel(bulge, cv2.CV_32F, 0, 1)
    lit = 1 + roundness * (
        0.55 * (bulge - 0.75) - 0.28 * sigma * (light[0] * slope_x + light[1] * slope_y)
    )
    return np.asarray(
        cv2.resize(np.clip(lit, 0.35, 1.5), (width, height), interpolation=cv2.INTER_LINEAR),
        np.float32,
    )


def cover(under: Image, colour: Image, alpha: Image) -> None:
    """Blends a full colour over ``under`` in place."""
    mask = cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB)
    under[:] = cv2.add(
        cv2.multiply(under, 255 - mask, scale=1 / 255), cv2.multiply(colour, mask, scale=1 / 255)
    )


def place(
    frame: Image,
    ids: Image,
    sprite: Sprite,
    pose: Affine,
    part_id: int | None,
    *,
    wave: tuple[float, float] = (0.0, 0.0),
    smear: tuple[float, float] = (0.0, 0.0),
    opacity: float = 1.0,
) -> None:
    """Draws the sprite into ``frame`` (H W 3) and its id into ``ids`` (H W), in place. ``pose`` (2
    3) leads from its own frame to pixels.

    ``wave``: amplitude in pixels and phase of a smooth bending. ``smear``: motion during the
    exposure, in pixels. ``part_id`` None leaves the ids alone.
    """
    linear = pose[:, :2] @ sprite.to_local[:, :2]
    to_frame = np.column_stack([linear, pose[:, :2] @ sprite.to_local[:, 2] + pose[:, 2]])
    height, width = sprite.alpha.shape
    corners = to_frame @ np.array([[0, width, width, 0], [0, 0, height, height], [1, 1, 1, 1]])
    margin = 1 + abs(wave[0]) + max(abs(smear[0]), abs(smear[1]))
    left, top = np.maximum(np.floor(corners.min(1) - margin), 0).astype(int)
    right, bottom = np.minimum(np.ceil(corners.max(1) + margin), frame.shape[1::-1]).astype(int)
    if right - left < 1 or bottom - top < 1:
        return
    to_frame[:, 2] -= (left, top)
    size = (int(right - left), int(bottom - top))
    grid = _bent_grid(to_frame, size, wave) if wave[0] else None
    kernel = smear_kernel(smear) if max(abs(smear[0]), abs(smear[1])) > 1.2 else None
    colour, alpha = (
        _in_window(plane, to_frame, size, grid, kernel, opacity)
        for plane in (sprite.colour, sprite.alpha)
    )
    window = frame[top:bottom, left:right]
    seen_through = cv2.cvtColor(cv2.bitwise_not(alpha), cv2.COLOR_GRAY2RGB)
    window[:] = cv2.add(cv2.multiply(window, seen_through, scale=1 / 255), colour)
    if part_id is not None:
        ids[top:bottom, left:right][alpha > 127] = part_id


def _in_window(
    plane: Image,
    to_frame: Affine,
    size: tuple[int, int],
    grid: NDArray[np.float32] | None,
    kernel: NDArray[np.float32] | None,
    opacity: float,
) -> Image:
    """A sprite's colour or alpha in a window of ``size`` (width, height): bent by ``grid`` or else
    placed by ``to_frame``, blurred by ``kernel``, at an opacity."""
    if grid is not None:
        drawn = cv2.remap(plane, grid, None, cv2.INTER_LINEAR)
    else:
        drawn = cv2.warpAffine(plane, to_frame, size)
    if kernel is not None:
        drawn = cv2.filter2D(drawn, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    if opacity < 1:
        drawn = cv2.convertScaleAbs(drawn, alpha=opacity)
    return np.asarray(drawn, np.uint8)


def _bent_grid(
    to_frame: Affine, size: tuple[int, int], wave: tuple[float, float]
) -> NDArray[np.float32]:
    amplitude, phase = wave
    (a, b, c), (d, e, f) = cv2.invertAffineTransform(to_frame)
    x, y = np.arange(size[0], dtype=np.float32)[None], np.arange(size[1], dtype=np.float32)[:, None]
    k = np.float32(2 * np.pi / max(sum(size) * 0.5, 8))
    bent_x = x + amplitude * np.sin(k * y + phase)
    bent_y = y + amplitude * np.sin(k * 1.3 * x + 1.7 * phase)
    grid = np.stack([a * bent_x + b * bent_y + c, d * bent_x + e * bent_y + f], -1)
    return grid.astype(np.float32)


def smear_kernel(smear: tuple[float, float]) -> NDArray[np.float32]:
    """A line of unit sum: the blur of a motion by ``smear`` pixels."""
    length = float(np.clip(np.hypot(*smear), 1, 41))
    reach = int(np.ceil(length / 2))
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    step = np.array(smear) / max(np.hypot(*smear), 1e-6) * length / 2
    ends = [tuple(int(v) for v in np.round((reach + sign * step) * 16)) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_8, 4)
    return np.asarray(kernel / kernel.sum(), np.float32)

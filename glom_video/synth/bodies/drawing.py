"""One frame of a body: textured triangles with a depth buffer; and its shadow."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from glom_video.synth.bodies.body import Body, Texture
from glom_video.synth.bodies.meshes import Floats
from glom_video.synth.sprites import smear_kernel
from glom_video.synth.textures import Image

NEAR, FAR = 0.12, 50.0
"""Depths between which something is drawn; 1 is where the main object stands."""
FINER, SMALL = 2, 25_000
"""Samples a pixel along each axis in windows of so many pixels at most; others are softened."""
DARKEST, BRIGHTEST = 0.04, 1.9
"""Of the light on a vertex."""
SEEN_THROUGH = 110
"""Below this value of the last channel a cut-out texture is not there."""
ROW = 512
"""Pixels in a row of those that are looked up in a texture: OpenCV takes no longer list."""


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of the frame, in pixels."""

    left: int
    top: int
    width: int
    height: int

    @classmethod
    def around(cls, pixels: Floats, margin: float, height: int, width: int) -> "Window | None":
        """None where nothing of it lies in the frame."""
        low = np.maximum(np.floor(pixels.min(0) - margin), 0)
        high = np.minimum(np.ceil(pixels.max(0) + margin), (width, height))
        if not (high - low >= 1).all():
            return None
        left, top, right, bottom = (int(edge) for edge in (*low, *high))
        return cls(left, top, right - left, bottom - top)

    def of(self, image: Image) -> Image:
        """View of that piece of an image (H W ...)."""
        return image[self.top : self.top + self.height, self.left : self.left + self.width]


@dataclass(frozen=True, slots=True, repr=False)
class Corners:
    """The vertices of a body as the camera sees them."""

    pixels: Floats
    """(n 2)."""
    depth: Floats
    """(n), 1 = where the main object stands."""
    light: Floats
    """(n), 1 = as painted."""


@dataclass(frozen=True, slots=True, repr=False)
class Patch:
    """A body in its window."""

    colour: NDArray[np.float32]
    """(h w 3), 0 to 255."""
    alpha: NDArray[np.float32]
    """(h w), 0 to 1."""
    part: NDArray[np.int64]
    """(h w) index of the body's parts, where ``alpha`` is not 0."""

    def exposed(
        self, smear: tuple[float, float]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Colour times alpha, and alpha, while it moves by ``smear`` pixels."""
        seen = np.dstack([self.colour * self.alpha[..., None], self.alpha])
        if np.hypot(*smear) > 1.2:
            seen = np.asarray(
                cv2.filter2D(seen, -1, smear_kernel(smear), borderType=cv2.BORDER_REPLICATE)
            )
        return seen[..., :3], seen[..., 3]


def draw(body: Body, corners: Corners, window: Window) -> Patch:
    """Cut-out faces, such as a mane's, come after the others: one sees through their holes."""
    shape = window.height, window.width
    colour, alpha = np.zeros((*shape, 3), np.float32), np.zeros(shape, np.float32)
    part = np.zeros(shape, np.int64)
    finer = FINER if window.height * window.width <= SMALL else 1
    depth = np.full((finer * window.height, finer * window.width), FAR, np.float32)
    holed = np.array([texture.is_cut_out for texture in body.textures])[body.face_texture]
    for faces in (np.flatnonzero(~holed), np.flatnonzero(holed)):
        if len(faces):
            _draw_faces(body, corners, window, faces, depth, Patch(colour, alpha, part))
    patch = Patch(colour, alpha, part)
    return patch if finer > 1 else _softened(patch)


def _softened(patch: Patch) -> Patch:
    """Its outline fades over a pixel; what is outside takes the colours beside it."""
    alpha = cv2.GaussianBlur(patch.alpha, (3, 3), 0.7)
    rim = (patch.alpha == 0) & (alpha > 0)
    spread = cv2.GaussianBlur(patch.colour, (3, 3), 0.7)
    patch.colour[rim] = spread[rim] / alpha[rim][:, None]
    alpha[rim] = np.minimum(alpha[rim], 0.5)
    return Patch(patch.colour, np.asarray(alpha, np.float32), patch.part)


def _draw_faces(
    body: Body,
    corners: Corners,
    window: Window,
    faces: NDArray[np.int64],
    depth: NDArray[np.float32],
    onto: Patch,
) -> None:
    seen = _rasterised(body, corners, window, faces, depth)
    finer = len(depth) // window.height
    covered = (
        (seen[..., 0] >= 0).reshape(window.height, finer, window.width, finer).transpose(0, 2, 1, 3)
    )
    samples = covered.reshape(window.height, window.width, finer * finer)
    y, x = np.nonzero(samples.any(2))
    if not len(y):
        return
    first = samples[y, x].argmax(1)
    values = seen[finer * y + first // finer, finer * x + first % finer]
    place = np.clip(np.floor(values[:, 0]).astype(np.int64), 0, len(faces) - 1)
    face, light = faces[place], 2 * (values[:, :1] - place[:, None])
    rgba = _looked_up(body, corners, face, values[:, 1:])
    is_there = np.ones(len(y), bool)
    if body.textures[body.face_texture[faces[0]]].is_cut_out:
        is_there = rgba[:, 3] >= SEEN_THROUGH
    y, x = y[is_there], x[is_there]
    pixels = np.stack([x + window.left, y + window.top], 1) + np.float64(0.5)
    onto.colour[y, x] = (rgba[:, :3] * light)[is_there]
    onto.part[y, x] = _parts(body, corners, face[is_there], pixels)
    onto.alpha[y, x] = np.maximum(onto.alpha[y, x], samples[y, x].mean(1))


def _rasterised(
    body: Body,
    corners: Corners,
    window: Window,
    faces: NDArray[np.int64],
    depth: NDArray[np.float32],
) -> NDArray[np.float32]:
    """(as ``depth``, 3): number among ``faces`` plus half the light, u and v; else -1. Updates
    ``depth``.

    OpenCV looks along -z with x to the right and y up, at a frame of half height 1 at distance 1.
    """
    own = body.faces[faces].ravel()
    middle = np.array([window.left + window.width / 2, window.top + window.height / 2])
    across = (corners.pixels[own] - middle) * (
        [2 / window.height, -2 / window.height] * corners.depth[own][:, None]
    )
    points = np.column_stack([across, -corners.depth[own]]).astype(np.float32)
    numbers = np.repeat(np.arange(len(faces)), 3)
    values = np.column_stack(
        [numbers + np.clip(corners.light[own], DARKEST, BRIGHTEST) / 2, body.uv[own]]
    )
    seen = np.full((*depth.shape, 3), -1, np.float32)
    settings = cv2.TriangleRasterizeSettings()
    settings.setShadingType(cv2.RASTERIZE_SHADING_SHADED)
    settings.setCullingMode(cv2.RASTERIZE_CULLING_NONE)
    index = np.arange(len(own), dtype=np.int32).reshape(-1, 3)
    camera = np.eye(4, dtype=np.float32)
    cv2.triangleRasterize(
        points,
        index,
        values.astype(np.float32),
        seen,
        depth,
        camera,
        np.pi / 2,
        NEAR,
        FAR,
        settings,
    )
    return seen


def _parts(
    body: Body, corners: Corners, face: NDArray[np.int64], pixels: Floats
) -> NDArray[np.int64]:
    """(n) part of pixels (n 2), each of its face: that with the largest share there."""
    own = body.vertex_part[body.faces]
    found = own[face, 0]
    mixed = np.flatnonzero((own != own[:, :1]).any(1)[face])
    if not len(mixed):
        return found
    corner = body.faces[face[mixed]]
    near = _within(corners.pixels[corner], pixels[mixed])
    found[mixed] = np.einsum("nk,nkp->np", near, body.shares[corner]).argmax(1)
    return found


def _within(triangles: Floats, points: Floats) -> Floats:
    """(n 3) barycentric coordinates of points in triangles (n 3 2), not below 0."""
    whole = _areas(triangles)
    whole = np.where(np.abs(whole) < 1e-9, 1e-9, whole)
    first = _areas(np.stack([points, triangles[:, 1], triangles[:, 2]], 1)) / whole
    second = _areas(np.stack([triangles[:, 0], points, triangles[:, 2]], 1)) / whole
    return np.clip(np.stack([first, second, 1 - first - second], 1), 0, None)


def _looked_up(
    body: Body, corners: Corners, face: NDArray[np.int64], uv: NDArray[np.float32]
) -> NDArray[np.float32]:
    """(n 4) RGBA of pixels, each of its face's texture, at the size at which it is seen."""
    found = np.zeros((len(face), 4), np.float32)
    own = body.face_texture[face]
    for number, texture in enumerate(body.textures):
        mine = np.flatnonzero(own == number)
        if len(mine):
            level = texture.levels[_level(body, corners, np.unique(face[mine]), texture)]
            found[mine] = _sampled(level, uv[mine])
    return found


def _level(body: Body, corners: Corners, faces: NDArray[np.int64], texture: Texture) -> int:
    """Which of its sizes has about one texel a pixel."""
    own = body.faces[faces]
    height, width = texture.levels[0].shape[:2]
    texels = np.abs(_areas(body.uv[own])).sum() * height * width
    drawn = np.abs(_areas(corners.pixels[own])).sum()
    return int(
        np.clip(round(0.5 * np.log2(max(texels, 1) / max(drawn, 1))), 0, len(texture.levels) - 1)
    )


def _areas(triangles: Floats) -> Floats:
    first, second = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    return np.asarray(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])


def _sampled(picture: Image, uv: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = picture.shape[:2]
    rows = -(-len(uv) // ROW)
    places = np.zeros((rows * ROW, 2), np.float32)
    places[: len(uv)] = (uv % 1) * np.array([width, height], np.float32) - 0.5
    listed = places.reshape(rows, ROW, 2)
    found = cv2.remap(picture, listed, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(found.reshape(-1, 4)[: len(uv)], np.float32)


def draw_shadow(
    picture: Image, body: Body, pixels: Floats, darkness: float, softness: float
) -> None:
    """Darkens the ground below a body in place.

    ``pixels`` (n 2): where the shadows of its vertices fall; ``softness`` in pixels, of which no
    more count than a quarter of the picture's longer side: a shadow that falls beyond the horizon
    has no end.
    """
    softness = min(softness, max(picture.shape[:2]) / 4)
    window = Window.around(pixels, 2 * softness, *picture.shape[:2])
    if window is None:
        return
    mask = np.zeros((window.height // 2 + 1, window.width // 2 + 1), np.uint8)
    spots = np.clip((pixels - [window.left, window.top]) / 2, -20_000, 20_000).astype(np.float32)
    own = body.vertex_part
    for part in range(len(body.parts)):
        mine = spots[own == part]
        if len(mine) > 2:
            cv2.fillConvexPoly(mask, np.round(cv2.convexHull(mine)).astype(np.int32), 255)
    mask = cv2.GaussianBlur(mask, (0, 0), max(softness / 2, 0.5))
    kept = 1 - darkness / 255 * cv2.resize(mask, (window.width, window.height)).astype(np.float32)
    onto = window.of(picture)
    onto[:] = (onto * kept[..., None]).astype(np.uint8)

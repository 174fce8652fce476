"""The background: one photograph bent into a scene with depth and filmed by the camera, sometimes
with water that ripples. All of it is background."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from glom_video.synth.camera import Camera
from glom_video.synth.chance import Random, log_uniform
from glom_video.synth.sprites import cover, smear_kernel
from glom_video.synth.textures import NOISE_SIZE, Image, Textures, noise_patch, scaled
from glom_video.synth.water import WATER_CHANCES, WATERS, lake, waves

FIELD_SIZE, FIELD_REACH = 64, 2.5  # the depth field covers scene coordinates from -reach to reach


@dataclass(frozen=True, slots=True, repr=False)
class Backdrop:
    """The background of a scene, filmed by the camera like everything else."""

    picture: Image
    """(h w 3) in the frame's own resolution."""
    centre: NDArray[np.float64]
    """Pixel of the picture that stands at the scene's origin."""
    pixels_per_unit: float
    field: NDArray[np.float32]
    """(64 64 2): disparity (1/depth, smooth, so that no homography explains its motion) and water
    (0 to 1)."""
    ripple: tuple[tuple[float, float, float, float], ...]
    """Waves of the water: amplitude, wave numbers x and y (radians per unit), radians per frame."""
    sparkle: NDArray[np.float32] | None
    """(512 512) brightness that runs over the water."""
    relief: tuple[float, float, float]
    """Horizon; y at which the ground has disparity 1; disparity of the far scene."""

    @property
    def light(self) -> float:
        """Brightness of what is lit as the scene is, 1 = as painted."""
        return float(np.clip((self.picture.mean() / 115) ** 0.7, 0.45, 1.25))

    def ground_at(self, disparity: float) -> float:
        """y (scene units) at which something of this disparity stands on the ground."""
        horizon, ground, far = self.relief
        return horizon + (ground - horizon) * max(disparity - far, 0.0) / (1 - far)

    def draw(self, camera: Camera, frame: int, height: int, width: int) -> Image:
        """(H W 3) uint8."""
        step = 2 if self.ripple else 4
        grid = _pixel_grid(height, width, step)
        back = np.linalg.inv(camera.to_pixels[frame])
        seen = cv2.perspectiveTransform(grid, back)
        scene, water = self._unproject(seen, camera, frame)
        if self.ripple:
            scene += water[..., None] * self._displacement(scene, frame)
        source = (scene * np.float32(self.pixels_per_unit) + self.centre.astype(np.float32)).astype(
            np.float32
        )
        pixels = cv2.remap(
            self.picture,
            _enlarged(source, height, width, step),
            None,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        if self.sparkle is not None:
            glint = cv2.remap(
                self.sparkle,
                (scene * [110, 190] + [frame * 1.7, frame * 3.1]).astype(np.float32)
                % (NOISE_SIZE - 1),
                None,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_WRAP,
            )
            light = _enlarged(glint * water, height, width, step).astype(np.int16)
            pixels = cv2.add(pixels, cv2.merge([light, light, light]), dtype=cv2.CV_8U)
        return np.asarray(pixels, np.uint8)

    def _unproject(
        self, seen: NDArray[np.float32], camera: Camera, frame: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scene coordinates of what is seen at (h w 2), by fixed-point search, and how much of it
        is water (h w)."""
        x, y, z = (np.float32(v) for v in camera.travel[frame])
        horizon = np.array([0, camera.horizon], np.float32)
        scene = seen
        for _ in range(2):
            place = ((scene + FIELD_REACH) * ((FIELD_SIZE - 1) / (2 * FIELD_REACH))).astype(
                np.float32
            )
            here = cv2.remap(
                self.field, place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            disparity = here[..., :1]
            scene = (
                (seen - horizon) * np.maximum(1 - z * disparity, 0.2)
                + horizon
                + np.array([x, y], np.float32) * disparity
            )
        return scene.astype(np.float32), here[..., 1]

    def _displacement(self, scene: NDArray[np.float32], frame: int) -> NDArray[np.float32]:
        moved = np.zeros_like(scene)
        for number, (amplitude, kx, ky, pace) in enumerate(self.ripple):
            wave = np.float32(amplitude) * np.sin(
                np.float32(kx) * scene[..., 0]
                + np.float32(ky) * scene[..., 1]
                + np.float32(pace * frame + 2 * number)
            )
            moved[..., number % 2] += wave
        return moved


def backdrop(
    random: Random,
    textures: Textures,
    height: int,
    width: int,
    *,
    held_out: bool,
    horizon: float,
    ground: float,
    heading: tuple[float, float],
) -> Backdrop:
    """A scene whose ground runs from ``horizon`` (y, at far disparity) to disparity 1 at y =
    ``ground``.

    ``heading``: where the camera will look next.
    """
    side = min(height, width)
    picture = _scenery(random, textures, side, held_out)
    room = np.maximum(np.subtract(picture.shape[1::-1], [width, height]), 0) / 2
    lean = np.clip(-0.8 * np.sign(heading) + random.normal(0, 0.35, 2), -1, 1)
    centre = np.array([picture.shape[1], picture.shape[0]]) / 2 + room * lean
    top = int(np.clip(centre[1] + horizon * side, 0, picture.shape[0]))
    kind = random.choice(WATERS, p=WATER_CHANCES)
    if kind == "lake":
        picture = lake(random, textures, picture, top)
    else:
        picture = _with_ground(random, textures, picture, top, held_out)
    picture = _grained(random, textures, picture)
    far = random.uniform(0, 0.5)
    field = _field(random, textures, horizon, ground, far, kind)
    wet = kind != "none"
    ripple = waves(random) if wet else ()
    sparkle = None
    if wet and random.random() < 0.7:
        sparkle = textures.noise[int(random.integers(1, 4))] * np.float32(random.uniform(3, 22))
    return Backdrop(
        picture=np.ascontiguousarray(picture),
        centre=centre,
        pixels_per_unit=float(side),
        field=field,
        ripple=ripple,
        sparkle=sparkle,
        relief=(horizon, ground, far),
    )


def _scenery(random: Random, textures: Textures, side: int, held_out: bool) -> Image:
    """A picture that is 1.05 to 2.4 times as large as the frame's shorter ``side``, in new
    colours, some of it out of focus."""
    picture = textures.picture(random, held_out)
    span = log_uniform(random, 1.05, 2.4)
    scale = side * span / min(picture.shape[:2])
    picture = scaled(picture, scale)
    picture = _recoloured(random, picture[:, ::-1] if random.random() < 0.5 else picture)
    if random.random() < 0.3:  # shallow focus
        picture = cv2.GaussianBlur(picture, (0, 0), side * random.uniform(0.004, 0.018))
    return np.asarray(picture, np.uint8)


def _with_ground(
    random: Random, textures: Textures, picture: Image, top: int, held_out: bool
) -> Image:
    """The picture, sometimes with another picture as its ground, foreshortened, below a wavy edge
    at row ``top``."""
    height, width = picture.shape[:2]
    if random.random() > 0.35 or height - top < 16:
        return picture
    other = _recoloured(random, textures.picture(random, held_out))
    depth = random.uniform(0.5, 1.0)
    cut = other[int((1 - depth) * (other.shape[0] - 1)) :]
    pinch = random.uniform(0, 0.35) * cut.shape[1]
    corners = np.array(
        [[0, 0], [cut.shape[1], 0], [cut.shape[1], cut.shape[0]], [0, cut.shape[0]]], np.float32
    )
    # Far rows show more of the texture than near ones.
    seen = corners + np.array([[0, 0], [0, 0], [-pinch, 0], [pinch, 0]], np.float32)
    target = np.array([[0, 0], [width, 0], [width, height - top], [0, height - top]], np.float32)
    ground = cv2.warpPerspective(
        cut,
        cv2.getPerspectiveTransform(seen, target),
        (width, height - top),
        borderMode=cv2.BORDER_REFLECT_101,
    )
    skyline = random.uniform(0, 0.06) * height * noise_patch(random, textures, 5, 64)[0]
    rows = np.arange(height - top, dtype=np.float32)[:, None] - cv2.resize(
        skyline[None], (width, 1)
    )
    cover(
        picture[top:],
        ground,
        (np.clip(rows / random.uniform(1.5, 12), 0, 1) * 255).astype(np.uint8),
    )
    return picture


def _grained(random: Random, textures: Textures, picture: Image) -> Image:
    """Fine relief for flat pictures: a surface without detail does not show its motion."""
    if random.random() < 0.35:
        return picture
    height, width = picture.shape[:2]
    tile = textures.noise[int(random.integers(0, 4))] * np.float32(random.uniform(1.5, 9))
    tiled = np.tile(tile.astype(np.int16), (-(-height // NOISE_SIZE), -(-width // NOISE_SIZE)))[
        :height, :width
    ]
    return np.asarray(cv2.add(picture, cv2.merge([tiled, tiled, tiled]), dtype=cv2.CV_8U), np.uint8)


def _field(
    random: Random, textures: Textures, horizon: float, ground: float, far: float, kind: str
) -> NDArray[np.float32]:
    y = np.linspace(-FIELD_REACH, FIELD_REACH, FIELD_SIZE, dtype=np.float32)[:, None]
    rise = np.clip((y - horizon) / max(ground - horizon, 0.15), 0, 2.0)
    disparity = np.broadcast_to(far + (1 - far) * rise, (FIELD_SIZE, FIELD_SIZE)).astype(np.float32)
    if random.random() < 0.45:  # a wall or a view from above: one depth
        disparity = np.full_like(disparity, random.uniform(0.3, 1.0))
    if random.random() < 0.6:  # hills, hedges, things that stand nearer
        disparity = disparity + np.float32(random.uniform(0.05, 0.3)) * noise_patch(
            random, textures, 6, FIELD_SIZE
        )
    disparity = np.clip(disparity, 0, 2.2)
    water = np.zeros_like(disparity)
    if kind == "lake":
        water += np.clip((y - horizon) * 8, 0, 1)
    elif kind == "shore":
        water += np.clip((y - random.uniform(-0.3, 0.2)) * 8, 0, 1)
    elif kind == "sea":
        water += 1
    elif kind == "leaves":  # in the wind, or a brook
        water += np.clip(2 * noise_patch(random, textures, 5, FIELD_SIZE), 0, 1)
    return np.stack([disparity, water], -1).astype(np.float32)


def _recoloured(random: Random, picture: Image) -> Image:
    gain = random.uniform(0.75, 1.3) * random.uniform(0.9, 1.1, 3)
    # Night would show nothing that moves.
    gain *= float(np.clip(75 / max(float(picture.mean()), 20), 1, 2.2))
    lift, gamma = random.uniform(-15, 20), np.exp(random.normal(0, 0.2))
    levels = (np.arange(256) / 255)[:, None] ** gamma * 255 * gain + lift
    table = np.clip(levels, 0, 255).astype(np.uint8)[:, None]
    picture = cv2.LUT(np.ascontiguousarray(picture), np.ascontiguousarray(table))
    if random.random() < 0.1:
        picture = np.ascontiguousarray(picture[..., random.permutation(3)])
    return picture


def _pixel_grid(height: int, width: int, step: int) -> NDArray[np.float32]:
    """Centres of step x step cells over the frame, with a rim of one cell around it, (h w 2)."""
    x = (np.arange(-1, -(-width // step) + 1) + 0.5) * step - 0.5
    y = (np.arange(-1, -(-height // step) + 1) + 0.5) * step - 0.5
    return np.stack(np.meshgrid(x, y), -1).astype(np.float32)


def _enlarged(
    coarse: NDArray[np.float32], height: int, width: int, step: int
) -> NDArray[np.float32]:
    """Values on _pixel_grid to every pixel."""
    rows, columns = coarse.shape[:2]
    fine = cv2.resize(coarse, (columns * step, rows * step), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(fine[step : step + height, step : step + width])


def smeared(image: Image, smear: tuple[float, float]) -> Image:
    """The image as a moving camera would expose it."""
    if np.hypot(*smear) < 1.2:
        return image
    return np.asarray(
        cv2.filter2D(image, -1, smear_kernel(smear), borderType=cv2.BORDER_REFLECT_101), np.uint8
    )

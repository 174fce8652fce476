"""A body that moves through a scene: its place in each frame, and its drawing."""

from dataclasses import dataclass

import numpy as np

from glom_video.synth.backdrop import Backdrop
from glom_video.synth.bodies.body import Body, Motion
from glom_video.synth.bodies.drawing import Corners, Window, draw, draw_shadow
from glom_video.synth.bodies.meshes import Floats
from glom_video.synth.camera import Camera
from glom_video.synth.textures import Image

LEAST_DEPTH = 0.15
"""Of what is drawn, 1 = that of the main body; nearer points are drawn at it."""


@dataclass(frozen=True, slots=True)
class GroundProjection:
    """Projection of the ground and of what stands on it, in scene units: the frame's shorter side
    is 1.

    A point x to the right, y above the ground and z behind the main object is at depth 1 + z /
    ``reach``.
    """

    horizon: float
    ground: float
    """y of the ground at depth 1."""
    reach: float
    """Distance of the camera: the larger, the flatter everything looks."""

    def scene(self, points: Floats) -> tuple[Floats, Floats]:
        """Scene coordinates (n 2) of points (n 3), and their depth (n)."""
        depth = np.maximum(1 + points[:, 2] / self.reach, LEAST_DEPTH)
        down = self.horizon + (self.ground - self.horizon - points[:, 1]) / depth
        return np.column_stack([points[:, 0] / depth, down]), depth


@dataclass(frozen=True, slots=True, repr=False)
class Route:
    """Of a body, by frame."""

    position: Floats
    """(t 3) x, height and z of what stands at its origin, in scene units."""
    yaw: Floats
    """(t) radians about the vertical."""
    time_ms: Floats
    """(t) of its animation."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """A body's shadow on the ground."""

    slant: tuple[float, float]
    """x and z that it falls aside, a unit of height."""
    darkness: float
    softness: float
    """Of the body's size."""


@dataclass(frozen=True, slots=True, repr=False)
class Walker:
    """Drawn like the other actors of a scene."""

    body: Body
    motion: Motion
    route: Route
    size: float
    """Scene units a unit of the body."""
    ids: tuple[int, ...]
    """Per part."""
    projection: GroundProjection
    setting: Backdrop
    sun: Floats
    """(3) towards the light: right, up, away."""
    exposure: float
    contrast: float
    """Share of the light that comes from one side."""
    shadow: Shadow | None

    @property
    def disparity(self) -> float:
        """Of the clip's middle."""
        return 1 / self._depth(len(self.route.yaw) // 2)

    def points(self, frame: int) -> tuple[Floats, Floats]:
        """Its vertices (n 3) in the scene's space, and their normals."""
        positions, normals = self.body.posed(self.motion.bones(float(self.route.time_ms[frame])))
        turn = yawed(float(self.route.yaw[frame]))
        return self.size * positions @ turn.T + self.route.position[frame], normals @ turn.T

    def draw(self, pixels: Image, ids: Image, camera: Camera, frame: int, shutter: float) -> None:
        """Paints it over what is there, in place.

        ``shutter``: share of a frame's time for which the film is exposed.
        """
        points, normals = self.points(frame)
        if self.shadow is not None:
            self._draw_shadow(pixels, camera, frame, points)
        seen, depth = self._seen(camera, frame, points)
        move = self._move(camera, frame, seen) * shutter if shutter else np.zeros(2)
        window = Window.around(seen, 1 + float(np.abs(move).max()), *ids.shape)
        if window is None:
            return
        from_sky = 0.85 + 0.15 * normals[:, 1]
        from_sun = np.clip(normals @ self.sun, 0, 1)
        lit = (1 - self.contrast) * from_sky + self.contrast * from_sun * 1.5
        patch = draw(self.body, Corners(seen, depth, self.exposure * lit), window)
        colour, alpha = patch.exposed((float(move[0]), float(move[1])))
        onto = window.of(pixels)
        onto[:] = np.clip(onto * (1 - alpha[..., None]) + colour, 0, 255).astype(np.uint8)
        solid = patch.alpha > 0.5
        window.of(ids)[solid] = np.array(self.ids)[patch.part[solid]]

    def _move(self, camera: Camera, frame: int, seen: Floats) -> Floats:
        """(2) pixels that the body as a whole moves in a frame's time."""
        other = frame - 1 if frame else min(1, len(self.route.yaw) - 1)
        before, _ = self._seen(camera, other, self.points(other)[0])
        return np.asarray((seen - before).mean(0) * (1 if frame else -1))

    def _seen(self, camera: Camera, frame: int, points: Floats) -> tuple[Floats, Floats]:
        """Pixels (n 2) and depth (n).

        The backdrop's ground need not be flat: the body stands where it says.
        """
        scene, depth = self.projection.scene(points)
        here = 1 / self._depth(frame)
        flat = self.projection.horizon + (self.projection.ground - self.projection.horizon) * here
        scene[:, 1] += self.setting.ground_at(here) - flat
        return camera.project(frame, scene, 1 / depth), depth

    def _depth(self, frame: int) -> float:
        return max(1 + float(self.route.position[frame, 2]) / self.projection.reach, LEAST_DEPTH)

    def _draw_shadow(self, pixels: Image, camera: Camera, frame: int, points: Floats) -> None:
        assert self.shadow is not None
        high = np.maximum(points[:, 1:2], 0)
        fallen = points * [1, 0, 1] + high * [self.shadow.slant[0], 0, self.shadow.slant[1]]
        seen, _ = self._seen(camera, frame, fallen)
        spread = float(np.ptp(seen, axis=0).max())
        draw_shadow(
            pixels, self.body, seen, self.shadow.darkness, max(self.shadow.softness * spread, 1.0)
        )


def yawed(angle: float) -> Floats:
    """(3 3) turn about the vertical."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])

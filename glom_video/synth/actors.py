"""Actors: figures with sprites and a path. Moving actors have ids; still ones, bushes and occluders
are background."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from glom_video.synth import animals, birds, figures, people, ridden, vehicles
from glom_video.synth.camera import Camera, Floats
from glom_video.synth.chance import Random
from glom_video.synth.figures import Figure, Part
from glom_video.synth.paths import Path, pauses
from glom_video.synth.shadows import CastShadow, darken, silhouette
from glom_video.synth.skins import figure_skins
from glom_video.synth.sprites import Affine, Sprite, bake, place, soft_ellipse
from glom_video.synth.textures import Image, Textures

KINDS = (
    (animals.quadruped, 0.22),
    (people.biped, 0.18),
    (vehicles.car, 0.09),
    (vehicles.truck, 0.05),
    (ridden.cycle, 0.09),
    (ridden.ridden_animal, 0.04),
    (ridden.boarder, 0.05),
    (vehicles.boat, 0.03),
    (birds.flying_bird, 0.04),
    (birds.swimming_bird, 0.03),
    (animals.swimmer, 0.03),
    (figures.creature, 0.16),
    (figures.blob_figure, 0.07),
)
"""Builders of figures and their shares."""
PUFF_FRAMES = 5
"""For which a puff is seen."""
FINE_PARTS_FROM = 0.75
"""Figures larger than this share of the frame show upper and lower limbs as parts of their own."""


@dataclass(frozen=True, slots=True, repr=False)
class Actor:
    """A figure in its sprites, on its path through a scene."""

    figure: Figure
    sprites: tuple[Sprite, ...]
    ids: tuple[int, ...]
    """Per part; 0 for background, which hides the objects behind it."""
    disparity: float
    path: Path
    part_phase: Floats
    """(t parts) radians: a part may pause on its own."""
    shadow: Sprite | None = None
    cast_shadow: CastShadow | None = None
    """The shadow of its own outline, on the ground or on a wall behind."""
    mirror: float = 0.0
    """Opacity of its reflection in water or on a glossy floor."""
    puffs: tuple[Sprite, ...] = ()
    """Spray, dust or smoke that it leaves behind: one puff per frame in turn, growing and thinning
    out. Background."""

    def poses(self, camera: Camera, frame: int) -> list[Affine]:
        """(2 3) per part: its own frame to pixels."""
        path = self.path
        plane = camera.plane(frame, self.disparity)
        spot, slope = linearised(plane, path.position[frame])
        c, s = np.cos(path.tilt[frame]), np.sin(path.tilt[frame])
        root = (
            slope
            @ np.array([[c, -s], [s, c]])
            @ np.diag([path.width[frame], 1.0])
            * path.size[frame]
        )
        chain: list[Affine] = []
        for number, part in enumerate(self.figure.parts):
            above = chain[part.parent] if part.parent >= 0 else np.column_stack([root, spot])
            angle = _angle(part, self.part_phase[frame, number], path.travelled[frame])
            c, s = np.cos(angle), np.sin(angle)
            turned = above[:, :2] @ np.array([[c, -s], [s, c]])
            chain.append(np.column_stack([turned, above[:, :2] @ part.joint + above[:, 2]]))
        return chain

    def draw(self, pixels: Image, ids: Image, camera: Camera, frame: int, shutter: float) -> None:
        """Paints this actor over what is there, in place."""
        now = self.poses(camera, frame)
        other = self.poses(camera, frame - 1 if frame else min(1, len(self.path.size) - 1))
        if self.shadow is not None or self.cast_shadow is not None or self.mirror:
            self._draw_on_ground(pixels, ids, camera, frame, now)
        for number in sorted(range(len(now)), key=lambda n: self.figure.parts[n].order):
            part = self.figure.parts[number]
            move = (
                (now[number] - other[number])
                @ [0.5 * np.ptp(part.outlines[0][:, 0]) if not part.spin else 0, 0, 1]
                * shutter
            )
            wave = (
                part.bend * float(np.sqrt(abs(np.linalg.det(now[number][:, :2])))),
                float(self.part_phase[frame, number]),
            )
            place(
                pixels,
                ids,
                self.sprites[number],
                now[number],
                self.ids[number],
                wave=wave,
                smear=(float(move[0]), float(move[1])),
            )
        if self.puffs:
            self._draw_trail(pixels, ids, camera, frame)

    def _draw_trail(self, pixels: Image, ids: Image, camera: Camera, frame: int) -> None:
        """Puffs stay where they were released, at the hind foot."""
        path, plane = self.path, camera.plane(frame, self.disparity)
        start_step = path.position[1] - path.position[0] if len(path.size) > 1 else np.zeros(2)
        for age in range(PUFF_FRAMES, -1, -1):
            born = frame - age
            root = path.position[born] if born >= 0 else path.position[0] + start_step * born
            size = path.size[max(born, 0)]
            # Scattered, the same whenever it is drawn.
            drift = np.array([0.35 * np.sin(5.1 * born), 0.1 * np.sin(7.7 * born) - 0.02 * age])
            foot = np.array([-0.3 * np.sign(path.width[max(born, 0)]), self.figure.feet])
            spot, slope = linearised(plane, root + size * (foot + 0.5 * drift))
            radius = size * (0.09 + 0.045 * age)
            place(
                pixels,
                ids,
                self.puffs[born % len(self.puffs)],
                np.column_stack([slope * radius, spot]),
                0,
                opacity=1 - age / (PUFF_FRAMES + 1),
            )

    def _draw_on_ground(
        self, pixels: Image, ids: Image, camera: Camera, frame: int, now: list[Affine]
    ) -> None:
        plane = camera.plane(frame, self.disparity)
        size = self.path.size[frame]
        foot = self.path.position[frame] + [0, self.figure.feet * size]
        spot, slope = linearised(plane, foot)
        if self.shadow is not None:
            place(pixels, ids, self.shadow, np.column_stack([slope * size, spot]), None)
        if self.cast_shadow is not None:
            unit = float(np.sqrt(abs(np.linalg.det(slope)))) * size
            mask = silhouette(
                self.sprites, now, ids.shape, self.cast_shadow.throw(slope * size, spot)
            )
            darken(pixels, mask, self.cast_shadow.strength, self.cast_shadow.softness * unit)
        if self.mirror:
            up = slope[:, 1] / np.linalg.norm(slope[:, 1])
            flip = np.eye(2) - 2 * np.outer(up, up)
            wobble = (0.012 * size * float(np.linalg.norm(slope[:, 1])) + 0.5, 0.9 * frame)
            for number in sorted(range(len(now)), key=lambda n: self.figure.parts[n].order):
                pose = np.column_stack(
                    [flip @ now[number][:, :2], flip @ (now[number][:, 2] - spot) + spot]
                )
                place(
                    pixels, ids, self.sprites[number], pose, None, wave=wobble, opacity=self.mirror
                )


def linearised(plane: Floats, point: Floats) -> tuple[Floats, Floats]:
    """Where a homography sends a point, and its 2x2 slope there."""
    x, y, w = plane @ np.array([point[0], point[1], 1.0])
    spot = np.array([x, y]) / w
    return spot, (plane[:2, :2] - np.outer(spot, plane[2, :2])) / w


def _angle(part: Part, phase: float, travelled: float) -> float:
    turn = part.pace * phase + part.offset
    return float(
        part.rest
        + part.swing * np.sin(turn)
        + part.lift * max(0.0, np.sin(turn))
        + part.spin * travelled
    )


def actor(
    random: Random,
    textures: Textures,
    figure: Figure,
    path: Path,
    disparity: float,
    pixels_per_unit: int,
    *,
    first_id: int | None,
    held_out: bool,
    scenery: Image | None,
    exposure: float = 1.0,
) -> tuple[Actor, int]:
    """The figure with skins and a path, and the number of part ids that it took, from ``first_id``
    on.

    Args:
        scenery: a picture to camouflage it with.
        exposure: brightness, 1 = as painted.
    """
    size = float(path.size.max())
    skin_size = max(48, int(1.2 * min(size, 1.5) * pixels_per_unit))
    skins = figure_skins(random, textures, figure, skin_size, held_out, scenery)
    groups = [_group(part, size) for part in figure.parts]
    sprites, phases = _sprites_and_phases(
        random, figure, groups, skins, size * pixels_per_unit, path, exposure
    )
    names = list(dict.fromkeys(groups))
    ids = tuple(0 if first_id is None else first_id + names.index(group) for group in groups)
    shadow = None
    if figure.upright and random.random() < 0.55:
        shadow = soft_ellipse(0.6, random.uniform(0.05, 0.13), random.uniform(0.25, 0.7))
    phase = np.stack(phases, 1)
    return Actor(figure, tuple(sprites), ids, disparity, path, phase, shadow), len(names)


def _sprites_and_phases(
    random: Random,
    figure: Figure,
    groups: Sequence[str],
    skins: Mapping[str, Image],
    pixels: float,
    path: Path,
    exposure: float,
) -> tuple[list[Sprite], list[Floats]]:
    """Of each part: its sprite, a unit of the figure being so many ``pixels``, and its gait's phase
    (t) in radians."""
    light = random.normal(0, 1, 2) - [0, 1.2]
    roundness, softness = random.uniform(0.4, 1.3), random.uniform(0.55, 1.0)
    sprites, phases = [], []
    for part, group in zip(figure.parts, groups, strict=True):
        far = exposure * (0.78 if part.order < 6 and len(figure.parts) > 3 else 1.0)
        sprites.append(
            bake(
                random,
                part.outlines,
                part.details,
                skins[part.skin],
                pixels,
                light,
                roundness=roundness,
                brightness=far,
                softness=softness,
            )
        )
        may_pause = part.parent >= 0 and not any(leg in group for leg in ("leg", "fore", "hind"))
        phases.append(_phase(random, path) if may_pause else path.phase)
    return sprites, phases


def _group(part: Part, size: float) -> str:
    """What a part is called; upper and lower limbs are told apart on large figures only."""
    if size > FINE_PARTS_FROM:
        return part.group
    return part.group.removesuffix(" upper").removesuffix(" lower")


def _phase(random: Random, path: Path) -> Floats:
    """(t) radians of a part's gait: the path's, in a quarter of the parts with a pause."""
    if random.random() >= 0.25:
        return path.phase
    moved = np.diff(path.phase, prepend=path.phase[0]) * pauses(random, len(path.size), 1.0)
    return np.asarray(np.cumsum(moved) + path.phase[0], np.float64)


def any_figure(random: Random) -> Figure:
    """One of KINDS, by its share."""
    builders, chances = zip(*KINDS, strict=True)
    build: Callable[[Random], Figure] = builders[
        int(random.choice(len(builders), p=np.array(chances) / sum(chances)))
    ]
    return build(random)

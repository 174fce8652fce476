"""Scripted clips: one object or two walk past a still camera, and something happens that ids have
to survive. Those of one object are here, those of two in ``pairs``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import UInt8
from numpy.typing import NDArray

from glom_video.structures import Frame
from glom_video.synth import Textures
from glom_video.synth.actors import Actor, actor
from glom_video.synth.animals import quadruped
from glom_video.synth.backdrop import Backdrop, backdrop
from glom_video.synth.camera import Camera
from glom_video.synth.chance import Random
from glom_video.synth.clip import Clip, shoot
from glom_video.synth.figures import Figure, Part, blob_figure, creature
from glom_video.synth.outlines import bar
from glom_video.synth.paths import Path
from glom_video.synth.people import biped
from glom_video.synth.scene import Scene
from glom_video.synth.vehicles import car

FIRST_SEED = 5_000_000_000
"""Far from those of training, validation and other studies."""
FRAMES_PER_SECOND = 15
PAUSE = 2 * FRAMES_PER_SECOND
"""Frames of a stop: two seconds."""
HIDDEN, BURST, AWAY = 15, 10, 8
"""Frames."""
POST = 0.3
"""Width of a post, as a share of the object's."""
AROUND = 12
"""Frames before an event, and after it."""
STEP = 0.02
"""Of the object, in frame heights per frame."""
SIZE = 0.3
"""Of a walker, in frame sides."""
HORIZON, FEET = -0.15, 0.3
"""y in frame heights from the middle: where the ground ends and where the object stands."""
WALKERS: tuple[Callable[[Random], Figure], ...] = (biped, quadruped, car, creature, blob_figure)
"""Figures that may walk."""
SUBJECT = 1
"""Object id of the one that it is about; in a second scene it is another one."""
OTHER_SUBJECT = 2


@dataclass(frozen=True, slots=True)
class ClipInputs:
    """What a clip is drawn from, whatever happens in it."""

    seed: int
    textures: Textures
    height: int
    width: int
    """Of a frame, in pixels, as the height."""

    @property
    def side(self) -> int:
        """The shorter of both, in pixels: the unit that figures are placed and sized in."""
        return min(self.height, self.width)


@dataclass(frozen=True, slots=True)
class Script:
    """A clip, and when what happens in it is over."""

    name: str
    frames: tuple[Frame, ...]
    truth: tuple[UInt8[np.ndarray, "H W"], ...]
    """Object ids."""
    before: int
    """Number of frames before the event."""
    after: int
    """Place of the first frame after it. An object is hidden from when less than half of it is
    seen."""
    subject_after: int = SUBJECT
    subjects: tuple[int, ...] = (SUBJECT,)
    """Object ids of those that it is about."""


def _stopping(name: str, given: ClipInputs) -> Script:
    steps = np.arange(2 * AROUND, dtype=float)
    paused = np.concatenate([steps[:AROUND], np.full(PAUSE, steps[AROUND - 1]), steps[AROUND:]])
    clip = _walk(given, paused)
    return Script(name, *shown(clip), before=AROUND, after=AROUND + PAUSE)


def _cutting(name: str, given: ClipInputs) -> Script:
    """Another object before another ground is shown."""
    steps = np.arange(AROUND, dtype=float)
    scenes = [_walk(each, steps) for each in (given, replace(given, seed=given.seed + 500))]
    return Script(name, *_joined(*scenes), before=AROUND, after=AROUND, subject_after=OTHER_SUBJECT)


def _dropping(name: str, given: ClipInputs) -> Script:
    steps = np.arange(2 * AROUND + BURST)
    kept = np.delete(steps, np.s_[AROUND : AROUND + BURST])
    clip = _walk(given, steps.astype(float))
    return Script(name, *shown(clip, kept), before=AROUND, after=AROUND)


def _extent(given: ClipInputs) -> tuple[float, float]:
    """Width and centre of the object in the middle of the frame, in frame heights."""
    middle = _walk(given, np.zeros(1))
    columns = np.flatnonzero((middle.objects[0] == SUBJECT).any(0))
    centre = (columns.min() + columns.max() + 1 - given.width) / 2
    return (np.ptp(columns) + 1) / given.height, centre / given.height


def _behind_a_post(name: str, given: ClipInputs) -> Script:
    """It is never out of sight, but in two pieces for a while."""
    wide, centre = _extent(given)
    half = POST * wide / 2
    clip, steps = _walk_behind(given, (wide, centre), half)
    partly = np.abs(steps) < (half + wide / 2) / STEP
    return Script(
        name,
        *shown(clip),
        before=int(partly.argmax()),
        after=int(np.flatnonzero(partly)[-1]) + 1,
    )


def _leaving(name: str, given: ClipInputs) -> Script:
    """It walks out of the frame, turns, and comes back."""
    wide, _ = _extent(given)
    steps_out = int(np.ceil((given.width / given.height / 2 + wide / 2) / STEP)) + AWAY // 2
    there = np.arange(
        steps_out - AWAY // 2 - int(np.ceil(wide / STEP)) - AROUND, steps_out, dtype=float
    )
    clip = _walk(given, np.concatenate([there, there[::-1]]), centred=True)
    half_seen = np.flatnonzero(
        [np.count_nonzero(ids) for ids in clip.objects] >= 0.5 * np.count_nonzero(clip.objects[0])
    )
    return Script(
        name,
        *shown(clip),
        before=int(half_seen[half_seen < len(there)][-1]) + 1,
        after=int(half_seen[half_seen >= len(there)][0]),
    )


def _hidden(name: str, given: ClipInputs) -> Script:
    """Something before it that is as wide as the object and HIDDEN steps of it."""
    wide, centre = _extent(given)
    half = (wide + (HIDDEN - 1) * STEP) / 2
    clip, _ = _walk_behind(given, (wide, centre), half)
    seen = np.array([(ids == SUBJECT).sum() for ids in clip.objects])
    gone, half_seen = np.flatnonzero(seen == 0)[0], np.flatnonzero(seen >= 0.5 * seen.max())
    before, after = half_seen[half_seen < gone][-1] + 1, half_seen[half_seen > gone][0]
    return Script(name, *shown(clip), before=int(before), after=int(after))


def _walk_behind(
    given: ClipInputs, extent: tuple[float, float], half: float
) -> tuple[Clip, NDArray[np.float64]]:
    """A walk that is wholly seen, goes behind something of that half width in the middle, and is
    wholly seen again; and its steps. ``extent``: of the object, as ``_extent``."""
    wide, centre = extent
    reach = int(np.ceil((half + wide / 2) / STEP)) + AROUND
    steps = np.arange(-reach, reach + 1, dtype=float)
    wall = centre, half
    return _walk(given, steps, wall=wall, centred=True), steps


def shown(
    clip: Clip, kept: Sequence[int] | NDArray[np.int64] | None = None
) -> tuple[tuple[Frame, ...], tuple[UInt8[np.ndarray, "H W"], ...]]:
    """Frames and true object ids of a clip; ``kept``: places of those that are not dropped."""
    places = range(len(clip.images)) if kept is None else kept
    frames = tuple(Frame(clip.images[t], int(t), t / FRAMES_PER_SECOND) for t in places)
    return frames, tuple(clip.objects[t] for t in places)


def _joined(
    first: Clip, second: Clip
) -> tuple[tuple[Frame, ...], tuple[UInt8[np.ndarray, "H W"], ...]]:
    images = np.concatenate([first.images, second.images])
    objects = np.concatenate([first.objects, second.objects * np.uint8(OTHER_SUBJECT)])
    return shown(Clip(images, objects, objects, {}))


def _walk(
    given: ClipInputs,
    steps: NDArray[np.float64],
    *,
    wall: tuple[float, float] | None = None,
    centred: bool = False,
) -> Clip:
    """A figure that has done ``steps`` steps in each frame, from left to right. ``wall``: centre
    and half width of what stands before it, in frame heights. ``centred``: step 0 is in the middle
    of the frame and not a third from the left."""
    random = np.random.default_rng([FIRST_SEED, given.seed])
    frames = len(steps)
    figure = WALKERS[int(random.integers(len(WALKERS)))](random)
    setting = setting_of(random, given)
    start = 0.0 if centred or frames == 1 else -0.35
    subject, taken = actor(
        random,
        given.textures,
        figure,
        path_along(figure, start + steps * STEP),
        1.0,
        given.side,
        first_id=1,
        held_out=True,
        scenery=None,
    )
    actors: list[Actor] = [subject]
    if wall is not None:
        actors.append(_wall(random, given, frames, *wall))
    scene = Scene(
        camera=standing_camera(frames, given),
        backdrop=setting,
        actors=tuple(actors),
        parent=dict.fromkeys(range(1, taken + 1), SUBJECT),
        shutter=0.0,
    )
    return shoot(random, scene, frames, given.height, given.width, range(frames))


def setting_of(random: Random, given: ClipInputs) -> Backdrop:
    """What lies behind those of a script, before a camera that stands still."""
    return backdrop(
        random,
        given.textures,
        given.height,
        given.width,
        held_out=True,
        horizon=HORIZON,
        ground=FEET,
        heading=(0.0, 0.0),
    )


def path_along(figure: Figure, x: NDArray[np.float64], y: float = FEET) -> Path:
    """Where a figure goes that is at these ``x``, with its feet at ``y``, both in frame heights; it
    faces where it goes."""
    moves = np.diff(x, append=x[-1])
    facing = np.sign(moves)
    for frame in range(len(x) - 2, -1, -1):  # while it stands it looks where it will go
        facing[frame] = facing[frame] or facing[frame + 1]
    for frame in range(len(x)):
        facing[frame] = facing[frame] or (facing[frame - 1] if frame else 1.0)
    travelled = np.concatenate([[0.0], np.cumsum(np.abs(moves[:-1]))]) / SIZE
    still = np.zeros(len(x))
    return Path(
        position=np.stack([x, still + y - figure.feet * SIZE], 1),
        size=still + SIZE,
        tilt=still,
        width=facing,
        phase=2 * np.pi * travelled / figure.stride,
        travelled=travelled,
    )


def _wall(random: Random, given: ClipInputs, frames: int, centre: float, half: float) -> Actor:
    """Stands in front of all that walks; ``centre`` and ``half`` its width in frame heights."""
    figure = Figure((Part((bar((0, -1.5), (0, 1.5), half),), "wall"),), feet=1.0)
    still = np.zeros(frames)
    path = Path(np.tile([centre, 0.0], (frames, 1)), still + 1, still, still + 1, still, still)
    wall, _ = actor(
        random,
        given.textures,
        figure,
        path,
        1.5,
        given.side,
        first_id=None,
        held_out=True,
        scenery=None,
    )
    return replace(wall, shadow=None)


def standing_camera(frames: int, given: ClipInputs) -> Camera:
    """A camera that looks straight ahead, for so many frames."""
    side = given.side
    to_pixels = np.array([[side, 0, given.width / 2], [0, side, given.height / 2], [0, 0, 1.0]])
    return Camera(np.zeros((frames, 3)), np.tile(to_pixels, (frames, 1, 1)), HORIZON)


DrawScript = Callable[[str, ClipInputs], Script]
"""Draws a script of this name."""
SCRIPTS: Mapping[str, DrawScript] = {
    "stops for 2 s": _stopping,
    "hidden for 15 frames": _hidden,
    "passes behind a post": _behind_a_post,
    "leaves and returns": _leaving,
    "scene cut": _cutting,
    "10 frames dropped": _dropping,
}
"""What happens, and what draws it."""

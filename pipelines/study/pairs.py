"""Scripted clips of two objects that meet: they cross, or walk together for a while and part."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from glom_video.structures import InvalidInput
from glom_video.synth.actors import Actor, actor
from glom_video.synth.clip import Clip, shoot
from glom_video.synth.scene import Scene
from glom_video_pipelines.study.scripts import (
    AROUND,
    FEET,
    FIRST_SEED,
    OTHER_SUBJECT,
    STEP,
    SUBJECT,
    WALKERS,
    ClipInputs,
    Script,
    path_along,
    setting_of,
    shown,
    standing_camera,
)

NEARER = 0.03
"""By how much the feet of the one in front are lower, in frame heights."""
TOGETHER = 15
"""Frames that two walk together."""
TOUCHING = 0.8
"""Distance of two that walk together, as a share of the mean of their widths."""

PairPaths = tuple[NDArray[np.float64], NDArray[np.float64]]
"""x of both in each frame, in frame heights from the middle."""


def _crossing(wide: float) -> PairPaths:
    """``wide``: mean width of the two. One goes right all the time, the other left."""
    reach = int(np.ceil(wide / STEP / 2)) + AROUND
    x = np.arange(-reach, reach + 1, dtype=np.float64) * STEP
    return x, -x


def _meeting(wide: float) -> PairPaths:
    """They come, walk on side by side at half the pace, and each goes its own way."""
    alone = np.arange(AROUND + int(np.ceil(0.1 * wide / STEP)) + 2) * STEP
    shift = np.concatenate(
        [0 * alone, np.arange(TOGETHER) * STEP / 2, 0 * alone + TOGETHER * STEP / 2]
    )
    apart = np.concatenate([alone[::-1], np.zeros(TOGETHER), alone])
    shift -= shift.mean()
    half = TOUCHING * wide / 2
    return shift - apart - half, shift + apart + half


def pair(name: str, given: ClipInputs) -> Script:
    """The one of PAIRS that has this name."""
    paths_of = PAIRS[name]
    aside = np.array([0.45])
    widths = _widths(_pair(given, (-aside, aside)))
    clip = _pair(given, paths_of(float(widths.mean()) / given.height))
    together = np.flatnonzero([_touch(ids) for ids in clip.objects])
    if not len(together):
        raise InvalidInput(f"in script {name!r} the two never meet", "Choose other clips.")
    return Script(
        name,
        *shown(clip),
        before=int(together[0]),
        after=int(together[-1]) + 1,
        subjects=(SUBJECT, OTHER_SUBJECT),
    )


PAIRS: Mapping[str, Callable[[float], PairPaths]] = {
    "two cross": _crossing,
    "two walk together and part": _meeting,
}
"""What happens, and where both go, by their mean width."""


def _pair(given: ClipInputs, paths: PairPaths) -> Clip:
    """Two figures on these paths, the second one nearer."""
    random = np.random.default_rng([FIRST_SEED, 7, given.seed])
    frames = len(paths[0])
    figures = [WALKERS[int(random.integers(len(WALKERS)))](random) for _ in paths]
    setting = setting_of(random, given)
    actors: list[Actor] = []
    owner: dict[int, int] = {}
    first = 1
    for subject, figure, x, near in zip(
        (SUBJECT, OTHER_SUBJECT), figures, paths, (0.0, NEARER), strict=True
    ):
        path = path_along(figure, x, FEET + near)
        made, taken = actor(
            random,
            given.textures,
            figure,
            path,
            1.0 + near,
            given.side,
            first_id=first,
            held_out=True,
            scenery=None,
        )
        actors.append(made)
        owner |= dict.fromkeys(range(first, first + taken), subject)
        first += taken
    camera = standing_camera(frames, given)
    scene = Scene(camera, setting, tuple(actors), owner, 0.0)
    return shoot(random, scene, frames, given.height, given.width, range(frames))


def _widths(clip: Clip) -> NDArray[np.int64]:
    return np.array(
        [(clip.objects[0] == subject).any(0).sum() for subject in (SUBJECT, OTHER_SUBJECT)]
    )


def _touch(ids: NDArray[np.uint8]) -> bool:
    """Whether one is beside, before or above the other, with less than a column between."""
    one, other = (np.flatnonzero((ids == subject).any(0)) for subject in (SUBJECT, OTHER_SUBJECT))
    if not len(one) or not len(other):
        return True
    return bool(max(one[0], other[0]) - min(one[-1], other[-1]) <= 6)

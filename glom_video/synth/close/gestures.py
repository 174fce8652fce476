"""Motion of a body that stays in place: mostly one part of it, slowly, with pauses; the rest sways
by less than a pixel at most."""

import numpy as np

from glom_video.synth.camera import Floats
from glom_video.synth.chance import Random, log_uniform
from glom_video.synth.close.body import FACE, HEAD, LONG, TURN, WIDE, Still, X, Y
from glom_video.synth.close.person import FORE, SIDES, UPPER

SWAY = 0.3 / 264
"""Scene units a frame: the most that a body sways which is said to be still."""
HIDDEN = ((0.45, 0.6), (1.2, 0.9), (0.4, 0.2))
"""Where a hand rests, in the torso's frame and to its own side: lap, side, desk."""
SHOWN = (
    (0.4, -0.4),
    (0.2, -1.2),
    (-0.35, -0.8),
    (0.3, -1.7),
    (0.7, -1.1),
    (0.8, -1.6),
    (1.3, -2.3),
    (1.7, -1.2),
    (1.0, -3.3),
    (0.15, -2.2),
    (0.4, -2.7),
    (0.3, -3.2),
    (0.05, -2.45),
)
"""Before desk, chest and shoulder, on the other side, beside and above; and at chin, cheek,
forehead and mouth."""


def clock(random: Random, frames: int) -> Floats:
    """(t) frames for which a part has moved so far: it may pause, begin late or end early."""
    going = np.ones(frames)
    if random.random() < 0.45:
        begin, end = sorted(random.uniform(-0.4, 1.4, 2) * frames)
        going[max(int(begin), 0) : max(int(end), 0)] = 0
    return np.asarray(np.cumsum(going) - 1, np.float64)


def reach(random: Random, time: Floats) -> Floats:
    """(t) from 0 to 1 as a hand goes from one place to another, seldom seen from end to end."""
    lasts = log_uniform(random, 7, 60)
    return minimum_jerk((time - random.uniform(-0.6 * lasts, 0.4 * len(time))) / lasts)


def minimum_jerk(share: Floats) -> Floats:
    """Of the way, from a share of the time, both from 0 to 1 (Flash and Hogan 1985)."""
    share = np.clip(share, 0, 1)
    return np.asarray(10 * share**3 - 15 * share**4 + 6 * share**5, np.float64)


def wave(random: Random, time: Floats) -> Floats:
    """(t) between -1 and 1."""
    return np.asarray(
        np.sin(log_uniform(random, 0.04, 0.7) * time + random.uniform(0, 6)),
        np.float64,
    )


def small(random: Random, time: Floats) -> Floats:
    """(t) a slow turn to and fro, or once from one place to another; between -1 and 1."""
    return wave(random, time) if random.random() < 0.55 else 2 * reach(random, time) - 1


def sway(random: Random, frames: int) -> Floats:
    """(t 2) of a body at rest, in scene units; none in a third of them."""
    rates = random.uniform(0.04, 0.3, 2)
    swing = np.sin(rates * np.arange(frames)[:, None] + random.uniform(0, 6, 2))
    return np.asarray(
        random.uniform(0, 1) * (random.random() < 0.67) * SWAY / rates * swing * [1, 0.6],
        np.float64,
    )


def lean(random: Random, still: Still, root: str) -> None:
    """All of it bends over."""
    still.of(root)[:, TURN] += (
        random.choice([-1, 1])
        * random.uniform(0.02, 0.16)
        * small(random, clock(random, still.frames))
    )


def act(random: Random, still: Still, *, idle: bool, signs: bool) -> None:
    """A person's pose: what its parts do. ``idle``: they do nothing; ``signs``: both hands and the
    head move, as in sign language."""
    channels = [*SIDES, *SIDES, HEAD, "mouth"]
    count = 0 if idle else int(random.choice([1, 2, 4], p=[0.68, 0.22, 0.1]))
    active = set(random.choice(channels, count, replace=False).tolist())
    if signs:
        active |= {*SIDES, HEAD}
    for side, name in zip((-1, 1), SIDES, strict=True):
        if signs:
            path, bend = _strokes(random, side, still.frames)
        else:
            path, bend = _gesture(random, side, still.frames, name in active)
        _follow(still, side, name, path)
        still.of(f"{name} hand")[:, TURN] += random.normal(0, 0.35) + bend
    _turn_head(random, still, HEAD in active)
    if "mouth" in active or (active and random.random() < 0.3):
        _talk(random, still)
    if not idle and random.random() < 0.3:
        at = int(random.integers(still.frames))
        still.of("eyes")[at : at + 2, WIDE] *= 0.25


def _gesture(random: Random, side: int, frames: int, moves: bool) -> tuple[Floats, Floats]:
    """(t 2) of a wrist in the torso's frame, and (t) radians that the hand bends."""
    time = clock(random, frames)
    if not moves:
        place = _place(random, side, shown=random.random() < 0.35)
        path, bend = np.repeat(place[None], frames, 0), np.zeros(frames)
    elif (kind := random.random()) < 0.5:  # from one place to another
        share = reach(random, time)[:, None]
        ends = _place(random, side, random.random() < 0.5), _place(random, side, True)
        start, end = ends if random.random() < 0.5 else ends[::-1]
        path, bend = start * (1 - share) + end * share, 0.4 * share[:, 0]
    elif kind < 0.65:  # typing, scratching: little and fast
        path = _place(random, side, True) + random.normal(
            0, random.uniform(0.005, 0.04), (frames, 2)
        )
        bend = random.normal(0, 0.1, frames)
    else:  # talking with the hand, waving
        ways = np.stack([small(random, time), small(random, time)], 1)
        swing = ways * log_uniform(random, 0.05, 0.5)
        path = _place(random, side, True) + swing
        bend = random.uniform(0, 0.7) * small(random, time)
    return path, bend


def _strokes(random: Random, side: int, frames: int) -> tuple[Floats, Floats]:
    """As ``_gesture``: short strokes from place to place, mostly before chest and face."""
    path = np.empty((frames, 2))
    at, now = 0, _place(random, side, False)
    while at < frames:
        held, stroke = int(random.integers(0, 12)), int(random.integers(4, 15))
        then = _place(random, side, random.random() < 0.9)
        share = minimum_jerk(np.arange(1 - held, stroke + 1) / stroke)[:, None]
        seen = path[at : at + held + stroke]
        seen[:] = (now * (1 - share) + then * share)[: len(seen)]
        at, now = at + held + stroke, then
    time = np.arange(frames, dtype=np.float64)
    return path, random.uniform(0, 0.7) * small(random, time)


def _place(random: Random, side: int, shown: bool) -> Floats:
    places = SHOWN if shown else HIDDEN
    return np.asarray(
        (np.array(places[int(random.integers(len(places)))]) + random.normal(0, 0.12, 2))
        * [side, 1],
        np.float64,
    )


def _follow(still: Still, side: int, name: str, wrist: Floats) -> None:
    """Puts an arm so that its wrist takes a path (t 2). The elbow stays as low as it can, and what
    points at the camera looks short."""
    upper, fore, hand = (still.of(f"{name} {piece}") for piece in ("upper", "fore", "hand"))
    shoulder = upper[:, X : Y + 1]
    away = wrist - shoulder
    wrist = shoulder + away * np.minimum(
        1, 0.95 * (UPPER + FORE) / np.linalg.norm(away, axis=1, keepdims=True)
    )
    hangs = shoulder + np.array([side * 0.55, 0.85 * UPPER])
    back = hangs - wrist
    elbow = wrist + back * np.minimum(
        1, FORE / np.maximum(np.linalg.norm(back, axis=1, keepdims=True), 1e-6)
    )
    for piece, start, end, length in ((upper, shoulder, elbow, UPPER), (fore, elbow, wrist, FORE)):
        along = end - start
        piece[:, X : Y + 1] = start
        piece[:, TURN] = np.arctan2(along[:, 1], along[:, 0])
        piece[:, LONG] = np.clip(np.linalg.norm(along, axis=1) / length, 0.3, 1.3)
    hand[:, X : Y + 1] = wrist
    hand[:, TURN] = np.unwrap(fore[:, TURN])


def _turn_head(random: Random, still: Still, moves: bool) -> None:
    """Tilts, turns and nods; a turned head is narrower and its face lies to one side."""
    head = still.of(HEAD)
    time = clock(random, still.frames) if moves else np.zeros(still.frames)
    tilt, side, nod = (small(random, time) for _ in range(3))
    head[:, TURN] += random.normal(0, 0.06) + random.uniform(0, 0.3) * tilt
    turned = random.normal(0, 0.06) + random.uniform(0, 0.16) * side
    head[:, X] += 0.4 * turned
    nodded = random.normal(0, 0.03) + random.uniform(0, 0.09) * nod
    head[:, Y] += 0.7 * nodded
    for name in (*FACE, "glasses", "beard"):
        if still.has(name):
            still.of(name)[:, X] += turned * (0.5 if name == "beard" else 1.0)
            still.of(name)[:, Y] += nodded
            still.of(name)[:, LONG] *= 1 - 0.8 * np.abs(turned)


def _talk(random: Random, still: Still) -> None:
    time = clock(random, still.frames)
    swing = np.sin(random.uniform(0.3, 1.2) * time + random.uniform(0, 3))
    opened = np.abs(swing) * random.uniform(0.5, 2.2)
    still.of("mouth")[:, WIDE] += opened
    if still.has("beard"):
        still.of("beard")[:, WIDE] += 0.06 * opened


def stir(random: Random, still: Still, root: str, idle: bool) -> None:
    """An animal's pose: its head, ears, tail or a leg moves, or it breathes."""
    others = [
        piece
        for piece in still.pieces
        if piece.group and piece.name not in (root, "eyes", "nose", "mouth")
    ]
    for piece in others:
        still.of(piece.name)[:, TURN] += random.normal(0, 0.12)
    if not idle:
        for name in random.choice(
            [piece.name for piece in others], int(random.choice([1, 2])), replace=False
        ):
            strength = random.uniform(0.05, 0.3) if name == HEAD else random.uniform(0.1, 0.7)
            still.of(str(name))[:, TURN] += strength * small(random, clock(random, still.frames))
    still.of(root)[:, WIDE] *= 1 + random.uniform(0, 0.02) * wave(
        random, np.arange(still.frames, dtype=np.float64)
    )

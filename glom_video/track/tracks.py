"""What is remembered of one island over time."""

import math
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

from glom_video.structures import CUES, Islands, Tracks
from glom_video.track.step import Step

EMBEDDING_MOMENTUM = 0.8
"""Share of a track's embedding that is kept when it is seen again."""
VELOCITY_DECAY_SECONDS = 1.0
"""Seconds after which observations of velocity and appearance count e times less."""
SIZE_DECAY_SECONDS = 2.0
"""Seconds after which the largest area seen counts e times less."""
FLASH_FRAMES = 3
"""A track seen in at most this many frames is a flash."""
FLASH_SECONDS = 1.0
"""Seconds for which a flash is remembered."""
WHOLE = 0.75
"""Share of its size above which a track counts as seen whole."""
COURSE_DECAY_SECONDS = 2.0
"""Seconds after which a distance moved counts e times less; otherwise tiny errors per frame would
add up to motion of still things."""


@dataclass(frozen=True, slots=True)
class Track:
    """An object, an island of several objects, or a part."""

    id: int
    embedding: Float32[np.ndarray, " d"]
    appearance: Float32[np.ndarray, " d"]
    """Mean appearance so far, weighted as ``velocity``."""
    membership: Float32[np.ndarray, "hs ws"]
    pose: Float32[np.ndarray, " 6"]
    velocity: Float32[np.ndarray, " 2"]
    """Mean velocity so far, as in ``pose``; recent frames and large areas count more. The rest of
    an island that goes behind something hardly moves, is small, and shows little of its
    appearance."""
    offset: Float32[np.ndarray, " 2"]
    """Centre minus the owner's centre, as in ``pose``; without an owner, the centre."""
    course: Float32[np.ndarray, " 2"]
    """Displacement against the camera, in roots of the frame's area; fades."""
    weight: float
    """Weight of ``velocity``: fading sum of shares of the frame's area."""
    size: float
    """Largest share of the frame's area so far, fading."""
    reach: float
    """Largest length of ``course`` so far."""
    born_index: int
    born_seconds: float
    seen_index: int
    seen_seconds: float
    whole_pose: Float32[np.ndarray, " 6"]
    """Its pose when it was last seen with most of its area, with its largest area and mean velocity
    by then."""
    cues: Float32[np.ndarray, " c"]
    """Of an object: mean cues of its islands over the frames in which it was seen."""
    owner: int = 0
    """Of a part: id of its object, for life, unless that becomes a piece of another or goes its own
    way; 0 = none."""
    piece: int = 0
    """Of a part: id of the track that it lies in, its owner or a piece of it."""
    number: int = 0
    """Of a part: its number among all parts that its object ever had, from 1."""
    whole_seconds: float = 0.0
    """When it was last seen with most of its area."""
    origin: int = 0
    """Of an object: id of the one beside which it was first seen and from which it was never apart;
    0 = none."""
    frames_seen: int = 1
    absent_seconds: float = 0.0
    """Time since it was seen, not counting times when it could not be."""

    @property
    def area(self) -> float:
        """Share of the frame's area, when it was last seen."""
        return float(self.pose[2]) ** 2


def area_of(islands: Islands, row: int) -> float:
    """Share of the frame's area that an island has."""
    return float(islands.pose[row, 2]) ** 2


def embedding_cosines(
    embeddings: Float32[np.ndarray, "k d"], tracks: Sequence[Track]
) -> Float32[np.ndarray, "k j"]:
    """Cosine of each embedding, of unit norm, to that of each track."""
    return embeddings @ np.stack([track.embedding for track in tracks]).T


def appearance_cosines(
    appearance: Float32[np.ndarray, "k d"], tracks: Sequence[Track]
) -> Float32[np.ndarray, "k j"]:
    """Cosine of each appearance, of unit norm, to that of each track."""
    return appearance @ np.stack([track.appearance for track in tracks]).T


def born(track_id: int, islands: Islands, i: int, step: Step) -> Track:
    """A new track of an island."""
    pose, area = islands.pose[i], area_of(islands, i)
    return Track(
        id=track_id,
        embedding=islands.embeddings[i],
        appearance=islands.appearance[i],
        membership=islands.memberships[1 + i].copy(),
        pose=pose,
        velocity=pose[4:6],
        offset=pose[:2],
        course=np.zeros(2, np.float32),
        weight=area,
        size=area,
        reach=0.0,
        born_index=step.index,
        born_seconds=step.now,
        seen_index=step.index,
        seen_seconds=step.now,
        whole_pose=pose,
        whole_seconds=step.now,
        cues=_cues(islands, i),
    )


def continued(track: Track, islands: Islands, i: int, step: Step) -> Track:
    """The same track, seen as island ``i`` of this frame."""
    pose, area = islands.pose[i], area_of(islands, i)
    passed = step.now - track.seen_seconds
    weight = track.weight * math.exp(-passed / VELOCITY_DECAY_SECONDS) + area
    share = np.float32(area / max(weight, 1e-9))
    appearance = track.appearance + share * (islands.appearance[i] - track.appearance)
    size = max(area, track.size * math.exp(-passed / SIZE_DECAY_SECONDS))
    velocity = track.velocity + share * (pose[4:6] - track.velocity)
    is_whole = area >= WHOLE * size
    return replace(
        track,
        embedding=_unit(
            EMBEDDING_MOMENTUM * track.embedding + (1 - EMBEDDING_MOMENTUM) * islands.embeddings[i]
        ),
        appearance=_unit(appearance),
        # A view would keep all islands of its frame in memory.
        membership=islands.memberships[1 + i].copy(),
        pose=pose,
        velocity=velocity,
        weight=weight,
        size=size,
        whole_seconds=step.now if is_whole else track.whole_seconds,
        whole_pose=_at_largest(pose, size, velocity) if is_whole else track.whole_pose,
        seen_index=step.index,
        seen_seconds=step.now,
        cues=track.cues + (_cues(islands, i) - track.cues) / np.float32(track.frames_seen + 1),
        frames_seen=track.frames_seen + 1,
        absent_seconds=0.0,
    )


def visible_before(tracks: Iterable[Track], step: Step) -> list[Track]:
    """Those that were visible in the previous frame."""
    return [track for track in tracks if track.seen_index == step.last_index]


def reachable(tracks: Sequence[Track], step: Step) -> Sequence[Track]:
    """Those that an island may continue; after a cut only those of the previous frame."""
    return visible_before(tracks, step) if step.is_cut else tracks


def missed_frames(old: Track | None, step: Step, were_visible: Set[int] = frozenset()) -> int:
    """For how many frames a track was not seen before it is seen again; 0 for a new one.

    Args:
        were_visible: ids that were visible in the previous frame. A group's leader, which was last
            seen alone before that, is among them.
    """
    if old is None or old.seen_index == step.last_index or old.id in were_visible:
        return 0
    return step.index - old.seen_index - 1


def was_just_seen(track: Track, step: Step) -> bool:
    """Whether it was visible in the previous frame, however long ago that was, and neither a cut
    nor a gap lies between."""
    return track.seen_index == step.last_index and not step.is_cut


def is_remembered(track: Track, step: Step, longest: float) -> bool:
    """Whether a track is still remembered: if it is out of sight, for ``longest`` seconds, or
    FLASH_SECONDS if it was a flash, whose id could otherwise go to what comes out from behind
    something."""
    is_flash = track.frames_seen <= FLASH_FRAMES
    most = min(longest, FLASH_SECONDS) if is_flash else longest
    return was_just_seen(track, step) or bool(step.now - track.seen_seconds <= most)


def moved_on(track: Track, velocity: Float32[np.ndarray, " 2"], passed: float) -> Track:
    """The track ``passed`` seconds later, with its displacement against the camera added."""
    faded = track.course * np.float32(math.exp(-passed / COURSE_DECAY_SECONDS))
    course = faded + velocity * np.float32(passed)
    return replace(track, course=course, reach=max(track.reach, math.hypot(*course.tolist())))


def as_tracks(
    islands: Islands,
    current: Sequence[Track],
    step: Step,
    *,
    missed: Sequence[int],
    owners: Sequence[int],
    names: Sequence[str],
    score: Float32[np.ndarray, " k"],
) -> Tracks:
    """Tracks of a frame, one row per island."""
    return Tracks(
        ids=np.array([track.id for track in current], np.int32),
        parent_ids=np.array(owners, np.int32),
        embeddings=islands.embeddings,
        agreement=islands.agreement,
        score=score,
        pose=islands.pose,
        read_pose=islands.read_pose,
        memberships=islands.memberships,
        age_frames=np.array([step.index - track.born_index + 1 for track in current], np.int32),
        age_seconds=np.array([step.now - track.born_seconds for track in current], np.float32),
        missed_frames=np.array(missed, np.int32),
        names=tuple(names),
        inside=islands.inside,
    )


def _cues(islands: Islands, i: int) -> Float32[np.ndarray, " c"]:
    """Cues of an island; 0 if none are measured."""
    return np.zeros(len(CUES), np.float32) if islands.cues is None else islands.cues[i].copy()


def _at_largest(
    pose: Float32[np.ndarray, " 6"], size: float, velocity: Float32[np.ndarray, " 2"]
) -> Float32[np.ndarray, " 6"]:
    """A pose with another area and velocity."""
    return np.array([*pose[:2], math.sqrt(size), pose[3], *velocity], np.float32)


def _unit(vector: Float32[np.ndarray, " d"]) -> Float32[np.ndarray, " d"]:
    # A third of the time of linalg.norm.
    length = np.float32(math.sqrt(vector @ vector))
    return np.asarray(vector / max(length, np.float32(1e-9)), np.float32)

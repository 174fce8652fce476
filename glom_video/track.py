"""Islands of each frame -> tracks with permanent ids: one Tracker per clip.

An island continues the track that it resembles (cosine of embeddings) and that the flow brings to its place (overlap of memberships);
a track out of sight is found again by what it looks like, near where its course would have taken it, for a while. A cut ends all tracks but
those that are found unmoved: another scene has other objects, and what was no cut but a flash costs no id.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float, Float32
from scipy.optimize import linear_sum_assignment

from glom_video.structures import LEVEL_NAMES, Islands, Motion, Parse, Tracks

Sources = Float32[np.ndarray, "hs ws 2"]
"""(x, y) on the grid of memberships of where what is now in each cell was in the frame before."""

LEAST_AFFINITY = 0.35
"""Below this an island starts a track of its own."""
LEAST_COSINE = 0.3
MEMORY = 0.8
"""Share of a track's embedding that stays when it is seen again."""
COURSE_MEMORY = 0.5
"""Seconds after which what was seen of a track's velocity counts e times less."""
LONGEST_COURSE = 1.0
"""Seconds for which a hidden track is taken to have gone on as it went."""
YOUNG = 1.0
"""Seconds after its birth until which a track may turn out to be one that was hidden."""
LOOKS_THE_SAME = 0.5
"""Cosine of appearances above which it may. Far below it young tracks that go on well are given the ids of pieces that were seen before them; above
it ids outlast fewer occlusions (with the weights of the sixth run 5 of 12 scripted ones, and 3 at 0.6; objects' FG-ARI over twelve rendered clips of
60 frames is .522 and .523)."""
REACH = 0.25
"""A hidden track may come back within this share of the frame's diagonal of where it is expected."""


@dataclass(frozen=True, slots=True)
class Track:
    """What is remembered of one island over time."""

    id: int
    embedding: Float32[np.ndarray, " d"]
    appearance: Float32[np.ndarray, " d"]
    membership: Float32[np.ndarray, "hs ws"]
    pose: Float32[np.ndarray, " 6"]
    course: Float32[np.ndarray, " 2"]
    """Velocity, as in ``pose``: the mean of what was seen so far, recent frames and large areas counting more. What is left of an island that goes
    behind something hardly moves, and is small."""
    weight: float
    """Of ``course``: shares of the frame's area, summed as they fade."""
    born_index: int
    born_seconds: float
    seen_index: int
    seen_seconds: float


ARRAYS = ("embedding", "appearance", "membership", "pose", "course")
NUMBERS = ("id", "weight", "born_index", "born_seconds", "seen_index", "seen_seconds")
"""Fields of a Track, as they are saved."""


@dataclass(slots=True)
class Tracker:
    """Gives islands ids that last. Ids start at 1 per level and are never used again."""

    max_missed_seconds: float = 1.5
    live: dict[str, list[Track]] = field(default_factory=lambda: {name: [] for name in LEVEL_NAMES})
    next_id: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEVEL_NAMES, 1))
    last_index: int = -1
    """The frame that was looked at before; ``motion`` leads back to it, however many frames were dropped since."""

    def update(self, parse: Parse, motion: Motion, index: int, pts_seconds: float, *, remembers: bool = True) -> dict[str, Tracks]:
        """Tracks that are visible in this frame, per level; parts carry the id of their parent object's track.

        ``remembers``: False for a damaged picture, after which all is as before, but for the ids that were given: these are used up.
        """
        known = dict(self.live)
        sources = None if motion.is_cut else _sources(motion, *parse.islands["object"].memberships.shape[1:])
        objects = self._update_level("object", parse.islands["object"], sources, index, pts_seconds)
        parts = self._update_level("part", parse.islands["part"], sources, index, pts_seconds)
        if remembers:
            self.last_index = index
        else:
            self.live = known
        of_object = np.concatenate([np.zeros(1, np.int32), objects.ids])
        return {"part": replace(parts, parent_ids=of_object[parse.parent]), "object": objects}

    def seen_before(self) -> dict[str, Float32[np.ndarray, "j d"]]:
        """Embeddings, as they are remembered, of the tracks that were seen in the frame before, by level; no entry where there were none."""
        seen = {name: [track.embedding for track in live if track.seen_index == self.last_index] for name, live in self.live.items()}
        return {name: np.stack(embeddings) for name, embeddings in seen.items() if embeddings}

    def _update_level(self, name: str, islands: Islands, sources: Sources | None, index: int, now: float) -> Tracks:
        recent = (track for track in self.live[name] if now - track.seen_seconds <= self.max_missed_seconds)
        known = [track for track in recent if track.seen_index == self.last_index or sources is not None]
        matched = _associate(known, self.last_index, islands, sources, now)
        before = [known[matched[i]] if i in matched else None for i in range(len(islands.embeddings))]
        current = [self._continued(old, islands, i, index, now) if old else self._born(name, islands, i, index, now) for i, old in enumerate(before)]
        missed = [0 if old is None or old.seen_index == self.last_index else index - old.seen_index - 1 for old in before]
        again = set(matched.values())
        self.live[name] = current + [track for j, track in enumerate(known) if j not in again and sources is not None]
        return Tracks(
            ids=np.array([track.id for track in current], np.int32),
            parent_ids=np.zeros(len(current), np.int32),
            embeddings=islands.embeddings,
            agreement=islands.agreement,
            pose=islands.pose,
            read_pose=islands.read_pose,
            memberships=islands.memberships,
            age_frames=np.array([index - track.born_index + 1 for track in current], np.int32),
            age_seconds=np.array([now - track.born_seconds for track in current], np.float32),
            missed_frames=np.array(missed, np.int32),
            inside=islands.inside,
        )

    def _born(self, name: str, islands: Islands, i: int, index: int, now: float) -> Track:
        number = self.next_id[name]
        self.next_id[name] += 1
        pose = islands.pose[i]
        area, membership = float(pose[2]) ** 2, islands.memberships[1 + i].copy()
        return Track(number, islands.embeddings[i], islands.appearance[i], membership, pose, pose[4:6], area, index, now, index, now)

    def _continued(self, track: Track, islands: Islands, i: int, index: int, now: float) -> Track:
        area = float(islands.pose[i, 2]) ** 2
        faded = track.weight * math.exp((track.seen_seconds - now) / COURSE_MEMORY)
        weight = faded + area
        return replace(
            track,
            embedding=_remembered(track.embedding, islands.embeddings[i]),
            appearance=_remembered(track.appearance, islands.appearance[i]),
            membership=islands.memberships[1 + i].copy(),  # a view would keep all islands of its frame in memory
            pose=islands.pose[i],
            course=track.course + np.float32(area / max(weight, 1e-9)) * (islands.pose[i, 4:6] - track.course),
            weight=weight,
            seen_index=index,
            seen_seconds=now,
        )

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Everything remembered, as arrays and as plain numbers, for saving."""
        arrays: dict[str, np.ndarray] = {}
        tracks: dict[str, list[dict[str, float]]] = {}
        for name, live in self.live.items():
            arrays |= {f"{name}.{j}.{item}": getattr(track, item) for j, track in enumerate(live) for item in ARRAYS}
            tracks[name] = [{item: getattr(track, item) for item in NUMBERS} for track in live]
        return arrays, {"max_missed_seconds": self.max_missed_seconds, "next_id": self.next_id, "last_index": self.last_index, "tracks": tracks}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], numbers: Mapping[str, Any]) -> "Tracker":
        """Inverse of ``to_arrays``."""

        def track(name: str, j: int, plain: dict[str, Any]) -> Track:
            stored: dict[str, Any] = {item: arrays[f"{name}.{j}.{item}"] for item in ARRAYS}
            return Track(**plain, **stored)

        live = {name: [track(name, j, plain) for j, plain in enumerate(tracks)] for name, tracks in numbers["tracks"].items()}
        return cls(numbers["max_missed_seconds"], live, dict(numbers["next_id"]), numbers["last_index"])


def _remembered(old: Float32[np.ndarray, " d"], new: Float32[np.ndarray, " d"]) -> Float32[np.ndarray, " d"]:
    """The mean of what was seen so far, recent frames counting more. Unit norm."""
    mean = MEMORY * old + (1 - MEMORY) * new
    return np.asarray(mean / np.float32(math.sqrt(mean @ mean)), np.float32)  # a third of the time of linalg.norm


def _associate(known: list[Track], last_index: int, islands: Islands, sources: Sources | None, now: float) -> dict[int, int]:
    """Island row -> place in ``known``, at most one each, of highest total affinity: tracks seen in the frame before first, then hidden ones.

    What comes out from behind something is at first too little to be known again: a young track may still turn out to be one that was hidden
    before it was born, if it looks the same.
    """
    if not known or not len(islands.embeddings):
        return {}
    rows = list(range(len(islands.embeddings)))
    seen = [j for j, track in enumerate(known) if track.seen_index == last_index]
    hidden = [j for j, track in enumerate(known) if track.seen_index != last_index]
    matched: dict[int, int] = {}
    if seen:
        matched = _best(_continuing([known[j] for j in seen], islands, rows, sources, now), rows, seen)
    free = [i for i in rows if i not in matched or now - known[matched[i]].born_seconds < YOUNG]
    if hidden and free:
        matched |= _best(
            _returning([known[j] for j in hidden], [known[matched[i]] if i in matched else None for i in free], islands, free, now), free, hidden
        )
    return matched


def _best(scores: Float[np.ndarray, "rows tracks"], rows: Sequence[int], places: Sequence[int]) -> dict[int, int]:
    """Row -> place, at most one each, of highest total affinity."""
    chosen = zip(*linear_sum_assignment(-scores), strict=True)
    return {rows[r]: places[c] for r, c in chosen if scores[r, c] >= LEAST_AFFINITY}


def _continuing(tracks: list[Track], islands: Islands, rows: list[int], sources: Sources | None, now: float) -> Float[np.ndarray, "rows tracks"]:
    """Affinity to tracks seen in the frame before: half resemblance, half overlap after the flow has moved them. After a cut, through which no
    flow leads, the lesser of the two, where nothing has moved."""
    cosine = islands.embeddings[rows] @ np.stack([track.embedding for track in tracks]).T
    here = islands.memberships[1:][rows]
    if sources is None:
        return np.minimum(cosine, _overlaps([track.membership for track in tracks], here))
    overlap = _overlaps([_warped(track.membership, sources) for track in tracks], here)
    return np.where((cosine > LEAST_COSINE) | (overlap > 0.5), 0.5 * np.clip(cosine, 0, 1) + 0.5 * overlap, 0.0)


def _overlaps(before: Sequence[Float32[np.ndarray, "ho wo"]], here: Float32[np.ndarray, "rows hs ws"]) -> Float32[np.ndarray, "rows tracks"]:
    """Soft intersection over union of memberships; none between grids of two sizes."""
    if before[0].shape != here.shape[1:]:
        return np.zeros((len(here), len(before)), np.float32)
    known, now = np.stack(before).reshape(len(before), -1), here.reshape(len(here), -1)
    shared = now @ known.T
    union = np.einsum("ij,ij->i", now, now)[:, None] + np.einsum("ij,ij->i", known, known)[None] - shared
    return shared / np.maximum(union, 1e-6)


def _returning(tracks: list[Track], current: list[Track | None], islands: Islands, rows: list[int], now: float) -> Float[np.ndarray, "rows tracks"]:
    """Affinity to tracks out of sight: resemblance, half of it what they look like, if the place is one that they could have reached. An island
    that continues a ``current`` track may be one only of those that vanished before that was born, and that look the same.
    """
    vanished = np.array([track.seen_seconds for track in tracks])
    hidden = now - vanished
    last = np.stack([track.pose for track in tracks])
    course = np.stack([track.course for track in tracks])
    expected = last[:, :2] + course * np.minimum(hidden, LONGEST_COURSE)[:, None]
    distance = np.linalg.norm(islands.pose[rows][:, None, :2] - expected[None], axis=-1) / 2**0.5
    reach = REACH + 0.5 * np.linalg.norm(course, axis=-1) * hidden
    cosine = islands.embeddings[rows] @ np.stack([track.embedding for track in tracks]).T
    looks = islands.appearance[rows] @ np.stack([track.appearance for track in tracks]).T
    is_new = np.array([track is None for track in current])[:, None]
    born = np.array([math.inf if track is None else track.born_seconds for track in current])[:, None]
    may_be = (distance < reach) & (vanished < born) & (is_new | (looks > LOOKS_THE_SAME))
    return np.where(may_be, 0.5 * (cosine + looks) - 0.2 * distance, 0.0)


def _sources(motion: Motion, height: int, width: int) -> Sources:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([x, y], -1) + motion.flow_in_cells(height, width)


def _warped(membership: Float32[np.ndarray, "ho wo"], sources: Sources) -> Float32[np.ndarray, "h w"]:
    """A membership of the frame before, brought to this frame; as it was where it is of another grid."""
    import cv2

    return cv2.remap(membership, sources, None, cv2.INTER_LINEAR) if membership.shape == sources.shape[:2] else membership

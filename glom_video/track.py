"""Islands of each frame -> tracks with permanent ids: one Tracker per clip.

Each frame islands are assigned to the active tracks, those of the frame before, by cosine of
embeddings and overlap of memberships warped along the flow; then the others to lost tracks, by
embedding, appearance and distance from the position that a track's velocity predicts
(re-identification). A cut ends all tracks but those that match in place: so a flash that is
taken for a cut costs no id.
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
"""(x, y) in cells of the membership grid: where each cell's content was in the frame before."""

MATCH_THRESHOLD = 0.35
"""Affinity below which an island starts a new track."""
COSINE_THRESHOLD = 0.3
EMBEDDING_MOMENTUM = 0.8
"""Weight of the old value in the running means of embedding and appearance."""
VELOCITY_DECAY_SECONDS = 0.5
"""Seconds in which the weight of an observed velocity falls e-fold."""
PREDICTION_SECONDS = 1.0
"""Seconds for which a lost track is predicted at constant velocity; it stays there after."""
REIDENTIFICATION_SECONDS = 1.0
"""Age up to which a track may still be re-identified as a track that was lost before it began."""
SAME_APPEARANCE = 0.5
"""Least similarity of appearance for that. Far below it young tracks that go on well are given the ids of pieces that were seen before them; above
it ids outlast fewer occlusions (with the weights of the sixth run 5 of 12 scripted ones, and 3 at 0.6; objects' FG-ARI over twelve rendered clips of
60 frames is .522 and .523)."""
SEARCH_RADIUS = 0.25
"""Distance from the predicted position within which a lost track is looked for, as a share of the frame's diagonal."""


@dataclass(frozen=True, slots=True)
class Track:
    """State of one track. ``pose`` and ``velocity`` as in ``Islands.pose``."""

    id: int
    embedding: Float32[np.ndarray, " d"]
    appearance: Float32[np.ndarray, " d"]
    membership: Float32[np.ndarray, "hs ws"]
    pose: Float32[np.ndarray, " 6"]
    velocity: Float32[np.ndarray, " 2"]
    """Running mean, weighted by area and recency: what is left of an island that goes behind something hardly moves, and is small."""
    weight: float
    """Of ``velocity``: areas as shares of the frame, summed with their decay."""
    born_index: int
    born_seconds: float
    seen_index: int
    seen_seconds: float


ARRAYS = ("embedding", "appearance", "membership", "pose", "velocity")
NUMBERS = ("id", "weight", "born_index", "born_seconds", "seen_index", "seen_seconds")
"""Fields of a Track, as they are saved."""


@dataclass(slots=True)
class Tracker:
    """Assigns islands to tracks. Ids start at 1 per level and are never used again.

    ``max_missed_seconds``: how long a lost track is kept for re-identification.
    """

    max_missed_seconds: float = 1.5
    live: dict[str, list[Track]] = field(default_factory=lambda: {name: [] for name in LEVEL_NAMES})
    next_id: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEVEL_NAMES, 1))
    last_index: int = -1
    """Index of the last frame; ``motion`` leads back to it, however many frames were dropped since."""

    def update(self, parse: Parse, motion: Motion, index: int, pts_seconds: float, *, is_kept: bool = True) -> dict[str, Tracks]:
        """Tracks that are visible in this frame, per level; parts carry the id of their parent object's track.

        ``is_kept``: False for a corrupt frame, which changes no track; ids given in it are used up.
        """
        known = dict(self.live)
        sources = None if motion.is_cut else _source_positions(motion, *parse.islands["object"].memberships.shape[1:])
        objects = self._update_level("object", parse.islands["object"], sources, index, pts_seconds)
        parts = self._update_level("part", parse.islands["part"], sources, index, pts_seconds)
        if is_kept:
            self.last_index = index
        else:
            self.live = known
        of_object = np.concatenate([np.zeros(1, np.int32), objects.ids])
        return {"part": replace(parts, parent_ids=of_object[parse.parent]), "object": objects}

    def active_embeddings(self) -> dict[str, Float32[np.ndarray, "j d"]]:
        """Mean embeddings of the tracks that were matched in the last frame, by level; no entry where there were none."""
        active = {name: [track.embedding for track in live if track.seen_index == self.last_index] for name, live in self.live.items()}
        return {name: np.stack(embeddings) for name, embeddings in active.items() if embeddings}

    def _update_level(self, name: str, islands: Islands, sources: Sources | None, index: int, now: float) -> Tracks:
        recent = (track for track in self.live[name] if now - track.seen_seconds <= self.max_missed_seconds)
        known = [track for track in recent if track.seen_index == self.last_index or sources is not None]
        matched = _associate(known, self.last_index, islands, sources, now)
        before = [known[matched[i]] if i in matched else None for i in range(len(islands.embeddings))]
        current = [
            self._updated_track(old, islands, i, index, now) if old else self._new_track(name, islands, i, index, now) for i, old in enumerate(before)
        ]
        missed = [0 if old is None or old.seen_index == self.last_index else index - old.seen_index - 1 for old in before]
        taken = set(matched.values())
        self.live[name] = current + [track for j, track in enumerate(known) if j not in taken and sources is not None]
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

    def _new_track(self, name: str, islands: Islands, i: int, index: int, now: float) -> Track:
        number = self.next_id[name]
        self.next_id[name] += 1
        pose = islands.pose[i]
        area, membership = float(pose[2]) ** 2, islands.memberships[1 + i].copy()
        return Track(number, islands.embeddings[i], islands.appearance[i], membership, pose, pose[4:6], area, index, now, index, now)

    def _updated_track(self, track: Track, islands: Islands, i: int, index: int, now: float) -> Track:
        area = float(islands.pose[i, 2]) ** 2
        faded = track.weight * math.exp((track.seen_seconds - now) / VELOCITY_DECAY_SECONDS)
        weight = faded + area
        return replace(
            track,
            embedding=_running_mean(track.embedding, islands.embeddings[i]),
            appearance=_running_mean(track.appearance, islands.appearance[i]),
            membership=islands.memberships[1 + i].copy(),  # a view would keep all islands of its frame in memory
            pose=islands.pose[i],
            velocity=track.velocity + np.float32(area / max(weight, 1e-9)) * (islands.pose[i, 4:6] - track.velocity),
            weight=weight,
            seen_index=index,
            seen_seconds=now,
        )

    def to_arrays(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """All state, as arrays and as plain numbers, for saving."""
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


def _running_mean(old: Float32[np.ndarray, " d"], new: Float32[np.ndarray, " d"]) -> Float32[np.ndarray, " d"]:
    """Exponential moving average of unit vectors, normalised."""
    mean = EMBEDDING_MOMENTUM * old + (1 - EMBEDDING_MOMENTUM) * new
    return np.asarray(mean / np.float32(math.sqrt(mean @ mean)), np.float32)  # a third of the time of linalg.norm


def _associate(known: list[Track], last_index: int, islands: Islands, sources: Sources | None, now: float) -> dict[int, int]:
    """Island row -> place in ``known``, at most one each: active tracks first, then lost ones.

    What reappears is at first too small to be recognised: a new track may still be re-identified
    as one that was lost before it began, if its appearance is the same.
    """
    if not known or not len(islands.embeddings):
        return {}
    rows = list(range(len(islands.embeddings)))
    active = [j for j, track in enumerate(known) if track.seen_index == last_index]
    lost = [j for j, track in enumerate(known) if track.seen_index != last_index]
    matched: dict[int, int] = {}
    if active:
        matched = _assign(_affinity_to_active([known[j] for j in active], islands, rows, sources), rows, active)
    free = [i for i in rows if i not in matched or now - known[matched[i]].born_seconds < REIDENTIFICATION_SECONDS]
    if lost and free:
        matched |= _assign(
            _affinity_to_lost([known[j] for j in lost], [known[matched[i]] if i in matched else None for i in free], islands, free, now), free, lost
        )
    return matched


def _assign(scores: Float[np.ndarray, "rows tracks"], rows: Sequence[int], places: Sequence[int]) -> dict[int, int]:
    """Row -> place, at most one each, of highest total affinity."""
    chosen = zip(*linear_sum_assignment(-scores), strict=True)
    return {rows[r]: places[c] for r, c in chosen if scores[r, c] >= MATCH_THRESHOLD}


def _affinity_to_active(tracks: list[Track], islands: Islands, rows: list[int], sources: Sources | None) -> Float[np.ndarray, "rows tracks"]:
    """Affinity to tracks of the frame before: mean of cosine and of overlap after warping. After a cut, which has no flow, the lesser of the
    two without warping."""
    cosine = islands.embeddings[rows] @ np.stack([track.embedding for track in tracks]).T
    here = islands.memberships[1:][rows]
    if sources is None:
        return np.minimum(cosine, _overlaps([track.membership for track in tracks], here))
    overlap = _overlaps([_warped_membership(track.membership, sources) for track in tracks], here)
    return np.where((cosine > COSINE_THRESHOLD) | (overlap > 0.5), 0.5 * np.clip(cosine, 0, 1) + 0.5 * overlap, 0.0)


def _overlaps(before: Sequence[Float32[np.ndarray, "ho wo"]], here: Float32[np.ndarray, "rows hs ws"]) -> Float32[np.ndarray, "rows tracks"]:
    """Soft intersection over union of memberships; none between grids of two sizes."""
    if before[0].shape != here.shape[1:]:
        return np.zeros((len(here), len(before)), np.float32)
    known, now = np.stack(before).reshape(len(before), -1), here.reshape(len(here), -1)
    shared = now @ known.T
    union = np.einsum("ij,ij->i", now, now)[:, None] + np.einsum("ij,ij->i", known, known)[None] - shared
    return shared / np.maximum(union, 1e-6)


def _affinity_to_lost(
    tracks: list[Track], current: list[Track | None], islands: Islands, rows: list[int], now: float
) -> Float[np.ndarray, "rows tracks"]:
    """Affinity to lost tracks: mean of cosine and appearance similarity, less for the distance, and 0 outside of the search radius. An island
    that is matched to a ``current`` track may only be one that was lost before that began, with the same appearance.
    """
    lost_seconds = np.array([track.seen_seconds for track in tracks])
    lost_for = now - lost_seconds
    last = np.stack([track.pose for track in tracks])
    velocity = np.stack([track.velocity for track in tracks])
    expected = last[:, :2] + velocity * np.minimum(lost_for, PREDICTION_SECONDS)[:, None]
    distance = np.linalg.norm(islands.pose[rows][:, None, :2] - expected[None], axis=-1) / 2**0.5
    radius = SEARCH_RADIUS + 0.5 * np.linalg.norm(velocity, axis=-1) * lost_for
    cosine = islands.embeddings[rows] @ np.stack([track.embedding for track in tracks]).T
    appearance_similarity = islands.appearance[rows] @ np.stack([track.appearance for track in tracks]).T
    is_new = np.array([track is None for track in current])[:, None]
    born = np.array([math.inf if track is None else track.born_seconds for track in current])[:, None]
    is_candidate = (distance < radius) & (lost_seconds < born) & (is_new | (appearance_similarity > SAME_APPEARANCE))
    return np.where(is_candidate, 0.5 * (cosine + appearance_similarity) - 0.2 * distance, 0.0)


def _source_positions(motion: Motion, height: int, width: int) -> Sources:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([x, y], -1) + motion.flow_in_cells(height, width)


def _warped_membership(membership: Float32[np.ndarray, "ho wo"], sources: Sources) -> Float32[np.ndarray, "h w"]:
    """A membership of the frame before, warped to this frame; unchanged where it is of another grid."""
    import cv2

    return cv2.remap(membership, sources, None, cv2.INTER_LINEAR) if membership.shape == sources.shape[:2] else membership

"""Which track each island continues.

An island continues the track that it resembles (cosine of embeddings) and that the flow brings to
its place (overlap of memberships). For a while, a track out of sight is found again by its
appearance, near where its velocity predicts it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32

from glom_video.structures import Islands, best_matching
from glom_video.track.step import Step
from glom_video.track.tracks import Track, appearance_cosines, embedding_cosines

MATCH_THRESHOLD = 0.35
"""Affinity below which an island starts a new track."""
COSINE_THRESHOLD = 0.3
"""Cosine of vectors above which an island may continue a track; else it has to overlap it by more
than half."""
PREDICTION_SECONDS = 3.0
"""Seconds for which a hidden track is assumed to keep its velocity."""
REIDENTIFICATION_SECONDS = 2.0
"""Seconds after its birth in which a track may turn out to be a hidden one."""
PASSING = 3.0
"""The same for one that passes behind something narrow, where its front comes out before its rest
is hidden."""
SAME_APPEARANCE = 0.5
"""Cosine of appearances above which a young track may be a hidden one. With a much lower one, young
tracks that go on well would get the ids of pieces seen before them."""
LEAST_APPEARANCE = 0.2
"""Cosine of appearances below which an island is never a hidden track, wherever that is expected.
Otherwise standing things nearby would take the place of what comes out from behind something."""
SURELY_SAME_APPEARANCE = 0.85
"""The same for a hidden track that was seen beside the island's own: two objects have a cosine of
.8, one object before and after an occlusion .94 to .99."""
SHRUNK = 0.5
"""Share of its former area below which a track was vanishing when it was last seen."""
SEARCH_RADIUS = 0.25
"""Share of the frame's diagonal within which a hidden track may come back around its expected
place."""
OUTWEIGHING_DISTANCE = 0.5
"""Distance that outweighs a resemblance of 1, as a share of the frame's diagonal, measured beyond
the track's extent from its expected place; it grows by this with each second out of sight. Soon
after a track was seen, place says more than appearance, since most islands that wrongly take a lost
id lie far away. Within the extent any place is possible, because only a piece may be seen."""


@dataclass(frozen=True, slots=True)
class Association:
    """Result of the association."""

    matched: dict[int, int]
    """Island row -> index in ``known``, at most one each."""
    mistaken: set[int]
    """Indices of young tracks whose islands turned out to be hidden tracks."""


def associate(
    known: Sequence[Track],
    islands: Islands,
    step: Step,
    *,
    centres: Float32[np.ndarray, "j 2"],
    allowed: Bool[np.ndarray, "k j"],
    settled: frozenset[int] = frozenset(),
) -> Association:
    """Match islands to tracks with the highest total affinity: first those seen in the previous
    frame, then hidden ones.

    What comes out from behind something is at first too small to be recognised. So a young track
    may still turn out to be one that was hidden before its birth, or the first visible piece of
    one, if its appearance is the same.

    Args:
        centres: expected centre of each known track, as in ``pose``.
        allowed: which island may continue which track.
        settled: ids of tracks that never turn out to be others, however young.
    """
    if not known or not len(islands.embeddings):
        return Association({}, set())
    active = [j for j, track in enumerate(known) if track.seen_index == step.last_index]
    hidden = [j for j, track in enumerate(known) if track.seen_index != step.last_index]
    matched: dict[int, int] = {}
    if active:
        rows = list(range(len(islands.embeddings)))
        scores = _affinity_to_active([known[j] for j in active], islands, step)
        matched = _assign(np.where(allowed[:, active], scores, 0.0), rows, active)
    before = {i: known[j] for i, j in matched.items()}
    free = [i for i in range(len(islands.embeddings)) if _is_open(before.get(i), step.now, settled)]
    found: dict[int, int] = {}
    if hidden and free:
        current = [before.get(i) for i in free]
        tracks = [known[j] for j in hidden]
        scores = _affinity_to_lost(tracks, current, islands, free, step.now, centres[hidden])
        found = _assign(np.where(allowed[np.ix_(free, hidden)], scores, 0.0), free, hidden)
    return Association(matched | found, {matched[i] for i in found if i in matched})


def _is_open(track: Track | None, now: float, settled: frozenset[int]) -> bool:
    """Whether an island may turn out to be another track than the one that it continues."""
    if track is None:
        return True
    return track.id not in settled and bool(now - track.born_seconds < PASSING)


def _assign(
    scores: Float[np.ndarray, "rows tracks"], rows: Sequence[int], places: Sequence[int]
) -> dict[int, int]:
    """Row -> index of a track, at most one each, with the highest total affinity."""
    chosen = zip(*best_matching(scores), strict=True)
    return {rows[i]: places[j] for i, j in chosen if scores[i, j] >= MATCH_THRESHOLD}


def _affinity_to_active(
    tracks: Sequence[Track], islands: Islands, step: Step
) -> Float[np.ndarray, "k tracks"]:
    """Affinity to tracks seen in the previous frame: the mean of resemblance and of overlap after
    the flow has moved them. After a cut, without a flow, the lesser of the two, as if nothing had
    moved.

    Half of the resemblance is that of appearances: where islands merge and split, the embeddings of
    both describe a whole that did not exist before.
    """
    embedding = embedding_cosines(islands.embeddings, tracks)
    resemblance = (embedding + appearance_cosines(islands.appearance, tracks)) / 2
    before = [step.warped(track.membership) for track in tracks]
    overlap = _overlaps(before, islands.memberships[1:])
    if step.is_cut:
        return np.minimum(resemblance, overlap)
    is_like = (resemblance > COSINE_THRESHOLD) | (overlap > 0.5)
    return np.where(is_like, 0.5 * np.clip(resemblance, 0, 1) + 0.5 * overlap, 0.0)


def _overlaps(
    before: Sequence[Float32[np.ndarray, "ho wo"]], here: Float32[np.ndarray, "rows hs ws"]
) -> Float32[np.ndarray, "rows tracks"]:
    """Soft intersection over union of memberships; 0 between grids of two sizes."""
    if before[0].shape != here.shape[1:]:
        return np.zeros((len(here), len(before)), np.float32)
    known, now = np.stack(before).reshape(len(before), -1), here.reshape(len(here), -1)
    shared = now @ known.T
    union = (now * now).sum(1)[:, None] + (known * known).sum(1)[None] - shared
    return shared / np.maximum(union, 1e-6)


def _affinity_to_lost(
    tracks: Sequence[Track],
    current: Sequence[Track | None],
    islands: Islands,
    rows: Sequence[int],
    now: float,
    centres: Float32[np.ndarray, "tracks 2"],
) -> Float[np.ndarray, "rows tracks"]:
    """Affinity to tracks out of sight: resemblance, half of it that of appearances, minus the
    distance beyond their extent from their expected place, which counts less the longer they are
    out of sight. An island that continues a ``current`` track qualifies only for tracks of the same
    appearance that vanished before the current one's birth or were vanishing since."""
    hidden = np.array([now - track.seen_seconds for track in tracks])
    speed = np.array([float(np.hypot(*track.velocity)) for track in tracks])
    distance = np.linalg.norm(islands.pose[rows][:, None, :2] - centres[None], axis=-1) / 2**0.5
    embedding = embedding_cosines(islands.embeddings[rows], tracks)
    appearance = appearance_cosines(islands.appearance[rows], tracks)
    least = np.array([[_least_similarity(track, old, now) for track in tracks] for old in current])
    may_be = (distance < SEARCH_RADIUS + 0.5 * speed * hidden) & (appearance > least)
    half_extent = np.array([0.5 * math.sqrt(track.size) for track in tracks])
    penalty = np.maximum(distance - half_extent, 0) / (OUTWEIGHING_DISTANCE * (1 + hidden))
    resemblance = 0.5 * (embedding + appearance)
    return np.where(may_be, resemblance - 0.2 * distance - penalty, 0.0)


def _least_similarity(hidden: Track, current: Track | None, now: float) -> float:
    """Cosine of appearances above which an island may be a hidden track and not ``current``, given
    the times of both; above 1 if it may not."""
    if current is None:
        return LEAST_APPEARANCE
    if hidden.whole_seconds < current.born_seconds:
        return SAME_APPEARANCE if now - current.born_seconds < REIDENTIFICATION_SECONDS else 2.0
    was_vanishing = hidden.area < SHRUNK * hidden.size
    is_later = hidden.born_seconds < current.born_seconds
    goes_along = float(hidden.velocity @ current.velocity) > 0
    return SURELY_SAME_APPEARANCE if was_vanishing and is_later and goes_along else 2.0


def expected_centres(tracks: Sequence[Track], now: float) -> Float32[np.ndarray, "j 2"]:
    """Centres of tracks that keep their velocity for PREDICTION_SECONDS; what leaves the picture is
    expected at its edge."""
    passed = [min(now - track.seen_seconds, PREDICTION_SECONDS) for track in tracks]
    places = [
        track.pose[:2] + track.velocity * np.float32(seconds)
        for track, seconds in zip(tracks, passed, strict=True)
    ]
    return np.array(places, np.float32).reshape(len(tracks), 2).clip(0, 1)

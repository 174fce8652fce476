"""Objects in pieces: islands that touch and go together become one object, and what goes its own
way leaves it."""

import numpy as np
import pytest
from blobs import (
    RATE,
    Blob,
    BlobsAt,
    after,
    assert_goes_on_the_same_when_saved,
    body,
    ids,
    names,
    see,
)

from glom_video.track import Tracker, TrackSettings

LONG = 40
"""Frames after which two that go together have become one."""


def going(x: float, dx: float = 0.5, *, gap: int = 0) -> list[Blob]:
    """A body of 8 columns from x - 4, and a neck of 6 before it."""
    return [
        Blob(x=x, look=1, size=8, dx=dx),
        Blob(x=x + 7 + gap, look=2, size=6, dx=dx),
    ]


def swan(index: int) -> list[Blob]:
    return going(10 + index / 2)


def test_pieces_that_go_together_become_one_object_with_the_id_of_the_oldest() -> None:
    tracker = Tracker()
    assert ids(see(tracker, 0, swan(0)[:1])) == [1]
    seen = [ids(see(tracker, index, swan(index))) for index in range(1, 80)]
    assert seen[:20] == [[1, 2]] * 20
    one = seen.index([1])
    assert one <= LONG
    assert seen[one:] == [[1]] * (len(seen) - one)


def test_an_object_of_pieces_is_one_mask_with_one_pose() -> None:
    whole = after(lambda index: [Blob(x=12 + index / 2, look=1, size=16, dx=0.5)], 2 * LONG)
    halves = after(
        lambda index: [
            Blob(x=8 + index / 2, y=8, look=1, size=8, dx=0.5),
            Blob(x=16 + index / 2, y=8, look=2, size=8, dx=0.5),
            Blob(x=8 + index / 2, y=16, look=3, size=8, dx=0.5),
            Blob(x=16 + index / 2, y=16, look=4, size=8, dx=0.5),
        ],
        2 * LONG,
    )
    one, same = whole["object"], halves["object"]
    assert ids(halves) == [1]
    assert np.array_equal(one.memberships, same.memberships)
    assert same.pose[0, [0, 1, 2, 4, 5]] == pytest.approx(one.pose[0, [0, 1, 2, 4, 5]], abs=0.01)
    assert np.linalg.norm(same.embeddings) == pytest.approx(1)
    assert same.age_frames.tolist() == one.age_frames.tolist()


@pytest.mark.parametrize(
    "blobs_at",
    [
        pytest.param(lambda index: going(20, 0.0), id="stand still"),
        pytest.param(lambda index: [going(20 + index / 4, 0.25)[0], Blob(34, look=2)], id="passes"),
        pytest.param(lambda index: [Blob(20, look=1), *going(13, 0.5)[1:]], id="only one moves"),
        pytest.param(lambda index: going(10 + index / 2, gap=5), id="apart"),
        pytest.param(
            lambda index: going(10 + index / 2, gap=max(10 - index, 0)), id="were apart before"
        ),
    ],
)
def test_what_does_not_touch_or_go_together_from_the_first_stays_two(blobs_at: BlobsAt) -> None:
    assert ids(after(blobs_at, 2 * LONG)) == [1, 2]


def rider(index: int) -> list[Blob]:
    """A rider and what carries it; it gets off and walks on when that stands."""
    rides = min(index, LONG) / 2
    walks = max(index - LONG - 10, 0) / 2
    return [
        Blob(x=12 + rides, y=16, look=1, size=8, dx=0.5 * (index <= LONG)),
        Blob(x=12 + rides + walks, y=9, look=2, size=6, dx=0.5 * (index <= LONG or walks > 0)),
    ]


def test_a_rider_who_gets_off_has_the_id_from_before_again() -> None:
    tracker = Tracker()
    seen = [ids(see(tracker, index, rider(index))) for index in range(LONG + 40)]
    assert seen[0] == [1, 2]
    assert seen[LONG] == [1]
    assert seen[-1] == [1, 2]


def test_two_that_have_parted_are_not_one_again() -> None:
    tracker = Tracker()
    after(rider, LONG + 40, tracker)
    for step in range(60):
        tracks = see(tracker, LONG + 40 + step, going(20 + step / 2))
    assert ids(tracks) == [1, 2]


def cars(index: int) -> list[Blob]:
    """Two come one after the other, stop side by side, and leave to both sides."""
    stand = 36
    come = [min(4 + index / 2, 24), max(60 - index / 2, 32)]
    go = max(index - LONG - stand, 0) / 2
    moves = 0.5 * (index < LONG) or 0.5 * (go > 0)
    first, second = (-moves, moves) if go else (moves, -moves)
    return [
        Blob(x=come[0] - go, look=1, size=8, dx=first),
        Blob(x=come[1] + go, look=2, size=8, dx=second),
    ]


def test_two_that_stop_side_by_side_and_leave_apart_keep_their_ids() -> None:
    tracker = Tracker()
    seen = [ids(see(tracker, index, cars(index))) for index in range(LONG + 36 + 40)]
    assert seen == [[1, 2]] * len(seen)


def test_a_piece_in_sight_alone_goes_by_the_id_of_its_object() -> None:
    tracker = Tracker()
    after(swan, LONG, tracker)
    for index in range(LONG, LONG + 5):
        assert ids(see(tracker, index, swan(index)[1:])) == [1]
    assert ids(see(tracker, LONG + 5, swan(LONG + 5))) == [1]


def test_an_object_and_its_piece_that_fuse_are_no_two_members() -> None:
    tracker = Tracker()
    after(swan, LONG, tracker)
    fused = [Blob(x=33, look=1, size=14, dx=0.5)]
    assert names(see(tracker, LONG, fused)) == ["1"]


def test_parts_of_pieces_become_parts_of_the_object_and_leave_with_the_piece() -> None:
    tracker = Tracker()
    for index in range(LONG + 40):
        one, other = rider(index)
        parts = body(one.x) + [
            Blob(x=b.x, y=other.y, size=3, look=b.look + 2, held_by=2) for b in body(other.x)
        ]
        tracks = see(tracker, index, [one, other], parts)
        if index == 0:
            assert names(tracks, "part") == ["1.1", "1.2", "2.1", "2.2"]
        if index == LONG:
            assert names(tracks, "part") == ["1.1", "1.2", "1.3", "1.4"]
            assert tracks["part"].parent_ids.tolist() == [1] * 4
        assert ids(tracks, "part") == [1, 2, 3, 4]
    assert names(tracks, "part") == ["1.1", "1.2", "2.3", "2.4"]


def test_a_damaged_picture_joins_nothing() -> None:
    tracker = Tracker()
    after(swan, 20, tracker)
    before = tracker.objects.pieces
    see(tracker, 20, swan(20))
    assert tracker.objects.pieces is not before
    kept = tracker.objects.pieces
    tracks = see(tracker, 60, swan(60), seconds=60 / RATE, is_kept=False)
    assert tracker.objects.pieces is kept
    assert len(ids(tracks)) > 0


@pytest.mark.parametrize("blobs_at", [swan, rider, cars])
def test_what_is_saved_goes_on_the_same(blobs_at: BlobsAt) -> None:
    assert_goes_on_the_same_when_saved(blobs_at, LONG + 40)


def test_nothing_is_remembered_of_those_that_are_forgotten() -> None:
    tracker = Tracker(TrackSettings(max_missed_seconds=0.2))
    after(swan, LONG, tracker)
    for index in range(LONG, LONG + 10):
        see(tracker, index, [])
    assert (
        dict(tracker.objects.pieces.whole),
        dict(tracker.objects.pieces.pairs),
        dict(tracker.objects.pieces.smooth),
    ) == (
        {},
        {},
        {},
    )

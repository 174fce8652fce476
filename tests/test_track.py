"""Ids that last: islands made by hand move, cross, hide and come back, and the tracker is asked who
is who."""

import json

import numpy as np
import pytest
from blobs import COLUMNS, DIM, RATE, ROWS, Blob, ids, islands_of, see

from glom_video.track import Tracker, TrackSettings


def test_an_island_keeps_its_id_while_it_crosses_the_frame() -> None:
    tracker = Tracker()
    for index in range(28):
        tracks = see(tracker, index, [Blob(x=4 + 2 * index, dx=2)])["object"]
        assert tracks.ids.tolist() == [1]
        assert tracks.age_frames.tolist() == [index + 1]
        assert tracks.age_seconds[0] == pytest.approx(index / RATE)
        assert tracks.missed_frames.tolist() == [0]


def test_flow_tells_like_islands_apart_that_leap_into_each_others_places() -> None:
    """Each moves by the distance between them: only the flow says that the second is not the first
    one, standing still."""
    tracker = Tracker()
    for index in range(4):
        assert ids(
            see(tracker, index, [Blob(x=10 + 10 * index, dx=10), Blob(x=20 + 10 * index, dx=10)])
        ) == [1, 2]


def test_order_of_islands_does_not_matter() -> None:
    tracker = Tracker()
    blobs = [Blob(x=8, look=0), Blob(x=28, look=1), Blob(x=48, look=2)]
    assert ids(see(tracker, 0, blobs)) == [1, 2, 3]
    assert ids(see(tracker, 1, blobs[::-1])) == [3, 2, 1]


def test_like_islands_keep_their_ids_by_their_places() -> None:
    tracker = Tracker()
    for index in range(10):
        tracks = see(
            tracker,
            index,
            [Blob(x=10 + index, y=6, look=3, dx=1), Blob(x=10 + index, y=18, look=3, dx=1)],
        )
        assert ids(tracks) == [1, 2]


def test_crossing_objects_keep_their_ids_by_their_looks() -> None:
    """One passes in front of the other and hides most of it for a few frames; rows are given in
    changing order."""
    tracker = Tracker()
    for index in range(24):
        front, behind = Blob(x=9 + 2 * index, look=0, dx=2), Blob(x=55 - 2 * index, look=1, dx=-2)
        blobs = [front] if abs(front.x - behind.x) < 2 else [front, behind]
        tracks = see(tracker, index, blobs)
        assert ids(tracks) == [1, 2][: len(blobs)]


def test_ids_are_never_used_again() -> None:
    tracker = Tracker(TrackSettings(max_missed_seconds=0.1))
    seen: list[int] = []
    for birth in range(5):
        first = 20 * birth
        for index in range(first, first + 3):
            born = ids(see(tracker, index, [Blob(x=30, look=2)]))
        seen += born
        see(tracker, first + 3, [])
    assert seen == [1, 2, 3, 4, 5]


def test_tracks_that_died_are_forgotten() -> None:
    tracker = Tracker(TrackSettings(max_missed_seconds=0.2))
    for index in range(0, 800, 20):
        see(tracker, index + 10, [])
        see(tracker, index + 20, [Blob(x=30, look=index // 20 % DIM)], [Blob(x=30, held_by=1)])
    assert len(tracker.objects.live) == len(tracker.parts.live) == 1
    assert tracker.ids.next_id["object"] == 41


@pytest.mark.parametrize("hidden", [1, 10, 30])
def test_an_island_that_was_hidden_comes_back_with_its_id(hidden: int) -> None:
    tracker = Tracker()
    for index in range(5):
        see(tracker, index, [Blob(x=10 + index, look=1, dx=1), Blob(x=50, look=2)])
    for index in range(5, 5 + hidden):
        assert ids(see(tracker, index, [Blob(x=50, look=2)])) == [2]
    back = see(tracker, 5 + hidden, [Blob(x=15 + hidden, look=1, dx=1), Blob(x=50, look=2)])[
        "object"
    ]
    assert back.ids.tolist() == [1, 2]
    assert back.missed_frames.tolist() == [hidden, 0]
    assert back.age_frames.tolist() == [6 + hidden] * 2
    after = see(tracker, 6 + hidden, [Blob(x=16 + hidden, look=1, dx=1)])["object"]
    assert (after.ids.tolist(), after.missed_frames.tolist()) == ([1], [0])


def test_hidden_for_longer_than_allowed_it_is_another() -> None:
    for hidden, expected in ((24, 1), (27, 2)):  # frames of 0.04 s
        tracker = Tracker(TrackSettings(max_missed_seconds=1.0))
        see(tracker, 0, [Blob(x=30, look=1)])
        for index in range(1, hidden + 1):
            see(tracker, index, [])
        back = see(tracker, hidden + 1, [Blob(x=30, look=1)])["object"]
        assert back.ids.tolist() == [expected]
        assert back.missed_frames.tolist() == [hidden if expected == 1 else 0]
        assert back.age_frames.tolist() == [hidden + 2 if expected == 1 else 1]


def test_what_comes_back_must_look_alike_and_be_within_reach() -> None:
    for blob in (Blob(x=12, look=4), Blob(x=60, look=1)):
        tracker = Tracker()
        see(tracker, 0, [Blob(x=10, look=1)])
        see(tracker, 1, [])
        assert ids(see(tracker, 2, [blob])) == [2]


@pytest.mark.parametrize(
    ("hidden", "away", "is_same"), [(1, 6, True), (1, 18, False), (25, 18, True)]
)
def test_what_is_gone_for_a_moment_comes_back_near_by(
    hidden: int, away: int, is_same: bool
) -> None:
    """It looks the same and its vector does not: within a frame it cannot have gone as far as
    within a second. What is seen of it may lie anywhere within its extent."""
    tracker = Tracker()
    for index in range(10):
        see(tracker, index, [Blob(x=20, look=1)])
    for index in range(10, 10 + hidden):
        see(tracker, index, [])
    back = see(tracker, 10 + hidden, [Blob(x=20 + away, look=2, shows=1)])
    assert ids(back) == [1 if is_same else 2]


def test_a_hidden_object_is_expected_where_it_was_heading() -> None:
    """Two look the same and hide. The one that was moving comes back on the other side of the one
    that stood still."""
    tracker = Tracker()
    for index in range(5):
        see(tracker, index, [Blob(x=6 + 2 * index, look=1, dx=2), Blob(x=24, look=1)])
    for index in range(5, 12):
        see(tracker, index, [])
    assert ids(see(tracker, 12, [Blob(x=22, look=1), Blob(x=32, look=1)])) == [2, 1]


def test_a_hidden_object_keeps_its_course_for_seconds() -> None:
    """Two look the same and hide for 2.4 s, in which one that moves slowly passes the other."""
    tracker = Tracker()
    for index in range(5):
        see(tracker, index, [Blob(x=6 + 0.5 * index, look=1, dx=0.5), Blob(x=30, look=1)])
    for index in range(5, 65):
        see(tracker, index, [])
    assert ids(see(tracker, 65, [Blob(x=26, look=1), Blob(x=38, look=1)])) == [2, 1]


def test_what_leaves_the_picture_is_expected_at_its_edge() -> None:
    """Its course would have brought it so far away that it was another when it came back."""
    tracker = Tracker()
    for index in range(20):
        see(tracker, index, [Blob(x=20 + 2 * index, look=1, dx=2)])
    for index in range(20, 60):
        see(tracker, index, [])
    assert ids(see(tracker, 60, [Blob(x=58, look=1, dx=-2)])) == [1]


def test_what_lingers_before_it_hides_does_not_stop_its_course() -> None:
    tracker = Tracker()
    for index in range(10):
        see(tracker, index, [Blob(x=4 + index, dx=1)])
    for index in range(10, 14):  # a last bit of it, which stands still
        see(tracker, index, [Blob(x=14, size=2)])
    for index in range(14, 36):
        see(tracker, index, [])
    assert ids(see(tracker, 36, [Blob(x=40, dx=1)])) == [1]


def test_what_comes_out_from_behind_something_is_known_as_soon_as_enough_of_it_is_seen() -> None:
    tracker = Tracker()
    see(tracker, 0, [Blob(x=20, look=1)])
    see(tracker, 1, [])
    assert ids(see(tracker, 2, [Blob(x=30, size=2, look=3)])) == [2], (
        "a bit of it looks like nothing known"
    )
    for index in range(3, 8):
        assert ids(see(tracker, index, [Blob(x=30, look=1)])) == [1]


@pytest.mark.parametrize(("frames", "expected"), [(40, 1), (60, 2)])
def test_what_comes_out_slowly_is_known_for_two_seconds(frames: int, expected: int) -> None:
    """Until enough of it is seen, it looks like nothing known."""
    tracker = Tracker()
    for index in range(5):
        see(tracker, index, [Blob(x=28, look=1)])
    see(tracker, 5, [])
    for index in range(6, 6 + frames):
        assert ids(see(tracker, index, [Blob(x=30, size=6, look=3)])) == [2]
    assert ids(see(tracker, 6 + frames, [Blob(x=30, look=3, shows=1)])) == [expected]


def test_what_was_seen_beside_another_is_never_taken_for_it() -> None:
    tracker = Tracker()
    see(tracker, 0, [Blob(x=20, look=1)])
    see(tracker, 1, [Blob(x=20, look=1), Blob(x=30, look=3)])
    assert ids(see(tracker, 2, [Blob(x=30, look=3)])) == [2]
    assert ids(see(tracker, 3, [Blob(x=30, look=1)])) == [2], "both were there at once"


def test_a_young_island_that_goes_on_well_is_not_taken_for_a_piece_that_was_seen_before_it() -> (
    None
):
    """Their vectors come to be alike and the piece was in its place, but it looked otherwise."""
    tracker = Tracker()
    assert ids(see(tracker, 0, [Blob(x=30, look=1, shows=2, size=3)])) == [1]
    see(tracker, 1, [])
    assert ids(see(tracker, 2, [Blob(x=30, look=4, shows=3, size=12)])) == [2]
    assert ids(see(tracker, 3, [Blob(x=30, look=1, shows=3, size=12)])) == [2]


def test_a_hidden_object_is_known_by_its_looks_when_its_vector_has_changed() -> None:
    """Of two that come out from behind something, the one that looks like it takes its id."""
    tracker = Tracker()
    see(tracker, 0, [Blob(x=30, look=1, shows=5)])
    for index in range(1, 10):
        see(tracker, index, [])
    tracks = see(tracker, 10, [Blob(x=28, look=2, shows=6), Blob(x=38, look=3, shows=5)])
    assert ids(tracks) == [2, 1]


@pytest.mark.parametrize("swapped", [False, True])
def test_where_flow_and_vectors_tell_nothing_looks_do(swapped: bool) -> None:
    """Two that stood side by side are one above the other: each lies as much where the one was as
    where the other was."""
    tracker = Tracker()
    for index in range(10):
        see(tracker, index, [Blob(x=28, look=0, shows=1), Blob(x=36, look=0, shows=2)])
    above, below = (2, 1) if swapped else (1, 2)
    beneath = [Blob(x=32, y=8, look=0, shows=above), Blob(x=32, y=16, look=0, shows=below)]
    assert ids(see(tracker, 10, beneath)) == [above, below]


@pytest.mark.parametrize(("seen", "expected"), [(2, 2), (20, 1)])
def test_a_flash_is_not_waited_for_as_long_as_what_was_well_seen(seen: int, expected: int) -> None:
    tracker = Tracker()
    for index in range(30):
        see(tracker, index, [Blob(x=30, look=1)] if index < seen else [])
    assert ids(see(tracker, 30, [Blob(x=30, look=1)])) == [expected]


# Parts


def test_parts_carry_the_track_of_their_object_and_not_its_label() -> None:
    tracker = Tracker(TrackSettings(max_missed_seconds=0.0))
    for index in range(3):  # three objects come and go, so that ids and labels part ways
        see(tracker, 2 * index, [Blob(x=30, look=index)])
        see(tracker, 2 * index + 1, [])
    objects = [Blob(x=12, look=5), Blob(x=48, look=6)]
    parts = [
        Blob(x=46, size=4, look=1, held_by=2),
        Blob(x=10, size=4, look=2, held_by=1),
        Blob(x=32, size=4, look=3, held_by=0),
    ]
    tracks = see(tracker, 6, objects, parts)
    assert ids(tracks) == [4, 5]
    assert ids(tracks, "part") == [1, 2, 3]
    assert tracks["part"].parent_ids.tolist() == [5, 4, 0]
    assert tracks["object"].parent_ids.tolist() == [0, 0]


# Values


def test_tracks_pass_on_what_the_islands_hold() -> None:
    blobs = [Blob(x=10, look=4), Blob(x=40, look=1, size=6)]
    tracks = see(Tracker(), 0, blobs)["object"]
    islands = islands_of(blobs)
    for name in ("embeddings", "agreement", "pose", "memberships"):
        assert np.array_equal(getattr(tracks, name), getattr(islands, name))


def test_nothing_seen_is_no_tracks() -> None:
    tracks = see(Tracker(), 0, [])
    for level in ("part", "object"):
        assert tracks[level].ids.shape == (0,)
        assert tracks[level].memberships.shape == (1, ROWS, COLUMNS)


def test_a_tracker_goes_on_from_what_was_saved() -> None:
    """Through arrays and JSON, as on disk: the same islands get the same ids as from the tracker
    that was never saved."""
    tracker = Tracker(TrackSettings(max_missed_seconds=0.7))
    for index in range(6):
        see(
            tracker,
            2 * index,
            [Blob(x=10 + index, look=1, dx=1), *([Blob(x=45, look=2)] if index < 4 else [])],
            [Blob(x=10, look=3, held_by=1)],
        )
    arrays, numbers = tracker.to_arrays()
    restored = Tracker.from_arrays(
        {name: array.copy() for name, array in arrays.items()}, json.loads(json.dumps(numbers))
    )
    for index in range(6, 10):
        objects = [Blob(x=45, look=2), Blob(x=30, look=6), Blob(x=10 + index, look=1, dx=1)]
        one, other = (
            see(t, 2 * index, objects, [Blob(x=10, look=3, held_by=3)]) for t in (tracker, restored)
        )
        for level in ("part", "object"):
            for name in ("ids", "parent_ids", "age_frames", "age_seconds", "missed_frames"):
                assert np.array_equal(getattr(one[level], name), getattr(other[level], name))
    assert ids(one) == [2, 3, 1]


def test_trackers_do_not_share_ids() -> None:
    for _ in range(2):
        assert ids(see(Tracker(), 0, [Blob(x=10)])) == [1]

"""Objects that meet, hide and part: islands made by hand, and the tracker is asked who is who."""

from dataclasses import replace

import pytest
from blobs import APART, BLURRED, Blob, after_meeting, as_one, ids, names, see, two

from glom_video.track import Tracker


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("frames", [3, 50])
def test_two_that_were_one_get_their_ids_back(swapped: bool, frames: int) -> None:
    tracker = Tracker()
    index = after_meeting(tracker, frames=frames)
    for step in range(8):
        left, right = Blob(x=26 - step, look=1, dx=-1), Blob(x=38 + step, look=2, dx=1)
        if swapped:
            left, right = Blob(x=26 - step, look=2, dx=-1), Blob(x=38 + step, look=1, dx=1)
        assert ids(see(tracker, index + step, [left, right])) == ([2, 1] if swapped else [1, 2])


def test_of_two_that_look_the_same_each_is_where_it_was_in_their_island() -> None:
    tracker = Tracker()
    for index in range(APART):
        see(tracker, index, [Blob(x=14 + index, look=1, dx=1), Blob(x=50 - index, look=1, dx=-1)])
    for index in range(APART, APART + 40):
        assert names(see(tracker, index, as_one(32))) == ["1+2"]
    assert ids(see(tracker, APART + 40, [Blob(x=38, look=1), Blob(x=26, look=1)])) == [2, 1]


def test_a_member_that_hides_within_another_comes_out_with_its_id() -> None:
    tracker = Tracker()
    for index in range(APART):
        see(tracker, index, [Blob(x=32, look=1, size=14), Blob(x=16 + index, look=2, dx=1)])
    for index in range(APART, APART + 60):
        assert ids(see(tracker, index, [Blob(x=32, look=1, size=14)])) == [1]
    assert ids(
        see(tracker, APART + 60, [Blob(x=32, look=1, size=14), Blob(x=41, look=2, size=6)])
    ) == [1, 2]


def test_an_island_of_two_goes_by_the_older_unless_the_other_is_much_larger() -> None:
    for size, expected in ((8, "1+2"), (16, "2+1")):
        tracker = Tracker()
        for index in range(20):
            old = Blob(x=24 + index / 2, look=1, dx=0.5)
            young = Blob(x=54 - index / 2, look=2, size=size, dx=-0.5)
            see(tracker, index, [old, *([young] if index >= 3 else [])])
        assert names(see(tracker, 20, [Blob(x=38, look=3, size=28)])) == [expected]


def test_a_piece_that_was_never_seen_apart_is_no_member() -> None:
    tracker = Tracker()
    for index in range(30):
        see(
            tracker,
            index,
            [Blob(x=30, look=1, size=10), *([Blob(x=38, look=2, size=6)] if index > 2 else [])],
        )
    assert names(see(tracker, 30, [Blob(x=33, look=1, size=16)])) == ["1"]


def test_a_flash_is_no_member() -> None:
    tracker = Tracker()
    for index in range(20):
        see(
            tracker,
            index,
            [Blob(x=30, look=1, size=10), *([Blob(x=42, look=2)] if index > 17 else [])],
        )
    assert names(see(tracker, 20, [Blob(x=34, look=1, size=24)])) == ["1"]


def test_what_never_moved_is_no_member_of_what_it_stands_beside() -> None:
    """A screen that is not told from the person before it for a while."""
    tracker, screen = Tracker(), Blob(x=44, look=2)
    for index in range(20):
        person = Blob(x=16 + index, look=1, size=10, dx=1)
        assert ids(see(tracker, index, [person, screen])) == [1, 2]
    for index in range(20, 30):
        assert names(see(tracker, index, [Blob(x=39, look=1, size=18)])) == ["1"]
    assert ids(see(tracker, 30, [Blob(x=35, look=1, size=10), screen])) == [1, 2]


def test_a_cut_ends_members() -> None:
    tracker = Tracker()
    index = after_meeting(tracker)
    assert names(see(tracker, index, as_one(32), is_cut=True)) == ["1"]
    assert not tracker.objects.groups
    assert ids(see(tracker, index + 1, two(26, 38, 0, 0))) != [1, 2]


def test_what_comes_out_on_the_other_side_of_a_post_is_the_one_that_goes_behind_it() -> None:
    """It is two islands while it passes; the first to come out is a young one of its own."""
    tracker = Tracker()
    for index in range(20):
        assert ids(see(tracker, index, [Blob(x=10 + index, look=1, size=10, dx=1)])) == [1]
    for index in range(20, 26):
        shown = 26 - index
        see(
            tracker,
            index,
            [
                Blob(x=28 + index / 10, look=1, size=shown, dx=1),
                Blob(x=40, look=1, size=10 - shown, dx=1),
            ],
        )
    see(tracker, 26, [Blob(x=40, look=1, size=10, dx=1)])
    for index in range(27, 36):
        assert ids(see(tracker, index, [Blob(x=14 + index, look=1, size=10, dx=1)])) == [1]


def test_what_passes_behind_another_is_the_same_on_the_other_side() -> None:
    """For a while its end and its beginning are in sight, too little to look as it does."""
    tracker, wide = Tracker(), Blob(x=38, look=5, size=12)
    for index in range(18):
        assert ids(see(tracker, index, [wide, Blob(x=10 + index, look=1, dx=1)])) == [1, 2]
    for index in range(18, 24):
        end = Blob(x=27, look=1, size=24 - index, dx=1)
        beginning = Blob(x=46, look=1, shows=BLURRED, size=index - 16, dx=1)
        see(tracker, index, [wide, end, beginning] if index > 18 else [wide, end])
    for index in range(24, 32):
        out = Blob(x=24 + index, look=1, shows=BLURRED, dx=1)
        tracks = see(tracker, index, [wide, out])
        assert index == 24 or ids(tracks) == [1, 2]


def test_what_comes_out_as_large_as_a_member_is_that_even_if_it_is_hard_to_know() -> None:
    tracker = Tracker()
    index = after_meeting(tracker)
    for step in range(4):
        left = Blob(x=24 - step, look=1, shows=BLURRED, dx=-1)
        right = Blob(x=38, look=2, shows=3, size=10)
        tracks = see(tracker, index + step, [left, right])
        assert (ids(tracks), names(tracks)) == ([1, 2], ["1", "2"])


def test_a_member_of_what_never_moved_is_in_one_island_alone() -> None:
    """2 stands before a chair, and both go behind 3: 2 is known to be there, and so no more in what
    comes out with the chair."""
    tracker, chair = Tracker(), Blob(x=32, look=1, size=10)
    chair_and_2 = replace(chair, x=34, size=18)
    for index in range(15):
        mover, other = Blob(x=54 - index, look=2, size=6, dx=-1), Blob(x=4 + index / 3, look=5)
        see(tracker, index, [chair, mover, replace(other, dx=1 / 3)])
    for index in range(15, 27):
        tracks = see(tracker, index, [chair_and_2, Blob(x=index - 6, look=5, dx=1)])
        assert names(tracks) == ["1+2", "3"]
    for index in range(27, 33):
        assert names(see(tracker, index, [Blob(x=32, look=5, size=24)])) == ["3+2"]
    for index in range(33, 39):
        tracks = see(tracker, index, [chair_and_2, Blob(x=53 - index, look=5, dx=-1)])
        assert names(tracks) == ["1", "3+2"]
    out = Blob(x=46, look=2, size=6)
    assert names(see(tracker, 39, [chair, out, Blob(x=15, look=5)])) == ["1", "2", "3"]

"""What comes out of an object: a moving arm is a piece of it; a thing that is taken away, none."""

from dataclasses import replace

import pytest
from blobs import Blob, BlobsAt, after, assert_goes_on_the_same_when_saved, ids, names, see

from glom_video.track import Tracker


def sitter(index: int, *, known: int = 30, size: int = 5, away: int = 0) -> list[Blob]:
    """A body that keeps still; from frame ``known`` on a hand before it, which is at last taken
    ``away`` by so many columns."""
    body = Blob(x=20, look=1, size=16)
    hand = Blob(x=20 + away, look=2, size=size)
    return [hand, body] if index >= known else [body]


def test_what_comes_out_of_an_object_that_was_one_for_long_is_a_piece_of_it() -> None:
    tracker = Tracker()
    assert all(ids(see(tracker, index, sitter(index))) == [1] for index in range(60))
    assert names(see(tracker, 60, sitter(60)[1:])) == ["1"]


@pytest.mark.parametrize(
    ("known", "size"),
    [
        pytest.param(10, 5, id="was one for a moment only"),
        pytest.param(30, 10, id="is as large as an object seen with another"),
    ],
)
def test_what_may_be_another_object_is_none_of_its_pieces(known: int, size: int) -> None:
    tracks = after(lambda index: sitter(index, known=known, size=size), 40)
    assert sorted(ids(tracks)) == [1, 2]


def gesture(index: int) -> list[Blob]:
    """A body that keeps still, known from frame 0 on; in frames 4 to 7, and from 12 on, a hand is
    seen before it."""
    return sitter(index, known=0 if 4 <= index < 8 or index >= 12 else 100)


def test_what_has_gone_back_into_the_object_that_it_came_out_of_is_a_piece_of_it() -> None:
    tracker = Tracker()
    seen = [sorted(ids(see(tracker, index, gesture(index)))) for index in range(40)]
    assert seen[4:8] == [[1, 2]] * 4
    assert seen[8:] == [[1]] * 32


def test_what_was_taken_out_of_an_object_and_comes_back_is_no_piece_of_it() -> None:
    tracker = Tracker()
    for index in range(4):
        see(tracker, index, sitter(index, known=100))
    for index in range(4, 24):
        see(tracker, index, sitter(index, known=0, away=min(index - 4, 16)))
    for index in range(24, 38):
        see(tracker, index, sitter(index, known=0, away=max(39 - index, 0)))
    for index in range(38, 42):
        see(tracker, index, sitter(index, known=100))
    assert sorted(ids(see(tracker, 42, sitter(42, known=0)))) == [1, 2]


def test_a_fragment_that_loses_contact_is_an_object_of_its_own() -> None:
    tracker = Tracker()
    after(sitter, 40, tracker)
    seen = [
        ids(see(tracker, index, sitter(index, away=min(index - 39, 16)))) for index in range(40, 64)
    ]
    assert seen[:10] == [[1]] * 10
    assert sorted(seen[-1]) == [1, 2]
    assert sorted(ids(see(tracker, 64, sitter(64, away=12)))) == [1, 2]


def carried(index: int) -> list[Blob]:
    """One carries another, which has a hand before it from frame 70 on and gets off in frame
    100."""
    rides, off = min(index, 90) / 2, max(index - 100, 0) / 2
    moves = 0.5 * (index <= 90)
    carrier = Blob(x=4 + rides, y=18, look=1, size=8, dx=moves)
    rider = Blob(x=4 + rides + off, y=9, look=2, size=9, dx=moves or 0.5 * (off > 0))
    hand = replace(rider, look=3, size=4)
    return [*([hand] if index >= 70 else []), carrier, rider]


def test_a_piece_that_leaves_takes_its_fragment_along() -> None:
    tracker = Tracker()
    assert ids(after(carried, 90, tracker)) == [1]
    for index in range(90, 130):
        tracks = see(tracker, index, carried(index))
    hands_first = [2, 1]
    assert ids(tracks) == hands_first


def pointing(index: int) -> list[Blob]:
    """``carried``, with a finger before the hand from frame 98 on."""
    *hand, carrier, rider = carried(index)
    fingers = [replace(each, look=4, size=1) for each in hand if index >= 98]
    return [*fingers, *hand, carrier, rider]


def test_what_came_out_of_a_fragment_goes_along_with_it() -> None:
    """A finger, of the hand, of one that leaves."""
    tracker = Tracker()
    after(pointing, 100, tracker)
    assert ids(see(tracker, 100, pointing(100))) == [1]
    for index in range(101, 130):
        tracks = see(tracker, index, pointing(index))
    assert ids(tracks) == [2, 1]


def test_what_came_out_of_a_fragment_holds_it_back_from_nothing() -> None:
    """A hand with a thing in it is taken away: that they touch is no contact with the body."""
    tracker = Tracker()
    after(lambda index: sitter(index, size=7), 60, tracker)
    for index in range(60, 90):
        hand, body = sitter(index, size=7, away=min(max(index - 64, 0), 16))
        tracks = see(tracker, index, [replace(hand, look=3, size=2), hand, body])
    assert names(tracks) == ["2", "1"]


@pytest.mark.parametrize("blobs_at", [sitter, gesture])
def test_what_is_saved_of_fragments_goes_on_the_same(blobs_at: BlobsAt) -> None:
    assert_goes_on_the_same_when_saved(blobs_at, 60)

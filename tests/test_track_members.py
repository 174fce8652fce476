"""Objects that meet, hide and part, and what their parts are called: islands made by hand, and the
tracker is asked who is who."""

import json
from collections.abc import Sequence

import numpy as np
import pytest
from blobs import BLURRED, COLUMNS, DIM, Blob, ids, see
from hypothesis import given, settings
from hypothesis import strategies as st

from glom_video.structures import Tracks
from glom_video.track import Tracker, TrackSettings

APART = 12
"""Frames for which each is seen by itself."""


def names(tracks: dict[str, Tracks], level: str = "object") -> list[str]:
    return list(tracks[level].names)


def two(x: float, other: float, dx: float, other_dx: float) -> list[Blob]:
    return [Blob(x=x, look=1, dx=dx), Blob(x=other, look=2, dx=other_dx)]


def as_one(x: float, size: int = 20, dx: float = 0.0) -> list[Blob]:
    return [Blob(x=x, look=3, size=size, dx=dx)]


def after_meeting(tracker: Tracker, *, frames: int = 6) -> int:
    """Objects 1 from the left and 2 from the right become one island at x = 32; returns the next
    frame."""
    for index in range(APART):
        assert ids(see(tracker, index, two(14 + index, 50 - index, 1, -1))) == [1, 2]
    for index in range(APART, APART + frames):
        assert names(see(tracker, index, as_one(32))) == ["1+2"]
    return APART + frames


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
    assert not tracker.groups
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


# Parts


def body(x: float, held_by: int = 1, look: int = 3) -> list[Blob]:
    return [
        Blob(x=x - 2, size=4, look=look, held_by=held_by),
        Blob(x=x + 2, size=4, look=look + 1, held_by=held_by),
    ]


def test_parts_are_named_after_their_object_and_counted_in_it() -> None:
    tracker = Tracker()
    tracks = see(
        tracker,
        0,
        [Blob(x=12), Blob(x=40, look=1)],
        [*body(12), *body(40, 2), Blob(x=60, size=4, look=5)],
    )
    assert names(tracks, "part") == ["1.1", "1.2", "2.1", "2.2", "0.1"]
    tracks = see(
        tracker,
        1,
        [Blob(x=12), Blob(x=40, look=1)],
        [*body(12), *body(40, 2), Blob(x=12, y=20, size=4, look=6, held_by=1)],
    )
    assert names(tracks, "part") == ["1.1", "1.2", "2.1", "2.2", "1.3"]


def test_a_part_that_gets_into_another_object_is_another_part() -> None:
    tracker = Tracker()
    for index in range(5):
        tracks = see(
            tracker,
            index,
            [Blob(x=20), Blob(x=28, look=1)],
            [Blob(x=24 - 2, size=4, look=3, held_by=1)],
        )
        assert names(tracks, "part") == ["1.1"]
    tracks = see(
        tracker, 5, [Blob(x=20), Blob(x=28, look=1)], [Blob(x=28, size=4, look=3, held_by=2)]
    )
    assert (names(tracks, "part"), ids(tracks, "part"), tracks["part"].parent_ids.tolist()) == (
        ["2.1"],
        [2],
        [2],
    )


def test_a_part_across_two_objects_stays_with_its_own() -> None:
    tracker = Tracker()
    objects = [Blob(x=20, size=8), Blob(x=28, look=1, size=8)]
    see(tracker, 0, objects, [Blob(x=22, size=4, look=3, held_by=1)])
    tracks = see(tracker, 1, objects, [Blob(x=24, size=4, look=3, held_by=2)])
    assert names(tracks, "part") == ["1.1"]


def test_parts_end_with_their_object() -> None:
    tracker = Tracker()
    see(tracker, 0, [Blob(x=20)], body(20))
    tracks = see(tracker, 1, [Blob(x=20, look=5)], body(20), is_cut=True)
    assert (ids(tracks), ids(tracks, "part"), names(tracks, "part")) == (
        [2],
        [3, 4],
        ["2.1", "2.2"],
    )
    assert {track.owner for track in tracker.live["part"]} == {2}


def test_parts_are_found_again_with_their_object() -> None:
    """Where they are on it, wherever it is found."""
    tracker = Tracker()
    for index in range(10):
        see(tracker, index, [Blob(x=10 + index, dx=1)], body(10 + index, look=3))
    for index in range(10, 40):
        see(tracker, index, [])
    tracks = see(tracker, 40, [Blob(x=50, dx=1)], body(50, look=3)[::-1])
    assert (ids(tracks), names(tracks, "part")) == ([1], ["1.2", "1.1"])


def test_parts_go_with_their_object_through_a_meeting() -> None:
    tracker = Tracker()
    for index in range(APART):
        see(
            tracker,
            index,
            two(14 + index, 50 - index, 1, -1),
            [*body(14 + index), *body(50 - index, 2, 5)],
        )
    for index in range(APART, 2 * APART):
        tracks = see(tracker, index, as_one(32), [*body(27), *body(37, 1, 5)])
        assert names(tracks, "part") == ["1.1", "1.2", "2.1", "2.2"]
        assert tracks["part"].parent_ids.tolist() == [1, 1, 2, 2]
    tracks = see(tracker, 2 * APART, two(26, 38, 0, 0)[::-1], [*body(38, 1, 5), *body(26, 2)])
    assert (ids(tracks), names(tracks, "part")) == ([2, 1], ["2.1", "2.2", "1.1", "1.2"])


def test_memory_is_bounded_by_what_is_remembered() -> None:
    tracker = Tracker(TrackSettings(max_missed_seconds=0.2))
    for index in range(600):
        objects = [
            Blob(x=30, look=1, size=12),
            Blob(x=4 + index % 30, look=2 + index // 30 % 4, size=4, dx=1),
        ]
        see(tracker, index, objects, [Blob(x=30, size=4, look=index % DIM, held_by=1)])
    remembered = sum(len(live) for live in tracker.live.values()) + sum(
        map(len, tracker.groups.values())
    )
    assert remembered < 40
    assert len(tracker.numbered) < 20


# Any islands


blobs = st.builds(
    Blob,
    x=st.integers(2, COLUMNS - 2),
    y=st.integers(4, 20),
    look=st.integers(0, 3),
    size=st.integers(2, 14),
    dx=st.sampled_from([-1.0, 0.0, 1.0]),
)
scenes = st.lists(
    st.tuples(st.lists(blobs, max_size=5), st.lists(blobs, max_size=5), st.booleans()),
    min_size=1,
    max_size=12,
)


def held(parts: Sequence[Blob], objects: Sequence[Blob]) -> list[Blob]:
    """Each part in the object nearest to it, some in none."""
    return [
        Blob(
            p.x,
            p.y,
            p.look,
            p.size,
            p.dx,
            None,
            0
            if not objects or p.size > 12
            else 1 + min(range(len(objects)), key=lambda i: abs(objects[i].x - p.x)),
        )
        for p in parts
    ]


@settings(max_examples=40, deadline=None)
@given(scenes)
def test_ids_are_unique_parents_exist_and_nothing_changes_hands(
    frames: list[tuple[list[Blob], list[Blob], bool]],
) -> None:
    tracker, owners, ended, before = Tracker(), dict[int, int](), set[int](), set[int]()
    pieces = set[int]()
    for index, (objects, parts, is_cut) in enumerate(frames):
        tracks = see(tracker, index * 5, objects, held(parts, objects), is_cut=is_cut and index > 4)
        members = [number for group in tracks["object"].members for number in group]
        assert len(set(members)) == len(members)
        assert [group[0] for group in tracks["object"].members] == ids(tracks)
        assert len(set(ids(tracks, "part"))) == len(ids(tracks, "part"))
        assert len(set(names(tracks, "part"))) == len(names(tracks, "part"))
        assert set(tracks["part"].parent_ids.tolist()) <= {0, *members}
        for part, owner in zip(
            ids(tracks, "part"), tracks["part"].parent_ids.tolist(), strict=True
        ):
            pieces |= {*tracker.pieces.whole, *tracker.pieces.whole.values()}
            assert owners.setdefault(part, owner) == owner or {owners[part], owner} <= pieces
            owners[part] = owner
        known = {track.id for track in tracker.live["object"]} | {
            t.id for group in tracker.groups.values() for t in group
        }
        assert not ended & known, "an id is used again"
        ended |= before - known
        before |= known


@settings(max_examples=25, deadline=None)
@given(scenes)
def test_what_is_saved_between_two_frames_goes_on_the_same(
    frames: list[tuple[list[Blob], list[Blob], bool]],
) -> None:
    tracker = other = Tracker()
    for index, (objects, parts, _) in enumerate(frames):
        arrays, numbers = other.to_arrays()
        other = Tracker.from_arrays(arrays, json.loads(json.dumps(numbers)))
        if index == 0:
            tracker = Tracker()
        one, again = (see(t, index * 5, objects, held(parts, objects)) for t in (tracker, other))
        for level in ("object", "part"):
            assert one[level].names == again[level].names
            assert np.array_equal(one[level].ids, again[level].ids)
            assert np.array_equal(one[level].missed_frames, again[level].missed_frames)


def test_the_order_of_islands_changes_nothing() -> None:
    """Two meet, hide one another, and part, with their islands in one order and in the other."""

    def blobs_at(index: int) -> list[Blob]:
        if index < APART:
            return [*two(14 + index, 50 - index, 1, -1), Blob(x=58, y=4, look=5, size=6)]
        if index < 2 * APART:
            return [*as_one(32), Blob(x=58, y=4, look=5, size=6)]
        return [Blob(x=26, y=12, look=2), Blob(x=38, look=1), Blob(x=58, y=4, look=5, size=6)]

    forward, backward = Tracker(), Tracker()
    renamed: dict[int, int] = {}
    for index in range(3 * APART):
        blobs = blobs_at(index)
        one, other = see(forward, index, blobs), see(backward, index, blobs[::-1])
        pairs = list(zip(ids(one), ids(other)[::-1], strict=True))
        renamed = renamed or dict(pairs)
        assert all(renamed[number] == same for number, same in pairs)


def test_pictures_may_change_their_size_while_two_are_one() -> None:
    tracker = Tracker()
    index = after_meeting(tracker)
    for step in range(3):
        assert len(ids(see(tracker, index + step, [Blob(x=10, look=3)], shape=(32, 36)))) == 1

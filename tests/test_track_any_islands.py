"""What holds of tracks whatever the islands are."""

import json
from collections.abc import Sequence

import numpy as np
from blobs import APART, COLUMNS, Blob, after_meeting, as_one, ids, names, see, two
from hypothesis import given, settings
from hypothesis import strategies as st

from glom_video.track import Tracker

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
            whole = tracker.objects.pieces.whole
            pieces |= {*whole, *whole.values()}
            assert owners.setdefault(part, owner) == owner or {owners[part], owner} <= pieces
            owners[part] = owner
        known = tracker.objects.remembered()
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

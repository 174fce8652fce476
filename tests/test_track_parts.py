"""What parts are called, and how they stay with their object: islands made by hand."""

from blobs import APART, DIM, Blob, as_one, body, ids, names, see, two

from glom_video.track import Tracker, TrackSettings


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
    assert {track.owner for track in tracker.parts.live} == {2}


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
    members = sum(map(len, tracker.objects.groups.values()))
    assert len(tracker.objects.live) + members + len(tracker.parts.live) < 40
    assert len(tracker.ids.part_counts) < 20


def test_a_damaged_picture_that_looks_like_a_cut_makes_no_name_twice() -> None:
    tracker = Tracker()
    see(tracker, 0, [Blob(x=12)], body(12))
    see(tracker, 1, [], is_cut=True, is_kept=False)
    three = [*body(12), Blob(x=12, y=20, size=4, look=6, held_by=1)]
    assert names(see(tracker, 2, [Blob(x=12)], three), "part") == ["1.1", "1.2", "1.3"]

"""Ids over cuts, dropped frames, and pictures of another size or rate."""

import pytest
from blobs import Blob, ids, see

from glom_video.track import Tracker, TrackSettings


def test_after_a_cut_ids_go_on() -> None:
    tracker = Tracker()
    see(tracker, 0, [Blob(x=10, look=0), Blob(x=40, look=1)])
    tracks = see(tracker, 1, [Blob(x=10, look=2), Blob(x=40, look=3)], is_cut=True)
    assert ids(tracks) == [3, 4]
    assert tracks["object"].age_frames.tolist() == [1, 1]


def test_a_cut_ends_what_is_not_found_unmoved() -> None:
    """The same looks in another place are another object, now and later; a flash that is taken for
    a cut costs no id."""
    tracker = Tracker()
    see(tracker, 0, [Blob(x=10, look=0), Blob(x=40, look=1)])
    assert ids(see(tracker, 1, [Blob(x=10, look=0), Blob(x=26, look=1)], is_cut=True)) == [1, 3]
    assert ids(see(tracker, 2, [Blob(x=10, look=0), Blob(x=26, look=1), Blob(x=40, look=1)])) == [
        1,
        3,
        4,
    ]


def test_a_cut_to_a_picture_of_another_size_is_no_obstacle() -> None:
    tracker = Tracker()
    see(tracker, 0, [Blob(x=10, look=0)], [Blob(x=10, look=0, held_by=1)])
    tracks = see(tracker, 1, [Blob(x=10, look=3), Blob(x=26, look=0)], is_cut=True, shape=(32, 36))
    assert ids(tracks) == [2, 3]
    assert ids(see(tracker, 2, [Blob(x=10, look=3)], shape=(32, 36))) == [ids(tracks)[0]]


@pytest.mark.parametrize("stride", [2, 5])
def test_dropped_frames_are_no_absence(stride: int) -> None:
    """Every so many frames arrive: what is seen in each of them is never out of sight, and is
    followed along the flow."""
    tracker = Tracker()
    for count in range(4):
        index = stride * count
        tracks = see(
            tracker, index, [Blob(x=10 + 10 * count, dx=10), Blob(x=20 + 10 * count, dx=10)]
        )["object"]
        assert tracks.ids.tolist() == [1, 2]
        assert tracks.missed_frames.tolist() == [0, 0]
        assert tracks.age_frames.tolist() == [index + 1] * 2


def test_time_counts_in_seconds_and_not_in_frames() -> None:
    """Two frames a second: a frame of absence is half a second."""
    tracker = Tracker(TrackSettings(max_missed_seconds=1.2))
    see(tracker, 0, [Blob(x=30)], seconds=0.0)
    see(tracker, 1, [], seconds=0.5)
    tracks = see(tracker, 2, [Blob(x=30)], seconds=1.0)["object"]
    assert tracks.ids.tolist() == [1]
    assert tracks.age_seconds.tolist() == [1.0]
    see(tracker, 3, [], seconds=1.5)
    assert ids(see(tracker, 4, [Blob(x=30)], seconds=3.0)) == [2]


@pytest.mark.parametrize("longest", [0.0, 0.1, 2.5])
@pytest.mark.parametrize("apart", [0.04, 0.125, 1.5])
def test_what_stays_in_sight_keeps_its_id_however_far_apart_frames_are(
    longest: float, apart: float
) -> None:
    """``max_missed_seconds`` is of what is out of sight, and so is the time for which a flash is
    remembered."""
    tracker = Tracker(TrackSettings(max_missed_seconds=longest))
    for index in range(6):
        tracks = see(tracker, index, [Blob(x=30)], [Blob(x=30, held_by=1)], seconds=index * apart)
        assert (ids(tracks), ids(tracks, "part")) == ([1], [1])
    see(tracker, 6, [], seconds=6 * apart)
    tracks = see(tracker, 7, [Blob(x=30)], seconds=6 * apart + longest + 0.05)
    assert ids(tracks) == [2], "it was out of sight for too long"

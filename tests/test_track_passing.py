"""An object that passes behind a post is one object: islands made by hand."""

import pytest
from blobs import Blob, BlobsAt, after, assert_goes_on_the_same_when_saved, ids, see

from glom_video.track import Tracker

BEHIND = range(30, 44)
"""Frames in which it is seen before and behind the post."""


def walker(
    index: int, *, comes_out: bool = True, shows: int = 3, stays: bool = False
) -> list[Blob]:
    """Passes behind a post at 30: its back keeps its look, of its front less is seen. ``stays``:
    what is left of its back shrinks and hardly moves."""
    x = 12 + index / 2
    if index not in BEHIND:
        return [Blob(x=x, look=1, size=12, dx=0.5)]
    left = (BEHIND.stop - index) // 2
    back = Blob(x=22, look=1, size=2 + left) if stays else Blob(x=x - 5, look=1, size=8, dx=0.5)
    front = Blob(x=x + 5, look=2 if shows == 2 else 1, shows=shows, size=8, dx=0.5)
    return [back, front] if comes_out else [back]


@pytest.mark.parametrize("stays", [False, True])
def test_what_passes_behind_a_post_is_one_object_with_one_id(stays: bool) -> None:
    tracker = Tracker()
    seen = [sorted(ids(see(tracker, index, walker(index, stays=stays)))) for index in range(60)]
    assert seen[: BEHIND.start] == [[1]] * BEHIND.start
    assert seen[BEHIND.start] == [1, 2]
    assert seen[BEHIND.start + 5 :] == [[1]] * (60 - BEHIND.start - 5)


@pytest.mark.parametrize(
    "blobs_at",
    [
        pytest.param(lambda index: walker(index, shows=2), id="looks like something else"),
        pytest.param(
            lambda index: [Blob(x=32, look=4, size=4), *walker(index)],
            id="comes out from behind another object",
        ),
        pytest.param(
            lambda index: [
                *walker(index, comes_out=False),
                *([Blob(x=60, look=1, shows=3, size=8)] if index in BEHIND else []),
            ],
            id="is far from where the other would be",
        ),
    ],
)
def test_what_is_no_front_has_an_id_of_its_own(blobs_at: BlobsAt) -> None:
    tracker = Tracker()
    after(blobs_at, BEHIND.start, tracker)
    for index in BEHIND:
        blobs = blobs_at(index)
        assert len(ids(see(tracker, index, blobs))) == len(blobs)


def test_what_is_saved_while_something_passes_goes_on_the_same() -> None:
    assert_goes_on_the_same_when_saved(walker, 60)

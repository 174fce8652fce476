"""Events: told once what happened has lasted, of the right object, and so that sums add up."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from percepts import Box, noise, percept_of, tracks_of

from glom_video.events import (
    NO_PLACES,
    Event,
    EventDetector,
    Line,
    PlaceCounts,
    Places,
    Zone,
)
from glom_video.structures import Percept

HEIGHT, WIDTH, RATE = 40, 80, 10
LEFT_HALF = Zone("left half", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))
UPWARDS = Line("gate", ((0.5, 1.0), (0.5, 0.0)))
"""Drawn from the bottom to the top: what goes to the right in the picture goes to its right."""


def moment(
    index: int, boxes: dict[int, Box], names: Sequence[str] = (), **of_frame: Any
) -> Percept:
    """Frame ``index`` of ten a second with these objects; ``names`` as of Tracks, by id."""
    objects = tracks_of(boxes, HEIGHT, WIDTH)
    pose = np.zeros((len(boxes), 6), np.float32)
    for row, (_, (left, top, right, bottom)) in enumerate(sorted(boxes.items())):
        pose[row, :2] = (left + right) / 2 / WIDTH, (top + bottom) / 2 / HEIGHT
    objects = replace(objects, pose=pose, names=tuple(names) or objects.names)
    none = tracks_of({}, HEIGHT, WIDTH)
    seen = percept_of(noise(HEIGHT, WIDTH), objects, none, index)
    frame = replace(
        seen.frame, pts_seconds=index / RATE, is_corrupt=of_frame.pop("is_corrupt", False)
    )
    return replace(seen, frame=frame, **of_frame)


def told(percepts: Sequence[Percept], places: Places = NO_PLACES) -> list[Event]:
    detector = EventDetector()
    return [event for percept in percepts for event in detector.update(percept, places)]


def brief(events: Sequence[Event]) -> list[tuple[Any, ...]]:
    """Kind, id, frame, and what else it says."""
    extra = [(event.other_id, event.place, event.direction) for event in events]
    return [
        (event.kind, event.id, event.frame, *(each for each in more if each is not None))
        for event, more in zip(events, extra, strict=True)
    ]


def box(left: int, top: int = 10) -> Box:
    return left, top, left + 10, top + 20


def test_appeared_and_left_are_dated_back_to_their_beginning() -> None:
    clip = [moment(i, {3: box(20)} if 4 <= i < 20 else {}) for i in range(40)]
    events = told(clip)
    assert brief(events) == [("appeared", 3, 4), ("left", 3, 20)]
    assert events[0].pts_seconds == pytest.approx(0.4)


def test_what_flickers_is_no_event() -> None:
    gaps, flashes = {12, 13, 14, 20}, {5, 6, 25}
    clip = [
        moment(i, {**({} if i in gaps else {1: box(0)}), **({9: box(60)} if i in flashes else {})})
        for i in range(40)
    ]
    assert brief(told(clip)) == [("appeared", 1, 0)]


def test_seen_as_one_and_apart_again() -> None:
    apart = {1: box(10), 4: box(40)}
    clip = [moment(i, apart) for i in range(10)]
    clip += [moment(i, {1: (10, 10, 50, 30)}, ["1+4"]) for i in range(10, 20)]
    clip += [moment(i, apart) for i in range(20, 30)]
    assert brief(told(clip)) == [
        ("appeared", 1, 0),
        ("appeared", 4, 0),
        ("merged", 4, 10, 1),
        ("split", 4, 20, 1),
    ], "both are there all the time"


def test_one_that_comes_out_of_another_or_goes_into_it() -> None:
    whole, halves = {1: (10, 10, 50, 30)}, {1: (10, 10, 30, 30), 2: (30, 10, 50, 30)}
    clip = [moment(i, whole if not 10 <= i < 20 else halves) for i in range(30)]
    assert brief(told(clip)) == [
        ("appeared", 1, 0),
        ("appeared", 2, 10),
        ("split", 2, 10, 1),
        ("merged", 2, 20, 1),
        ("left", 2, 20),
    ]


def test_one_that_goes_behind_another_has_not_merged_with_it() -> None:
    """What is seen of it last is a narrow strip at the other's edge."""
    clip = [
        moment(i, {1: (40, 5, 60, 35), **({2: (i, 10, min(i + 12, 40), 30)} if i < 40 else {})})
        for i in range(60)
    ]
    assert brief(told(clip))[2:] == [("left", 2, 40)]


def test_nothing_splits_or_merges_across_a_cut() -> None:
    clip = [moment(i, {1: (10, 10, 50, 30)}) for i in range(10)]
    clip += [moment(10, {2: (10, 10, 30, 30)}, reset="cut")]
    clip += [moment(i, {2: (10, 10, 30, 30)}) for i in range(11, 20)]
    assert brief(told(clip)) == [("appeared", 1, 0), ("left", 1, 10), ("appeared", 2, 10)]


def test_damaged_pictures_tell_nothing() -> None:
    clip = [moment(i, {1: box(10)} if i < 10 else {}, is_corrupt=i >= 10) for i in range(30)]
    assert brief(told(clip)) == [("appeared", 1, 0)]


def test_zones_and_lines_are_where_the_centre_is() -> None:
    """To the right and back, 2 pixels a frame: the centre is in the middle at frame 18 and 43."""
    way = [2 * i for i in range(31)] + [60 - 2 * i for i in range(1, 31)]
    clip = [moment(i, {5: box(left)}) for i, left in enumerate(way)]
    places = Places((LEFT_HALF,), (UPWARDS,))
    events = told(clip, places)
    assert brief(events) == [
        ("appeared", 5, 0),
        ("entered_zone", 5, 0, "left half"),
        ("left_zone", 5, 18, "left half"),
        ("crossed_line", 5, 18, "gate", "right"),
        ("entered_zone", 5, 43, "left half"),
        ("crossed_line", 5, 43, "gate", "left"),
    ]
    counts = PlaceCounts()
    for event in events:
        counts.add(event)
    assert counts.of(places) == {
        "left half": {"inside": 1, "entered": 2, "left": 1},
        "gate": {"to_left": 1, "to_right": 1},
    }


def test_a_way_past_the_end_of_a_line_does_not_cross_it() -> None:
    short = Line("short", ((0.5, 1.0), (0.5, 0.8)))
    clip = [moment(i, {5: box(2 * i)}) for i in range(31)]
    assert "crossed_line" not in {event.kind for event in told(clip, Places((), (short,)))}


def test_one_that_leaves_the_picture_leaves_its_zone() -> None:
    clip = [moment(i, {5: box(10)} if i < 12 else {}) for i in range(30)]
    assert brief(told(clip, Places((LEFT_HALF,))))[2:] == [
        ("left_zone", 5, 12, "left half"),
        ("left", 5, 12),
    ]


def test_a_zone_may_be_drawn_and_taken_away_while_it_runs() -> None:
    detector, events = EventDetector(), []
    for i in range(40):
        events += detector.update(
            moment(i, {5: box(10)}), Places((LEFT_HALF,)) if 10 <= i < 25 else NO_PLACES
        )
    assert brief(events)[1:] == [("entered_zone", 5, 9, "left half")], "as it was drawn"


def test_a_new_zone_counts_what_is_in_it_in_the_frame_shown() -> None:
    """Without waiting for another; what comes or goes after that is counted as ever, and once."""
    detector, events = EventDetector(), []
    for i in range(10):
        events += detector.update(moment(i, {5: box(10), 6: box(60)}), NO_PLACES)
    drawn = detector.take_up(Places((LEFT_HALF,)))
    assert brief(drawn) == [("entered_zone", 5, 9, "left half")]
    assert detector.take_up(Places((LEFT_HALF,))) == []
    later = [
        event
        for i in range(10, 30)
        for event in detector.update(moment(i, {5: box(60), 6: box(10)}), Places((LEFT_HALF,)))
    ]
    assert brief(later) == [("left_zone", 5, 10, "left half"), ("entered_zone", 6, 10, "left half")]


def test_a_zone_that_was_taken_away_is_left_by_nobody() -> None:
    """Not even by who was away just then."""
    detector, events = EventDetector(), []
    for i in range(30):
        there = {} if i >= 18 else {5: box(10)}
        events += detector.update(moment(i, there), NO_PLACES if i >= 20 else Places((LEFT_HALF,)))
    assert brief(events)[2:] == [("left", 5, 18)]


PLACES = Places((LEFT_HALF,), (UPWARDS,))
SEEN = st.dictionaries(st.integers(1, 4), st.integers(0, 7), max_size=4)
"""Of one frame: who is there, and in which eighth of the picture."""


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(SEEN, st.integers(1, 12)), min_size=1, max_size=12))
def test_those_that_appeared_less_those_that_left_are_there(
    course: list[tuple[dict[int, int], int]],
) -> None:
    """Whatever is seen, for however long: after each frame sums of events are what is there, and
    each object appears before all else, leaves once, and is outside of all zones then."""
    detector, counts, events = EventDetector(), PlaceCounts(), Counter[tuple[str, int]]()
    frames = [seen for seen, length in course for _ in range(length)]
    for index, seen in enumerate(frames):
        boxes = {
            number: (10 * x, 8 * number, 10 * x + 10, 8 * number + 8) for number, x in seen.items()
        }
        for event in detector.update(moment(index, boxes), PLACES):
            counts.add(event)
            events[event.kind, event.id] += 1
            assert event.frame <= index
        for number in range(1, 5):
            there = events["appeared", number] - events["left", number]
            assert there == (number in detector.present)
            inside = events["entered_zone", number] - events["left_zone", number]
            assert 0 <= inside <= there
        inside_all = sum(n for (kind, _), n in events.items() if kind == "entered_zone") - sum(
            n for (kind, _), n in events.items() if kind == "left_zone"
        )
        assert counts.of(PLACES)["left half"]["inside"] == inside_all
    lasting = set.intersection(*(set(seen) for seen in frames[-6:])) if len(frames) > 5 else set()
    assert lasting <= detector.present

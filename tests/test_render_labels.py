"""Labels of objects that have names: as long as there is room for, beside each other, inside the
picture and steady from picture to picture."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from percepts import noise, percept_of, tracks_of

from glom_video.render import DrawSettings, HeldLabels, Layout, label, render
from glom_video.render.held import MARGIN
from glom_video.render.letters import shortened
from glom_video.render.places import Box, aside, box_around, is_free, moved
from glom_video.structures import Percept

SIZE = 180, 320
LONG = "Grandmother Elisabeth of the hills"
HEIGHT = label.text_height(*SIZE)


def scene(boxes: dict[int, Box], size: tuple[int, int] = SIZE) -> Percept:
    parts = tracks_of({}, *size)
    return percept_of(noise(*size) // 3, tracks_of(boxes, *size), parts)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Box]:
    """Where each text was written since it was last cleared."""
    boxes: list[Box] = []
    write = label._write

    def noted(picture: np.ndarray, drawn: Any, box: Box) -> None:
        boxes.append(box)
        write(picture, drawn, box)

    monkeypatch.setattr(label, "_write", noted)
    return boxes


def test_without_names_pictures_are_the_same_with_labels_held(two_objects: Percept) -> None:
    held = HeldLabels()
    for _ in range(2):
        assert (render(two_objects, held=held) == render(two_objects)).all()


def test_labels_of_close_objects_make_way_for_each_other(written: list[Box]) -> None:
    near = scene({1: (60, 60, 130, 100), 2: (120, 62, 190, 102), 3: (90, 75, 160, 110)})
    render(near, names=dict.fromkeys((1, 2, 3), LONG))
    assert len(written) == 3, "all are drawn"
    assert all(is_free(one, [other]) for one, other in combinations(written, 2))
    assert all(box[0] >= 0 and box[2] <= SIZE[1] for box in written)
    assert all(box[1] >= 0 and box[3] <= SIZE[0] for box in written)


@pytest.mark.parametrize("size", [(1, 1), (16, 24), (9, 400), (33, 47), (180, 60)])
@pytest.mark.parametrize("place", [(0, 0), (1, 1)])
def test_labels_stay_in_the_picture(
    written: list[Box], size: tuple[int, int], place: tuple[int, int]
) -> None:
    height, width = size
    left, top = place[1] * width // 2, place[0] * height // 2
    boxes = {1: (left, top, left + (width + 1) // 2, top + (height + 1) // 2)}
    render(scene(boxes, size), names={1: LONG})
    for box in written:
        assert min(box) >= 0
        assert (box[2] <= width, box[3] <= height) == (True, True)


@pytest.mark.parametrize("width", [14, 60, 200])
def test_a_label_is_hardly_wider_than_its_object(written: list[Box], width: int) -> None:
    one = scene({1: (50, 40, 50 + width, 120)})
    render(one, names={1: LONG})
    (box,) = written
    assert box[2] - box[0] <= width + 2 + MARGIN * HEIGHT
    written.clear()
    render(one, names={1: "Zoë"})
    (short,) = written
    assert short[2] - short[0] < box[2] - box[0]


def test_a_name_that_fits_is_not_shortened(written: list[Box]) -> None:
    wide = scene({1: (10, 40, 310, 120)})
    pictures = [render(wide, names={1: name}) for name in ("Elisabeth", "Elisabet\u2026")]
    assert (pictures[0] != pictures[1]).any()
    (whole, cut) = (box[2] - box[0] for box in written)
    assert whole > 0.8 * cut


@pytest.mark.parametrize(
    ("name", "letters", "drawn"),
    [
        ("Elisabeth", 9, "Elisabeth"),
        ("Elisabeth", 4, "Elis\u2026"),
        ("Anna Maria", 5, "Anna\u2026"),
        ("Anna", 0, ""),
        ("e\u0301tude", 1, "é\u2026"),
        ("אבגד", 4, "דגבא"),
        ("אבגד", 2, "\u2026בא"),
        ("Anna אבג", 6, "Anna א\u2026"),
    ],
)
def test_names_are_shortened_where_they_end(name: str, letters: int, drawn: str) -> None:
    assert shortened(name, letters) == drawn


@pytest.mark.parametrize("layout", ["overlay", "levels"])
def test_a_label_neither_jumps_nor_changes_its_length_to_and_fro(
    written: list[Box], layout: Layout
) -> None:
    """Two people sway and stride beside each other: places and lengths settle."""
    held = HeldLabels()
    places, lengths = [], []
    for step in range(60):
        sway, stride = (3 if step % 2 else -3), 12 * (step % 6 < 3)
        boxes = {
            1: (100 + sway, 60, 140 + sway + stride, 130),
            2: (140 - sway + stride, 61 - sway, 190 - sway + stride, 133 - sway),
        }
        written.clear()
        render(scene(boxes), DrawSettings(layout), names={1: LONG, 2: LONG}, held=held)
        first, second = written[:2]  # titles and parts come after
        assert is_free(first, [second])
        lengths.append((first[2] - first[0], second[2] - second[0]))
        places.append(np.sign(second[1] - first[1]))
    assert len(set(lengths[6:])) == 1
    assert len(set(places[1:])) == 1, "the second one stays on its side"


def test_ids_of_one_colour_have_labels_of_their_own(written: list[Box]) -> None:
    """Ids 255 apart share a colour; each had its label between the two, also where one was
    hidden."""
    two = scene({1: (10, 20, 110, 80), 256: (200, 100, 300, 160)})
    render(two)
    first, second = written
    assert first[2] < 130
    assert second[0] > 180
    written.clear()
    render(two, hidden=[1])
    assert written == [second]


def test_a_label_goes_back_once_there_is_room(written: list[Box]) -> None:
    held, names = HeldLabels(), {1: LONG, 2: LONG}

    def second(down: int) -> int:
        written.clear()
        boxes = {1: (60, 60, 160, 90), 2: (170, 60 + down, 270, 90 + down)}
        render(scene(boxes), names=names, held=held)
        return written[1][1] - written[0][1]

    assert second(0) != 0, "moved aside"
    assert second(80) == 80, "where it belongs"


def test_no_place_is_found_where_there_is_none() -> None:
    """Wherever a box is put, it overlaps no other and lies inside; else there is none."""
    rng, frame = np.random.default_rng(5), (100, 160)
    found = 0
    for _ in range(300):
        taken: list[Box] = []
        for _ in range(rng.integers(0, 14)):
            size = int(rng.integers(8, 20)), int(rng.integers(10, 60))
            home = box_around(int(rng.integers(160)), int(rng.integers(100)), size, frame)
            assert home is not None
            before = (int(rng.integers(-30, 30)), int(rng.integers(-30, 30)))
            offset = aside(home, taken, frame, before if rng.integers(2) else None)
            if offset is None:
                continue
            box = moved(home, offset)
            assert is_free(box, taken)
            assert box_around((box[0] + box[2]) // 2, (box[1] + box[3]) // 2, size, frame) == box
            found += 1
            taken.append(box)
    assert found > 1000
    assert aside((0, 0, 160, 100), [(50, 50, 60, 60)], frame, None) is None

"""Drawing: colours stay with ids, only objects are painted, parts are drawn inside them, and
nothing that is given changes."""

from dataclasses import replace

import numpy as np
import pytest
from percepts import noise, percept_of, tracks_from_ids, tracks_of

from glom_video.render import LAYOUTS, DrawSettings, Layout, colour_of, drawn_otherwise, render
from glom_video.render.letters import as_drawn
from glom_video.structures import (
    GivenNames,
    InvalidInput,
    LevelName,
    Percept,
    check_values,
    id_image,
)


def objects_mask(percept: Percept, level: LevelName = "object") -> np.ndarray:
    return id_image(percept.tracks[level], *percept.frame.image.shape[:2]) > 0


@pytest.mark.parametrize(
    ("layout", "level", "shape"),
    [
        ("overlay", None, (120, 200, 3)),
        ("overlay", "part", (120, 200, 3)),
        ("side-by-side", None, (120, 400, 3)),
        ("levels", None, (240, 400, 3)),
        ("levels", "part", (120, 400, 3)),
        ("mask", None, (120, 200, 3)),
    ],
)
def test_each_layout_has_its_size(
    two_objects: Percept, layout: Layout, level: LevelName | None, shape: tuple[int, ...]
) -> None:
    picture = render(two_objects, DrawSettings(layout=layout, level=level))
    assert picture.shape == shape
    assert picture.dtype == np.uint8


def test_an_unknown_layout_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cubist") as refused:
        check_values(DrawSettings, {"layout": "cubist"})
    assert "side-by-side" in refused.value.remedy


@pytest.mark.parametrize("layout", LAYOUTS)
def test_drawing_changes_nothing_that_it_is_given(two_objects: Percept, layout: Layout) -> None:
    arrays = [
        two_objects.frame.image,
        *(
            value
            for tracks in two_objects.tracks.values()
            for value in (tracks.memberships, tracks.ids)
        ),
    ]
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.flags.writeable = False
    first = render(two_objects, DrawSettings(layout=layout))
    assert (render(two_objects, DrawSettings(layout=layout)) == first).all()
    assert all((array == copy).all() for array, copy in zip(arrays, before, strict=True))


def test_background_is_not_painted(two_objects: Percept) -> None:
    outside = ~objects_mask(two_objects)
    for level in (None, "object", "part"):
        picture = render(two_objects, DrawSettings(level=level))
        assert (picture[outside] == two_objects.frame.image[outside]).all()
        assert (picture[~outside] != two_objects.frame.image[~outside]).any(1).mean() > 0.99
    assert not render(two_objects, DrawSettings(layout="mask"))[outside].any()


def test_no_tracks_leave_the_picture_as_it_is() -> None:
    percept = percept_of(noise(60, 80), tracks_of({}, 60, 80), tracks_of({}, 60, 80))
    assert (render(percept) == percept.frame.image).all()
    assert not render(percept, DrawSettings(layout="mask")).any()


def test_a_mask_shows_each_id_in_its_own_colour(two_objects: Percept) -> None:
    ids_of: dict[LevelName, list[int]] = {"object": [3, 7], "part": [1, 2, 4, 9]}
    for level, ids in ids_of.items():
        picture = render(two_objects, DrawSettings(layout="mask", level=level))
        shown = {tuple(colour) for colour in picture.reshape(-1, 3).tolist()}
        assert shown == {
            (0, 0, 0),
            *(tuple(colour) for colour in colour_of(np.array(ids)).tolist()),
        }
        places = id_image(two_objects.tracks[level], 120, 200)
        assert all(
            (picture[places == track_id] == colour_of(np.array([track_id]))).all()
            for track_id in ids
        )


def test_colours_follow_ids_and_not_rows_or_places() -> None:
    truth = np.zeros((60, 90), np.int32)
    truth[10:40, 10:40], truth[20:50, 50:80] = 12, 5
    pictures = []
    for order in ([5, 12], [12, 5]):
        tracks = tracks_from_ids(truth, order)
        pictures.append(
            render(
                percept_of(noise(60, 90), tracks, tracks),
                DrawSettings(layout="mask", level="object"),
            )
        )
    assert (pictures[0] == pictures[1]).all()
    moved = tracks_from_ids(np.roll(truth, (7, 5), (0, 1)), [5, 12])
    shifted = render(
        percept_of(noise(60, 90), moved, moved), DrawSettings(layout="mask", level="object")
    )
    assert (shifted == np.roll(pictures[0], (7, 5), (0, 1))).all()


def test_opacity_mixes_colour_and_picture(two_objects: Percept) -> None:
    plain = render(two_objects, DrawSettings(level="object", opacity=0.0))[70:90, 30:50].astype(int)
    full = render(two_objects, DrawSettings(level="object", opacity=1.0))[70:90, 30:50].astype(int)
    half = render(two_objects, DrawSettings(level="object", opacity=0.5))[70:90, 30:50].astype(int)
    assert (plain == two_objects.frame.image[70:90, 30:50]).all()
    assert (full == colour_of(np.array([3]))).all()
    assert np.abs(half - (plain + full) / 2).max() <= 1


def test_part_borders_are_drawn_inside_objects_only(two_objects: Percept) -> None:
    # Parts that leave their objects.
    wandering = tracks_of({1: (0, 0, 60, 120), 2: (60, 0, 200, 120)}, 120, 200)
    percept = replace(two_objects, tracks={**two_objects.tracks, "part": wandering})
    with_parts = render(percept, DrawSettings(layout="mask"))
    without = render(percept, DrawSettings(layout="mask", level="object"))
    changed = (with_parts != without).any(2)
    assert changed[30:90, 57:63].any(1).all(), (
        "the border between parts 1 and 2 runs through object 3"
    )
    assert not changed[~objects_mask(percept)].any()
    assert not changed[:, 100:].any(), "object 7 lies in one part only"
    assert 0 < changed.sum() < 0.05 * changed.size


def test_colours_of_neighbouring_ids_are_far_apart() -> None:
    colours = colour_of(np.arange(1, 200)).astype(float)
    distances = [
        np.linalg.norm(colours[i] - colours[i + step]) for i in range(190) for step in range(1, 6)
    ]
    assert min(distances) > 40


def test_colours_repeat_only_after_255_ids_and_zero_is_black() -> None:
    assert (
        colour_of(np.array([0, 300, 1000000])) == colour_of(np.array([0, 45, 999999 % 255 + 1]))
    ).all()
    assert not colour_of(np.array([0])).any()
    assert colour_of(np.arange(1, 256)).any(1).all()


def test_ids_beyond_255_are_drawn() -> None:
    tracks = tracks_of({256: (5, 5, 40, 40), 70001: (50, 5, 90, 40)}, 60, 100)
    picture = render(
        percept_of(noise(60, 100), tracks, tracks), DrawSettings(layout="mask", level="object")
    )
    assert (picture[20, 20] == colour_of(np.array([256]))[0]).all()
    assert (picture[20, 70] == colour_of(np.array([70001]))[0]).all()


def test_labels_name_objects_and_their_score(two_objects: Percept) -> None:
    """Another score changes the picture near the middle of its object and nowhere else."""
    tracks = two_objects.tracks["object"]
    surer = replace(tracks, score=np.array([0.11, tracks.score[1]], np.float32))
    changed = (
        render(replace(two_objects, tracks={**two_objects.tracks, "object": surer}))
        != render(two_objects)
    ).any(2)
    rows, columns = changed.nonzero()
    assert rows.min() > 45
    assert rows.max() < 75
    assert columns.min() > 25
    assert columns.max() < 90


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", [(1, 1), (16, 24), (9, 400), (33, 47)])
def test_small_and_narrow_frames_are_drawn(layout: Layout, size: tuple[int, int]) -> None:
    tracks = tracks_of({1: (0, 0, size[1] // 2 + 1, size[0])}, *size)
    percept = percept_of(noise(*size), tracks, tracks)
    assert render(percept, DrawSettings(layout=layout)).shape[0] % size[0] == 0


def test_names_stand_beside_ids_and_hidden_objects_are_left_undrawn(two_objects: Percept) -> None:
    plain = render(two_objects)
    named = render(two_objects, names=GivenNames({3: "Zoë"}))
    assert (named[:, :100] != plain[:, :100]).any(), "it is written into object 3"
    assert (named[:, 100:] == plain[:, 100:]).all()
    assert (render(two_objects, names={3: "Zoë"}) == named).all(), "a dict will do"
    with pytest.raises(InvalidInput, match="no name"):
        render(two_objects, names={3: ""})
    for level in (None, "object", "part"):
        drawn = render(two_objects, DrawSettings(level=level), hidden={3})
        assert (drawn[:, :100] == two_objects.frame.image[:, :100]).all()
        assert (drawn[:, 120:170] != two_objects.frame.image[:, 120:170]).any()


def test_names_are_drawn_in_the_letters_they_have(two_objects: Percept) -> None:
    """Each name is another picture, and none is that of a name of question marks."""
    drawn = [
        render(two_objects, names={3: name})
        for name in (
            "Lu",
            "Łu",
            "Ły",
            "Кот",
            "Ωω",
            "猫",
            "犬",
            "ねこ",
            "고양",
            "שלום",
            "??",
            "????",
        )
    ]
    for place, one in enumerate(drawn):
        assert all((one != other).any() for other in drawn[:place]), place
    joined, apart = (render(two_objects, names={3: name}) for name in ("é", "e\u0301"))
    assert (joined == apart).all()
    mixed, turned = (render(two_objects, names={3: name}) for name in ("אב", "בא"))
    assert (mixed != turned).any()


def test_what_pictures_show_otherwise_than_written_is_told() -> None:
    assert drawn_otherwise("Łukasz Ångström, Кот, 猫, ねこ, 고양이, שלום?") == []
    assert drawn_otherwise("a😀b𓀀😀") == ["no font has 😀𓀀: pictures show ? instead"]
    (told,) = drawn_otherwise("سلام")
    assert "Arabic letters unjoined" in told


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("אבג", "גבא"),
        ("אב גד", "דג בא"),
        ("Anna אבג 3", "Anna גבא 3"),
        ("אבג 3", "גבא 3"),
        ("(אב)", "(בא)"),
        ("אב\u05bcג", "גב\u05bcא"),
        ("Anna 3", "Anna 3"),
        ("", ""),
    ],
)
def test_names_from_the_right_are_drawn_so(name: str, drawn: str) -> None:
    """Word by word beside others: each accent stays with its letter."""
    assert as_drawn(name) == drawn

"""What the Python interface says to those who use it otherwise than it is meant."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glom_video as gv
from glom_video.perceive import PreparedFrame

SCRIPT = """
import os, sys
import numpy as np
import glom_video as gv
glom = gv.Glom.from_pretrained(sys.argv[1])
frames = [gv.Frame(np.zeros((48, 64, 3), np.uint8), index, index / 25, False) for index in range(2)]
assert len(list(gv.perceive(frames, glom))) == 2
child = os.fork()
if not child:
    try:
        list(gv.perceive(frames, glom))
    except gv.InvalidInput as error:
        os._exit(7 if "forked" in error.cause else 1)
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


UNCHECKED = """
import sys
import numpy as np
import glom_video as gv
glom = gv.Glom.from_pretrained(sys.argv[1])
frames = gv.read(np.zeros((2, 48, 64, 3), np.uint8))
percept = next(gv.perceive(frames, glom))
for wrong in (
    lambda: gv.Perceiver("a model"),
    lambda: gv.Perceiver(glom, gv.MotionSettings()),
    lambda: list(gv.perceive_together(gv.read(np.zeros((2, 48, 64, 3), np.uint8)), glom)),
    lambda: gv.render(percept, gv.Settings()),
    lambda: gv.render(percept.frame),
    lambda: gv.estimate_motion(np.zeros((48, 64, 3), np.uint8), np.zeros((48, 64, 3), np.uint8)),
    lambda: gv.id_image(percept.tracks["object"], 0, 64),
    lambda: gv.id_image(percept.tracks["object"], 48.5, 64),
    lambda: gv.id_image(percept.tracks["object"], 48, "64"),
    lambda: gv.GlomConfig(dim=-3),
    lambda: gv.GlomConfig(hidden="a"),
):
    try:
        wrong()
    except (TypeError, ValueError) as error:
        print(type(error).__name__, error)
"""
"""In a process of its own: in tests the types of all arguments are checked before."""


def test_what_is_of_another_type_is_named(tiny_weights: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", UNCHECKED, tiny_weights],
        timeout=120,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert [line.split(", ")[0] for line in told] == [
        "TypeError a Glom is needed",
        "TypeError Settings are needed",
        "TypeError a list of clips is needed",
        "TypeError DrawSettings are needed",
        "TypeError a Percept is needed",
        "ValueError estimate_motion needs grey pictures (H W) of uint8",
        *3 * ["ValueError an id image has a height and a width in whole pixels from 1 up"],
        "ValueError GlomConfig.dim is a number from 1 up",
        "ValueError GlomConfig.hidden is a number from 1 up",
    ]


def test_two_threads_in_one_perceiver_are_told(tiny_weights: Path) -> None:
    """Their frames would be of one clip."""
    perceiver = gv.Perceiver(gv.Glom.from_pretrained(str(tiny_weights)))
    entered, told = threading.Event(), []
    frame = gv.Frame(np.zeros((48, 64, 3), np.uint8), 0, 0.0)

    def other() -> None:
        entered.wait(10)
        try:
            perceiver(frame)
        except RuntimeError as error:
            told.append(str(error))

    thread = threading.Thread(target=other)
    prepare = perceiver.prepare

    def slow(frame: gv.Frame) -> PreparedFrame:
        entered.set()
        thread.join(10)
        return prepare(frame)

    perceiver.prepare = slow  # type: ignore[method-assign, assignment]
    thread.start()
    perceiver(frame)
    assert len(told) == 1
    assert "two threads" in told[0]
    perceiver.prepare = prepare  # type: ignore[method-assign]
    assert perceiver(frame).frame.index == 1


@pytest.mark.parametrize(
    "part",
    [
        {"stride": 0},
        {"stride": 10**24},
        {"start_seconds": float("nan")},
        {"start_seconds": -0.1},
        {"start_seconds": float("inf")},
        {"end_seconds": float("nan")},
        {"start_seconds": 1.0, "end_seconds": 1.0},
        {"frame_rate": float("nan")},
        {"frame_rate": 0.0},
    ],
)
def test_a_part_that_cannot_be_kept_is_refused(part: dict[str, Any]) -> None:
    with pytest.raises(gv.InvalidInput, match=r"nothing can be kept|frame rate"):
        list(gv.read([np.zeros((48, 64, 3), np.uint8)], **part))


def test_a_frame_has_a_time() -> None:
    with pytest.raises(gv.InvalidInput, match="time is nan"):
        gv.Frame.from_array(np.zeros((48, 64), np.uint8), float("nan"))


def test_a_clock_that_goes_back_is_refused_and_does_no_harm(tiny_weights: Path) -> None:
    """Ages would be negative, and scores of their logarithm no numbers."""
    perceiver = gv.Perceiver(gv.Glom.from_pretrained(str(tiny_weights)))
    picture = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    for seconds in (-7.0, -7.0, 5.0):
        perceiver(gv.Frame.from_array(picture, seconds))
    for _ in range(2):
        with pytest.raises(gv.InvalidInput, match=r"a frame of 4\.5 s follows one of 5 s"):
            perceiver(gv.Frame.from_array(picture, 4.5))
        perceiver.forget()
    assert perceiver(gv.Frame.from_array(picture, 5.0)).frame.index == 3


def test_what_perceiver_did_not_save_is_refused(tiny_weights: Path, tmp_path: Path) -> None:
    glom = gv.Glom.from_pretrained(str(tiny_weights))
    (tmp_path / "text").write_text("no memory")
    for path in (tmp_path / "text", tmp_path / "gone", tiny_weights):
        with pytest.raises(gv.InvalidInput, match="cannot be read as the memory of a clip"):
            gv.Perceiver.restore(path, glom)
    with pytest.raises(gv.InvalidInput, match="cannot be written"):
        gv.Perceiver(glom).save(tmp_path / "nowhere" / "memory")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_says_so_and_does_not_hang(tiny_weights: Path) -> None:
    assert (
        subprocess.run(
            [sys.executable, "-c", SCRIPT, tiny_weights], timeout=120, check=False
        ).returncode
        == 7
    )


def test_an_array_is_no_frame(tiny_weights: Path) -> None:
    perceiver = gv.Perceiver(gv.Glom.from_pretrained(str(tiny_weights)))
    with pytest.raises(
        Exception, match="Frame"
    ):  # in tests the shapes and types of all arguments are checked before
        perceiver(np.zeros((48, 64, 3), np.uint8))  # type: ignore[arg-type]

"""What cannot be read or drawn is refused with its cause and a remedy, and not passed over."""

import json
import os
from functools import reduce
from operator import getitem
from pathlib import Path

import numpy as np
import pytest
from clips import write_clip
from conftest import Cli, is_one_error, small_glom
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import save_file

from glom_video.perceive import Perceiver
from glom_video.read import expand, read, read_piece, source_name
from glom_video.structures import Frame, InvalidInput
from glom_video.synth import Textures, render_clip
from glom_video.synth.photographs import MASKS, PICTURES, Photographs


def test_a_list_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clips.txt").write_bytes("Fahrräder.mp4".encode("utf-16"))
    with pytest.raises(InvalidInput, match=r"clips\.txt cannot be read") as refused:
        expand([tmp_path / "clips.txt"])
    assert "UTF-8" in refused.value.remedy


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("https://host/films/street.mp4?key=1", "street"),
        ("rtsp://user:secret@camera:554/front/", "front"),
        ("udp://@239.0.0.1:1234", "1234"),
    ],
)
def test_outputs_of_an_address_are_called_after_its_last_word(source: str, name: str) -> None:
    assert source_name(source) == name


def pictures(folder: Path, count: int = 3) -> Path:
    for index in range(count):
        Image.fromarray(np.full((32, 48, 3), 60 * index, np.uint8)).save(folder / f"{index}.png")
    return folder


def test_a_start_after_the_last_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"it lasts 0\.12 s"):
        list(read(pictures(tmp_path), start_seconds=1.0))


def test_a_folder_of_damaged_images_is_refused(tmp_path: Path) -> None:
    for path in pictures(tmp_path).iterdir():
        path.write_bytes(b"no picture")
    with pytest.raises(InvalidInput, match="none of the 3 images"):
        list(read(tmp_path))


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(InvalidInput, match="pipe"):
        next(read(tmp_path / "pipe.mp4"))
    os.mkfifo(tmp_path / "x.png")
    with pytest.raises(InvalidInput, match="holds no images"):
        next(read(tmp_path))


def test_a_link_to_nothing_in_a_folder_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "gone.mp4").symlink_to("nowhere.mp4")
    (tmp_path / "round.mp4").symlink_to("round.mp4")
    found = expand([tmp_path])
    assert [Path(each).name for each in found] == ["gone.mp4", "round.mp4"]
    with pytest.raises(InvalidInput, match="link to a file that is not there"):
        next(read(found[0]))
    with pytest.raises(InvalidInput, match="too many levels of symbolic links"):
        next(read(found[1]))


@pytest.mark.parametrize("source", ["", " "])
def test_an_empty_name_is_not_the_current_folder(source: str) -> None:
    """As of a variable that a script forgot to set."""
    with pytest.raises(InvalidInput, match="empty name"):
        expand([source])


@pytest.mark.parametrize(
    "words",
    [
        ("annotate", "a.mp4", "-o", ""),
        ("annotate", "a.mp4", "--out="),
        ("annotate", "a.mp4", "-o", "out", "--weights", ""),
        ("evaluate", "a.mp4", "--beside", ""),
        ("demo", "--out", ""),
        ("synth", ""),
        ("probe", ""),
        ("study", "pose", "--photos", ""),
    ],
    ids=" ".join,
)
def test_an_option_without_its_value_is_told(
    words: tuple[str, ...], glom_video: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a variable that a script forgot to set; the current folder is named by a full stop."""
    monkeypatch.chdir(tmp_path)
    ran = glom_video(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.strip().endswith("it is empty")
    assert not list(tmp_path.iterdir())


def test_a_seed_below_zero_is_refused(glom_video: Cli, tmp_path: Path) -> None:
    ran = glom_video("synth", tmp_path / "out", "--seed", -5)
    assert ran.code == 2
    assert "--seed" in ran.err
    assert "internal error" not in ran.err


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 2 GiB."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 byte."),
        ValueError("OpenCV(5.0.0) (-4:Insufficient memory) Failed to allocate 64307775630 bytes"),
    ],
)
def test_too_little_memory_is_no_internal_error(
    error: Exception, glom_video: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("glom_video_pipelines.probe.run_probe", fail)
    ran = glom_video("probe", "clip.mp4")
    assert ran.code == 2
    assert is_one_error(ran.err)
    assert ran.err.startswith("error: there is not enough memory")


def test_zones_without_events_are_said_to_change_nothing(tmp_path: Path, annotate: Cli) -> None:
    clip, zones = write_clip(tmp_path / "clip.mp4", range(2)), tmp_path / "zones.json"
    zones.write_text('{"zones": [{"name": "a", "points": [[0, 0], [1, 0], [1, 1]]}]}')
    for formats, is_said in ((("csv",), True), (("events",), False)):
        ran = annotate(clip, "--zones", zones, "--dry-run", out=tmp_path / "out", formats=formats)
        assert ran.code == 0
        assert ("--zones changes nothing" in ran.err) is is_said


@pytest.mark.parametrize(
    ("option", "without", "with_it"),
    [
        (("--layout", "mask"), "csv", "gif"),
        (("--opacity", "0.2"), "davis", "sheet"),
        (("--no-ids",), "coco", "png-sequence"),
        (("--no-audio",), "webm", "mp4"),
    ],
)
def test_options_of_pictures_and_sound_that_nothing_shows_are_told(
    tmp_path: Path, annotate: Cli, option: tuple[str, ...], without: str, with_it: str
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", range(2))
    for format_, is_said in ((without, True), (with_it, False)):
        ran = annotate(clip, *option, "--dry-run", out=tmp_path / "out", formats=(format_,))
        assert ran.code == 0
        assert (f"{option[0]} changes nothing without" in ran.err) is is_said


def test_an_output_folder_that_is_a_link_to_nothing_is_said_to_be_one(
    tmp_path: Path, annotate: Cli
) -> None:
    (tmp_path / "out").symlink_to("nowhere")
    clip = write_clip(tmp_path / "clip.mp4", range(2))
    ran = annotate(clip, out=tmp_path / "out")
    assert ran.code == 2
    assert "out cannot be written: it is a link to a folder that is not there" in ran.err


def test_no_piece_lies_behind_the_end(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", range(5))
    assert len(read_piece(clip, 3, 2)) == 2
    for first in (3, 5):
        with pytest.raises(InvalidInput, match=f"no 4 frames from frame {first} on"):
            read_piece(clip, first, 4)


@pytest.mark.parametrize("names", [("settings",), ("tracker", "pieces"), ("columns",)])
def test_memory_of_a_version_that_saved_something_else_is_refused(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    glom, path = small_glom(3), tmp_path / "memory"
    perceiver = Perceiver(glom)
    perceiver(Frame(np.zeros((72, 96, 3), np.uint8), 0, 0.0))
    perceiver.save(path)
    with safe_open(path, "numpy") as stored:
        memory = json.loads(stored.metadata()["memory"])
        arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    *outer, last = names
    del reduce(getitem, outer, memory)[last]
    save_file(arrays, path, {"memory": json.dumps(memory)})
    with pytest.raises(InvalidInput, match="saved by another version"):
        Perceiver.restore(path, glom)


def test_a_clip_too_small_to_show_anything_is_refused(textures: Textures) -> None:
    for frames, height in ((0, 64), (4, 16)):
        with pytest.raises(InvalidInput, match="cannot render"):
            render_clip(1, frames=frames, height=height, width=64, textures=textures)


def test_a_photograph_that_is_damaged_is_named(tmp_path: Path) -> None:
    for folder, suffix in ((PICTURES, ".jpg"), (MASKS, ".png")):
        (tmp_path / folder).mkdir()
        for index in range(2):
            (tmp_path / folder / f"{index}{suffix}").write_bytes(b"no picture")
    with pytest.raises(InvalidInput, match="or its mask cannot be read"):
        Photographs.find(tmp_path).draw(np.random.default_rng(0), held_out=True)


def test_a_drawn_video_has_the_name_of_one(tmp_path: Path, glom_video: Cli) -> None:
    ran = glom_video("render", tmp_path / "x.ytvis.json", tmp_path, "-o", tmp_path / "y.avi")
    assert ran.code == 2
    assert "is not a name for a drawn video" in ran.err
    assert is_one_error(ran.err)


def test_what_a_training_config_lacks_is_named(tmp_path: Path, glom_video: Cli) -> None:
    (tmp_path / "empty.toml").touch()
    ran = glom_video("train", tmp_path / "empty.toml")
    assert (ran.code, is_one_error(ran.err)) == (2, True)
    assert "it has no 'phase'" in ran.err


@pytest.mark.parametrize("command", ["synth {out} --clips 1", "train -o {out}", "demo -o {out}"])
@pytest.mark.parametrize("link", [True, False])
def test_what_is_no_folder_is_told_as_such(
    glom_video: Cli, tmp_path: Path, command: str, link: bool
) -> None:
    """That it exists was given as the reason, and permissions and free space as the remedy."""
    out = tmp_path / "out"
    if link:
        out.symlink_to("nowhere")
    else:
        out.touch()
    ran = glom_video(*command.format(out=out).split())
    assert ran.code == 2
    assert "error: " in ran.err
    assert "is no folder" in ran.err or "Not a directory" in ran.err
    assert "a link to nothing, is where a folder should be" in ran.err

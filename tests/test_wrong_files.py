"""Files of another kind than a command takes: one line of cause and one of remedy. And text that an
editor on Windows saved, which is of the right kind."""

import json
import shutil
from pathlib import Path

import pytest
from clips import write_clip
from conftest import Cli
from training_configs import TINY

from glom_video.events.stored import read_places
from glom_video.formats import (
    read_annotations,
    read_events,
    read_joints,
    read_parents,
    read_rows,
    read_ytvis,
)
from glom_video.read.video import describe_video
from glom_video.structures import InvalidInput
from glom_video_pipelines.annotate.manifest import read_manifest
from glom_video_pipelines.evaluate.compare import run_compare
from glom_video_pipelines.stream.events.event_log import EventLog
from glom_video_pipelines.train import TrainConfig


def test_a_binary_file_is_not_printed(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1" + bytes(range(128, 256)) * 1000)
    with pytest.raises(InvalidInput) as refused:
        read_annotations(tmp_path / "x.parquet")
    assert len(refused.value.cause) < 300


def test_a_table_is_not_said_to_come_from_elsewhere(tmp_path: Path) -> None:
    """annotate wrote it, too."""
    (tmp_path / "x.csv").write_text("frame,id\n0,1\n")
    with pytest.raises(InvalidInput, match=r"is no coco or ytvis json of annotate: it is no JSON"):
        read_annotations(tmp_path / "x.csv")


def test_a_mark_of_byte_order_is_no_error(tmp_path: Path, glom_video: Cli) -> None:
    def saved(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8-sig")
        return tmp_path / name

    assert read_places(saved("zones.json", '{"zones": [], "lines": []}')).zones == ()
    with pytest.raises(InvalidInput, match="holds no videos"):
        read_ytvis(saved("none.json", "[]"))
    assert TrainConfig.load(saved("train.toml", TINY)).steps
    options = saved("options.toml", "[annotate]\nstride = 0")
    ran = glom_video("annotate", "a.mp4", "-o", "out", "--config", options)
    assert "options.toml: stride is 0" in ran.err


def test_json_that_is_nested_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text("[" * 100_000)
    for reader in (read_annotations, read_ytvis, read_places):
        with pytest.raises(InvalidInput):
            reader(tmp_path / "deep.json")
    with pytest.raises(InvalidInput, match="cannot be read as events"):
        list(read_events(tmp_path / "deep.json"))
    with pytest.raises(InvalidInput, match="something other than events"):
        EventLog(tmp_path / "deep.json")
    for folder in ("Parents", "Joints/48p"):
        (tmp_path / folder).mkdir(parents=True)
        shutil.copy(tmp_path / "deep.json", tmp_path / folder / "clip.json")
    with pytest.raises(InvalidInput, match="which part lies in which object"):
        read_parents(tmp_path, "clip")
    with pytest.raises(InvalidInput, match="holds no joints"):
        read_joints(tmp_path, "clip", 48, 64)
    shutil.copy(tmp_path / "deep.json", tmp_path / "manifest.jsonl")
    assert read_manifest(tmp_path) == {}
    with pytest.raises(InvalidInput, match="is no JSON file"):
        run_compare(tmp_path / "deep.json", tmp_path / "deep.json", tolerance=0.0, as_json=False)


@pytest.mark.parametrize("text", ["[1]", "{}", '{"frames": {"00000": [["tail", 1]]}}', "no JSON"])
def test_joints_of_another_kind_are_refused(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "Joints" / "480p"
    folder.mkdir(parents=True)
    (folder / "a [1].json").write_text(text)
    with pytest.raises(InvalidInput, match="holds no joints"):
        read_joints(tmp_path, "a [1]", 48, 64)


def test_a_table_with_an_endless_field_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('frame\n"' + "1" * 200_000)
    with pytest.raises(InvalidInput, match="cannot be read as a table"):
        list(read_rows(tmp_path / "a.csv", ["frame"]))


def test_coco_json_is_no_prediction_of_a_clip_and_says_what_is(tmp_path: Path) -> None:
    annotation = {
        "id": 1,
        "image_id": 1,
        "video_id": 1,
        "category_id": 2,
        "track_id": 1,
        "segmentation": {},
    }
    video = {"id": 1, "height": 4, "width": 4, "length": 1, "file_names": ["x/0.jpg"]}
    stored = {
        "videos": [video],
        "images": [{"id": 1}],
        "annotations": [annotation],
        "categories": [],
    }
    (tmp_path / "x.coco.json").write_text(json.dumps(stored))
    with pytest.raises(InvalidInput, match="single frames") as refused:
        read_ytvis(tmp_path / "x.coco.json")
    assert "ytvis" in refused.value.remedy


def test_a_video_that_may_not_be_read_is_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = write_clip(tmp_path / "x.mp4", range(3))
    clip.write_bytes(b"closed" * 100)
    monkeypatch.setattr("os.access", lambda path, mode: False)  # as root everything may be read
    with pytest.raises(InvalidInput, match="permission denied"):
        describe_video(clip)

"""Names of images, masks and files, as someone who uses the outputs elsewhere finds them."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli
from PIL import Image


def _folder(root: Path, *names: str) -> Path:
    root.mkdir()
    for i, name in enumerate(names):
        Image.fromarray(np.random.default_rng(i).integers(0, 255, (48, 64, 3), np.uint8)).save(
            root / name
        )
    return root


def test_images_of_one_stem_have_a_mask_each(tmp_path: Path, annotate: Cli) -> None:
    images = ["0.jpg", "0.png", "1.PNG", "1.png"]
    source, out = _folder(tmp_path / "clip", *images), tmp_path / "out"
    annotate(source, "--device", "cpu", out=out, formats=("davis", "ytvis"))
    assert sorted(
        path.name for path in (out / "Annotations" / "object" / "clip").iterdir()
    ) == sorted(f"{name}.png" for name in images)
    assert sorted(
        json.loads((out / "clip.ytvis.json").read_text())["videos"][0]["file_names"]
    ) == sorted(f"clip/{name}" for name in images)


@pytest.mark.parametrize("format_", ["coco", "ytvis"])
def test_json_names_the_images_that_are_there(tmp_path: Path, annotate: Cli, format_: str) -> None:
    source, out = _folder(tmp_path / "clip", "00.png", "01.png"), tmp_path / "out"
    annotate(source, "--device", "cpu", out=out, formats=(format_,))
    stored = json.loads((out / f"clip.{format_}.json").read_text())
    names = (
        [image["file_name"] for image in stored["images"]]
        if format_ == "coco"
        else stored["videos"][0]["file_names"]
    )
    assert names == ["clip/00.png", "clip/01.png"]
    assert sorted(path.name for path in source.iterdir()) == ["00.png", "01.png"]

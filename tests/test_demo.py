"""``glom-video demo`` needs nothing but what is installed, and opens its page."""

import sys
import webbrowser
from functools import partial
from pathlib import Path

import pytest
from conftest import Cli, decoded

from glom_video.formats import read_davis
from glom_video.structures import InvalidInput
from glom_video_pipelines.demo import run_demo


def test_the_demo_renders_annotates_and_opens_its_page(
    tiny_weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    opened: list[str] = []
    monkeypatch.setitem(sys.modules, "skimage", None)  # which a plain install lacks
    monkeypatch.setattr("glom_video_pipelines.demo.has_display", lambda: True)
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or True)  # type: ignore[func-returns-value]
    demo = partial(run_demo, tmp_path / "demo", weights=str(tiny_weights), frames=4)
    assert demo() == 0
    page = tmp_path / "demo" / "index.html"
    assert opened == [page.as_uri()]
    assert capfd.readouterr().out.splitlines()[-1] == str(page)
    assert "demo.sheet.jpg" in page.read_text()
    assert len(decoded(tmp_path / "demo" / "demo.mp4")) == 4
    assert len(read_davis(tmp_path / "demo" / "clip")["demo"]["object"]) == 4
    assert demo(browser=False) == 0
    assert len(opened) == 1


@pytest.mark.parametrize("name", ["demo.mp4", "demo.sheet.jpg"])
def test_a_file_of_the_user_is_not_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("the user's")
    with pytest.raises(InvalidInput, match="is not of an earlier demo"):
        run_demo(tmp_path)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(name, "the user's")]


def test_the_demo_is_a_command(
    glom_video: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[object] = []

    def take(*arguments: object, **options: object) -> int:
        given.extend((*arguments, options))
        return 3

    monkeypatch.setattr("glom_video_pipelines.demo.run_demo", take)
    assert glom_video("demo", "-o", tmp_path, "--no-browser", "--weights", "tiny").code == 3
    assert given == [tmp_path, {"browser": False, "weights": "tiny", "device": "auto"}]


def test_a_manifest_of_another_program_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").write_text('{"audio_filepath": "a.wav"}\n')
    with pytest.raises(InvalidInput, match="is not of glom-video"):
        run_demo(tmp_path, browser=False)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.jsonl"]

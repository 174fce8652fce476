"""``glom-video demo`` needs nothing but what is installed, and opens its page."""

import sys
import webbrowser
from pathlib import Path

import pytest
from conftest import Cli, decoded

from glom_video.formats import read_davis


def test_the_demo_renders_annotates_and_opens_its_page(
    glom_video: Cli, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "skimage", None)  # which a plain install lacks
    monkeypatch.setattr("glom_video_pipelines.demo.FRAMES", 4)
    monkeypatch.setattr("glom_video_pipelines.demo.has_display", lambda: True)
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or True)  # type: ignore[func-returns-value]
    ran = glom_video("demo", "--weights", tiny_weights)
    assert ran.code == 0, ran.err
    page = tmp_path / "demo" / "index.html"
    assert opened == [page.as_uri()]
    assert ran.out.splitlines()[-1] == str(page)
    assert "demo.sheet.jpg" in page.read_text()
    assert len(decoded(tmp_path / "demo" / "demo.mp4")) == 4
    assert len(read_davis(tmp_path / "demo" / "clip")["demo"]["object"]) == 4
    again = glom_video("demo", "--no-browser", "--weights", tiny_weights)
    assert again.code == 0, again.err
    assert len(opened) == 1

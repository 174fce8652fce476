"""OUT/index.html: every source of the folder with a picture, counts and links that lead to its
files, wherever the folder is moved."""

import json
import re
import shutil
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from conftest import Cli, MakeVideo, Options, is_one_error, manifest
from live_browser import CONTRAST

from glom_video_pipelines.annotate.index_page import write_index


class Links(HTMLParser):
    """What a page links to and shows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src"):
                self.found.setdefault(tag, []).append(unquote(str(value)))


def test_a_batch_has_a_page_whose_links_lead_to_its_files(
    glom_video: Cli, small_model: Options, make_video: MakeVideo, tmp_path: Path
) -> None:
    odd = "<b> & #1%20'\".mp4"
    clips = [make_video("a.mp4", frames=3), make_video(odd, frames=3), tmp_path / "none.mp4"]
    named = ("--format", "mp4", "--format", "sheet", "--format", "davis")
    ran = glom_video("annotate", *clips, "-o", tmp_path / "out", *named, *small_model)
    assert ran.code == 1
    shutil.move(tmp_path / "out", tmp_path / "moved")
    page = (tmp_path / "moved" / "index.html").read_text(encoding="utf-8")
    assert "3 clips: 2 done, 1 failed" in page
    assert "<b>" not in page
    found = Links(page).found
    assert len(found["a"]) == 2 * (1 + 1 + 2), "video, sheet, masks of two levels"
    shown = {Path(name).name for name in found["img"]}
    assert shown == {"a.sheet.jpg", f"{odd[:-4]}.sheet.jpg"}
    for link in (*found["a"], *found["img"]):
        assert not link.startswith("/")
        assert (tmp_path / "moved" / link).exists(), link
    line = manifest(tmp_path / "moved")["a"]
    said = f"3 frames, {line['objects']} object"
    assert said in unescape(re.sub(r"<[^>]+>", "", page))


def test_a_second_run_renews_it_and_keeps_what_was_there(
    glom_video: Cli, small_model: Options, make_video: MakeVideo, tmp_path: Path
) -> None:
    given = ("-o", tmp_path / "out", "--format", "davis", *small_model)
    clips = [make_video(name, frames=2) for name in ("a.mp4", "b.mp4")]
    for sources in (clips[1:], clips):
        assert glom_video("annotate", *sources, *given).code == 0
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "2 clips: 2 done" in page
    shown = [Path(name).parts[1:3] for name in Links(page).found["img"]]
    assert shown == [("part", "a"), ("part", "b")]


def test_a_page_of_someone_else_stays(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").write_text('{"name": "a", "status": "done"}\n')
    (tmp_path / "index.html").write_text("mine")
    write_index(tmp_path)
    assert (tmp_path / "index.html").read_text() == "mine"
    (tmp_path / "index.html").unlink()
    write_index(tmp_path)
    write_index(tmp_path)
    assert "1 clip: 1 done" in (tmp_path / "index.html").read_text()


def test_nothing_is_counted_of_a_clip_whose_end_is_unknown(tmp_path: Path) -> None:
    """The page said 0 objects of a clip whose run was killed after an hour of them."""
    lines = [{"name": name, "status": "partial", "frames": 9, "objects": 0} for name in "ab"]
    lines[1]["is_begun"] = True
    (tmp_path / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    write_index(tmp_path)
    first, second = (tmp_path / "index.html").read_text().split("<section>")[1:]
    assert "9 frames, 0 objects" in first
    assert "objects" not in second


def test_a_page_that_cannot_be_written_costs_no_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifest.jsonl").write_text('{"name": "a", "status": "done"}\n')
    (tmp_path / "index.partial.html").mkdir()
    write_index(tmp_path)
    assert "index.html cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read(browser: Any, scheme: str, tmp_path: Path) -> None:
    lines = (
        '{"name": "a", "status": "failed", "reason": "it is empty", "outputs": []}\n'
        '{"name": "b", "status": "done", "reason": "", "outputs": []}\n'
    )
    (tmp_path / "manifest.jsonl").write_text(lines)
    write_index(tmp_path)
    page = browser.new_page(color_scheme=scheme)
    page.goto((tmp_path / "index.html").as_uri())
    for text in ("h1", "h2", ".failed", ".done", ".done + p"):
        assert page.locator(text).first.evaluate(CONTRAST) >= 4.5, text
    page.close()


def test_a_folder_in_place_of_the_page_costs_no_result(
    glom_video: Cli, small_model: Options, make_video: MakeVideo, tmp_path: Path
) -> None:
    (tmp_path / "out" / "index.html").mkdir(parents=True)
    ran = glom_video(
        "annotate", make_video("a.mp4", frames=2), "-o", tmp_path / "out", "--json", *small_model
    )
    assert ran.code == 0
    assert json.loads(ran.out)["sources"][0]["status"] == "done"
    assert "index.html cannot be written: Is a directory" in ran.err
    assert not list((tmp_path / "out").glob("*partial*"))


def test_a_data_set_that_cannot_be_written_costs_no_result(
    glom_video: Cli, small_model: Options, make_video: MakeVideo, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "annotations").touch()
    given = ("-o", tmp_path / "out", "--with-frames", "--format", "coco", "--json")
    ran = glom_video("annotate", make_video("a.mp4", frames=2), *given, *small_model)
    assert ran.code == 1
    told = json.loads(ran.out)
    assert (told["exit_code"], told["sources"][0]["status"]) == (1, "done")
    assert is_one_error("".join(ran.err.splitlines(keepends=True)[-2:]))

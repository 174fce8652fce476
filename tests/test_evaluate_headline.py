"""What a report says first, in a terminal and on its page: the sentences fit the figures, no
heading is cut, and no column is lost on a phone."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli
from rich.console import Console

from glom_video.evaluate import METRICS, ClipScore
from glom_video_pipelines.evaluate.headline import headline, percent
from glom_video_pipelines.evaluate.summaries import summaries
from glom_video_pipelines.evaluate.tables import print_tables

GOOD = {"mbo_image": 0.8, "J_best": 0.78, "survival_5": 1.0, "switches_minute": 0.0}


def score(clip: str, figures: dict[str, float], method: str = "ours") -> ClipScore:
    return ClipScore(method, "object", clip, 9, 9, {"coverage": 0.1, "islands": 2.5, **figures})


def clip_report(clip: str, *moments: tuple[int, float], named: str = "{:05d}") -> dict[str, Any]:
    """A clip with the badness of its worst moments, by place, at 25 frames a second."""
    told = [
        {
            "place": place,
            "name": named.format(place),
            "seconds": place / 25,
            "badness": badness,
            "stability": 0.4,
        }
        for place, badness in moments
    ]
    return {"clip": clip, "method": "ours", "levels": {"object": {"moments": told}}}


def said(*scores: ClipScore, reports: tuple[dict[str, Any], ...] = ()) -> tuple[str, str, str]:
    first = headline(scores, summaries(scores), reports)
    assert first is not None
    return first.found, first.ids, first.worst or ""


@pytest.mark.parametrize(
    ("figures", "found", "ids"),
    [
        pytest.param(GOOD, "found well", "Ids last:", id="all is well"),
        pytest.param(GOOD | {"mbo_image": 0.5}, "found in part", "Ids last:", id="half found"),
        pytest.param(
            GOOD | {"mbo_image": 0.1, "survival_5": 0.3, "switches_minute": 12.0},
            "hardly found",
            "Ids are often lost:",
            id="nothing is well",
        ),
        pytest.param(
            GOOD | {"survival_5": 0.8, "reidentified": 0.2},
            "found well",
            "Ids are lost at times, above all at occlusions:",
            id="lost at occlusions",
        ),
        pytest.param(
            GOOD | {"only_split": 1.0}, "found well", "Ids last, but objects are split:", id="split"
        ),
    ],
)
def test_the_sentences_are_made_from_the_figures(
    figures: dict[str, float], found: str, ids: str
) -> None:
    told = said(score("a", figures))
    assert f"Objects are {found}" in told[0]
    assert told[1].startswith(ids)
    assert f"{100 * figures['survival_5']:.0f} % of the objects in view" in told[1]


def test_without_truth_nothing_is_called_right() -> None:
    found, ids, look = said(score("a", {"own_survival_2": 0.5, "own_switches_minute": 3.0}))
    assert found.startswith("Without truth nobody knows")
    assert "2.50 a frame cover 10 % of the picture" in found
    assert "50 % of the objects in view still have their first id after 2 s" in ids
    assert "3.00 times a minute" in ids
    assert look == "", "no step was seen"
    assert "not known" in said(score("a", {}))[1]
    short = said(score("a", {"own_switches_minute": 0.0}))[1]
    assert short == "Ids could be followed for less than a second: no id changes."


def test_the_worst_moment_of_all_clips_is_named_with_its_time() -> None:
    scores = score("a", GOOD), score("b", GOOD | {"mbo_image": 0.7})
    reports = clip_report("a", (10, 0.02), (1080, 0.05)), clip_report("b", (50, 0.03))
    found, _, look = said(*scores, reports=reports)
    assert "worst in b (.700)" in found
    assert (
        look
        == "Look first at a, 0:43 (frame 1080): 60 % of what is an object does not keep its id "
        "there."
    )
    first = headline(scores, summaries(scores), reports)
    assert first is not None
    assert first.moment is not None
    assert (first.moment.clip, first.moment.place) == ("a", 1080)


@pytest.mark.parametrize(
    ("named", "said_name"), [("{:03d}7", "frame 37"), ("img_{:04d}", "frame img_0003")]
)
def test_the_worst_moment_has_the_name_of_its_frame(named: str, said_name: str) -> None:
    """Of a prediction of every tenth frame, the third frame that was scored is another."""
    told = said(score("a", GOOD), reports=(clip_report("a", (3, 0.5), named=named),))
    assert f"({said_name}):" in told[2]


def test_controls_and_peers_are_never_what_is_spoken_of() -> None:
    first = headline(
        [score("a", GOOD, "one island")], summaries([score("a", GOOD, "one island")]), []
    )
    assert first is None


def test_five_figures_are_chosen_and_those_of_truth_first() -> None:
    known = GOOD | {"stability": 0.8, "false_objects": 0.1, "life": 9.0, "own_survival_5": 0.2}
    scores = [score("a", known)]
    first = headline(scores, summaries(scores), [])
    assert first is not None
    assert list(first.figures) == [
        "J_best",
        "stability",
        "survival_5",
        "switches_minute",
        "false_objects",
    ]


def test_shares_as_people_write_them() -> None:
    assert (percent(0.42), percent(0.004), percent(0)) == ("42 %", ".400 %", "0 %")
    assert (percent(0.99), percent(0.996), percent(1)) == ("99 %", "99.6 %", "100 %")


# --- the terminal


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_heading_and_no_figure_is_cut_in_a_terminal(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {name: 0.1234 * (1 + place) for place, name in enumerate(METRICS)}
    scores = [
        score(clip, {name: value + shift for name, value in figures.items()}, method)
        for clip, shift in (("a", 0.0), ("b", 0.3))
        for method in ("ours", "ours, last map frozen", "a method with a long name of its own")
    ]
    shown = io.StringIO()
    monkeypatch.setattr(
        "glom_video_pipelines.evaluate.tables.Console",
        lambda: Console(file=shown, width=width, force_terminal=True, color_system=None),
    )
    print_tables(scores, summaries(scores), "glom-video evaluate", None)
    text = re.sub(r"\x1b\[[0-9;]*m", "", shown.getvalue())
    assert "\u2026" not in text, "an ellipsis is a heading that was cut"
    tables = [line for line in text.splitlines() if line[:1] in "┏┃┡│└"]
    assert max(map(len, tables)) <= width
    words = set(re.findall(r"[^\s┃│]+", "\n".join(tables)))
    for metric in METRICS.values():
        assert not metric.is_shown or set(metric.heading.split()) <= words, metric.heading


# --- the page


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a square whose id changes half-way, with controls."""
    import numpy as np
    from PIL import Image

    from glom_video_pipelines.evaluate import EvaluateOptions, Methods, run_evaluate

    root = tmp_path_factory.mktemp("report")
    ground = np.random.default_rng(0).integers(0, 256, (12, 16, 3), np.uint8)
    for t in range(40):
        labels = np.zeros((96, 128), np.uint8)
        labels[20:70, 30:90] = 1
        picture = root / "truth" / "JPEGImages" / "96p" / "square" / f"{t:05d}.png"
        true, own = (
            root / tree / "Annotations" / "96p" / "square" / f"{t:05d}.png"
            for tree in ("truth", "ours")
        )
        for path, image in (
            (picture, ground.repeat(8, 0).repeat(8, 1)),
            (true, 255 * labels),
            (own, labels * (3 if t < 30 else 4)),
        ):
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(path)
    options = EvaluateOptions((root / "ours",), truth=root / "truth", out=root / "report")
    assert run_evaluate(options, Methods(controls=True)) == 0
    return root / "report"


def opened(browser: Any, report: Path, width: int) -> Any:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_default_timeout(120_000)
    page.goto((report / "report.html").as_uri())
    return page


def test_the_page_begins_with_what_to_look_at_and_leads_there(browser: Any, report: Path) -> None:
    page = opened(browser, report, 1280)
    sentences = page.locator("#top > p:not(.note)").all_inner_texts()
    assert sentences[0].startswith("Objects are found well")
    assert "the only object of a clip has two ids or more in 1 of 1 clips" in sentences[1]
    assert sentences[2].startswith("Look first at square, 0:01 (frame 30): 100 %")
    page.locator("#look").click()
    assert page.inner_text("#caption").startswith("from the frame before to frame 30")
    cards = page.locator(".cards > div")
    assert cards.count() == 5
    assert cards.nth(1).get_attribute("title") == METRICS["stability"].meaning
    assert "higher is better" in cards.nth(1).inner_text()
    cards.nth(1).locator("a").click()
    page.wait_for_timeout(200)
    assert page.locator("#metric-stability").is_visible()
    names = page.locator("summary:has-text('self-consistency') ~ .scroll td:first-child")
    starred = {name for name in names.all_inner_texts() if name.endswith(" *")}
    assert starred == {"one island *", "every column *", "fixed grid *", "ours, last map frozen *"}


@pytest.mark.parametrize("width", [400, 1280])
def test_no_column_is_lost_at_any_width(browser: Any, report: Path, width: int) -> None:
    page = opened(browser, report, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('details').forEach((own) => { own.open = true; })")
    edges = page.locator(".scroll td").evaluate_all(
        "cells => cells.map(cell => cell.getBoundingClientRect()).map(box => [box.left, box.right])"
    )
    assert len(edges) > 100
    assert all(left >= 0 and right <= width for left, right in edges)
    if width == 400:
        heading = page.locator("td[data-heading='AQ']").first
        assert "AQ" in heading.evaluate("(cell) => getComputedStyle(cell, '::before').content")


def test_the_terminal_ends_with_the_same_sentences(glom_video: Cli, report: Path) -> None:
    ran = glom_video("evaluate", report.parent / "ours", "--truth", report.parent / "truth")
    assert ran.code == 0, ran.err
    last = ran.out.strip().splitlines()[-3:]
    assert last[0].startswith("Objects are found well")
    assert last[1].startswith("Ids ")

"""The colours of a report's page: light and dark, readable in both, light on paper."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from evaluated_trees import write_report
from live_browser import CONTRAST

GROUND = "getComputedStyle(document.body).backgroundColor"
TEXTS = (
    "h1",
    "#top > p",
    "#top a",
    ".cards dt a",
    ".cards dd",
    ".cards small",
    "summary",
    "p.note",
    "th",
    "tr.own td",
    "tr.other td",
    "#viewer button",
    "#viewer select",
    "#caption",
    ".moment",
    "footer",
    "footer code",
)


@pytest.fixture(scope="module")
def report(tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the report of a small clip."""
    return write_report(tmp_path_factory.mktemp("coloured"), tiny_weights) / "report.html"


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, browser: Any, report: Path) -> Iterator[Any]:
    opened = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=request.param)
    opened.set_default_timeout(120_000)
    opened.goto(report.as_uri())
    opened.wait_for_selector(".plot .xtick text")
    opened.scheme = request.param
    yield opened
    opened.close()


def test_all_texts_can_be_read(page: Any) -> None:
    for text in TEXTS:
        found = page.locator(text)
        assert found.count() > 0, text
        assert found.first.evaluate(CONTRAST) >= 4.5, text
    is_dark = sum(page.evaluate(f"{GROUND}.match(/\\d+/g).map(Number)")) < 3 * 128
    assert is_dark == (page.scheme == "dark")


def test_the_plots_can_be_read(page: Any) -> None:
    for text in page.locator(".plot .xtick text, .plot .ytick text, .plot .xtitle").all():
        assert text.evaluate(CONTRAST, "fill") >= 4.5
    curves = page.locator(".plot .js-line")
    assert curves.count() >= 2
    for curve in curves.all():
        assert curve.evaluate(CONTRAST, "stroke") >= 3
    names = "object", "part", "births", "gone", "switches", "merges", "splits", "heat-high"
    page.evaluate(
        """names => { for (const name of names) {
          const mark = element("i", { id: `mark-${name}` });
          mark.style.color = `var(--${name})`;
          board.firstChild.append(mark);
        } }""",
        names,
    )
    for name in names:
        assert page.locator(f"#mark-{name}").evaluate(CONTRAST) >= 3, name


def test_the_plots_follow_when_the_scheme_changes_and_keep_what_was_left_out(page: Any) -> None:
    def colours() -> tuple[str, ...]:
        return tuple(
            page.locator(f".plot {where}").first.evaluate(f"e => getComputedStyle(e).{what}")
            for where, what in (
                (".xtick text", "fill"),
                (".bg", "fill"),
                (".js-line", "stroke"),
                (".shapelayer path", "stroke"),
            )
        )

    before = colours()
    page.locator(".plot .legendtoggle").first.click()
    page.wait_for_function("document.querySelector('.plot')._fullData[0].visible !== true")
    page.locator("#next").click()
    page.emulate_media(color_scheme="light" if page.scheme == "dark" else "dark")
    page.wait_for_timeout(300)
    assert all(new != old for new, old in zip(colours(), before, strict=True))
    assert page.evaluate("document.querySelector('.plot')._fullData[0].visible") == "legendonly"
    assert page.evaluate("document.querySelector('.plot')._fullLayout.shapes[0].x0") == 1


def test_paper_is_light(page: Any) -> None:
    look = f"""() => [{GROUND}, getComputedStyle(document.querySelector(".plot .bg")).fill,
      getComputedStyle(document.querySelector(".plot .xtick text")).fill]"""
    before = page.evaluate(look)
    page.evaluate(f"""() => {{
      const look = {look};
      window.printed = [];
      for (const when of ["beforeprint", "afterprint"])
        addEventListener(when, () => window.printed.push(look()));
    }}""")
    page.pdf(print_background=True)
    light = ["rgb(246, 247, 249)", "rgb(255, 255, 255)", "rgb(35, 39, 46)"]
    assert page.evaluate("window.printed") == [light, before]
    assert (before == light) == (page.scheme == "light")

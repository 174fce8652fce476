"""The live page in a browser, as its tests need it."""

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest


@contextmanager
def chromium(*arguments: str) -> Iterator[Any]:
    """A browser, started with ``arguments`` too; skips the test where there is none."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="pip install playwright (extra [dev])"
    )
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if found is None:
        pytest.skip("no Chromium here; Debian and Ubuntu: apt-get install chromium")
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=found, args=["--no-sandbox", *arguments])
        yield launched
        launched.close()


@contextmanager
def opened(
    browser: Any, url: str, *, until: str = "#tree > li", width: int = 1280, height: int = 900
) -> Iterator[Any]:
    """A page once ``until`` is there. Fails for errors and warnings in it, and for requests to
    another address."""
    page = browser.new_page(viewport={"width": width, "height": height}, accept_downloads=True)
    problems: list[str] = []
    own = urlsplit(url).netloc
    page.on(
        "console",
        lambda message: (
            problems.append(message.text) if message.type in ("error", "warning") else None
        ),
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request",
        lambda request: (
            problems.append(request.url) if urlsplit(request.url).netloc not in (own, "") else None
        ),
    )
    page.goto(url)
    page.wait_for_selector(until)
    yield page
    page.close()
    assert not problems, problems


def canvas(page: Any, id_: str = "picture", channels: int = cv2.IMREAD_COLOR) -> np.ndarray:
    """What a canvas of the page shows, BGR or, with IMREAD_UNCHANGED, BGR and opacity."""
    data = page.locator(f"#{id_}").evaluate("canvas => canvas.toDataURL('image/png')")
    png = np.frombuffer(base64.b64decode(data.partition(",")[2]), np.uint8)
    picture = cv2.imdecode(png, channels)
    assert picture is not None
    return picture


CONTRAST = """(element, of) => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => numbers(colour).slice(0, 3).map((value) => value / 255)
    .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, channel) => sum + value * [0.2126, 0.7152, 0.0722][channel], 0);
  let ground = element;
  const back = (where) => getComputedStyle(where).backgroundColor;
  while (ground.parentElement && (numbers(back(ground))[3] ?? 1) === 0)
    ground = ground.parentElement;
  const own = getComputedStyle(element)[of ?? "color"];
  const both = [light(own), light(back(ground))].sort((a, b) => b - a);
  return (both[0] + 0.05) / (both[1] + 0.05);
}"""
"""WCAG's contrast of an element's text, or of another of its colours, to what lies behind it."""

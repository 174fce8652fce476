"""The pictures of the live page: a clip is streamed at its own speed, and the page photographed in
a wide window and on a phone, dark and light, and once more with an object followed and the islands
around it.

    python docs/live_pictures.py vtest.avi

Needs the extras [web] and [dev], and Chromium.
"""

import argparse
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parent
WINDOWS = {"wide": (1280, 900), "phone": (390, 1074)}
SCHEMES = ("dark", "light")
FRAMES = 60
"""That are seen before the page is photographed."""


def main() -> int:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("clip", type=Path)
    clip = options.parse_args().clip.absolute()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        program = [sys.executable, "-c", "from glom_video_pipelines.cli import main; main()"]
        arguments = [
            "stream",
            clip.name,
            "--view",
            "web",
            "--port",
            str(port),
            "--record",
            str(Path(folder) / "live.mp4"),
            "--loop",
        ]
        process = subprocess.Popen(
            [*program, *arguments], cwd=clip.parent, stdout=subprocess.DEVNULL
        )
        try:
            until_seen(f"http://127.0.0.1:{port}/stats.json", process)
            photograph(f"http://127.0.0.1:{port}/")
        finally:
            process.terminate()
            process.wait()
    return 0


def until_seen(stats: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until enough frames were. Raises SystemExit where the stream ends before."""
    while process.poll() is None:
        time.sleep(0.2)
        try:
            with urllib.request.urlopen(stats, timeout=10) as answer:
                if json.load(answer)["frames"] >= FRAMES:
                    return
        except urllib.error.URLError:  # its server has not begun yet
            continue
    raise SystemExit(
        f"the stream ended with {process.returncode} before {FRAMES} frames were seen: give a "
        "longer clip"
    )


def photograph(page_url: str) -> None:
    """All windows in all schemes, into the docs."""
    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for window, (width, height) in WINDOWS.items():
            for scheme in SCHEMES:
                page = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=scheme
                )
                page.goto(page_url)
                page.wait_for_selector("#tree > li")
                page.wait_for_timeout(1500)  # until figures and stability are drawn
                page.screenshot(path=DOCS / f"live-{window}-{scheme}.jpg", type="jpeg", quality=85)
                page.close()
        photograph_islands(browser, page_url)


def photograph_islands(browser: Any, page_url: str) -> None:
    """A wide window in which the oldest object is followed and pointed at."""
    width, height = WINDOWS["wide"]
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme="dark")
    page.goto(page_url)
    page.wait_for_selector("#tree > li")
    page.locator("body").press(" ")
    page.wait_for_selector("#status[data-state=still]")
    page.wait_for_timeout(5000)  # until what is on its way is shown
    page.locator("#tree > li .name").first.click()
    page.get_by_role("button", name="Follow").click()
    page.select_option("#islands", label="object")
    place = page.evaluate(
        """async () => {
          const { pictureState } = await import("./picture.js");
          const { boxes } = await import("./places.js");
          const id = Number(document.querySelector("#tree > li").dataset.id);
          const { left, top, right, bottom } = boxes(pictureState.maps).get(id);
          return [(left + right) / 2, (top + bottom) / 2];
        }"""
    )
    box = page.locator("#picture").bounding_box()
    picture = page.locator("#picture").evaluate("canvas => canvas.width / canvas.height")
    shown = min(box["width"], box["height"] * picture)
    left = box["x"] + (box["width"] - shown) / 2
    page.mouse.move(left + place[0] * shown, box["y"] + place[1] * shown / picture)
    page.wait_for_selector("#contributions:not([hidden])")
    page.wait_for_timeout(500)
    page.screenshot(path=DOCS / "live-islands.jpg", type="jpeg", quality=85)
    page.close()


if __name__ == "__main__":
    sys.exit(main())

"""The picture of docs/evaluate.md: a report in a browser, without its tables, at the moment that
its link leads to.

    glom-video evaluate vtest.avi --first-frames 250 --controls -o REPORT
    python docs/report_picture.py REPORT/report.html -o docs/evaluate.jpg

Needs the extra [dev], and Chromium.
"""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

SIZE = {"width": 1500, "height": 1235}


def main() -> None:
    parser = argparse.ArgumentParser(description="A photograph of a report.")
    parser.add_argument("report", type=Path, metavar="REPORT.html")
    parser.add_argument("-o", "--out", type=Path, required=True, metavar="OUT.jpg")
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport=SIZE)
        page.goto(given.report.resolve().as_uri())
        page.add_style_tag(content="section:has(details.table) { display: none }")
        page.click("main a, body a")
        page.wait_for_timeout(1500)
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=given.out, type="jpeg", quality=80)
        browser.close()


if __name__ == "__main__":
    main()

"""OUT/index.html: all results of a folder, to look through in a browser."""

import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

from glom_video.formats import partial_name
from glom_video.formats.partial import put_in_place
from glom_video.structures import naturally_sorted
from glom_video_pipelines.annotate.listed import output_found
from glom_video_pipelines.annotate.manifest import (
    IS_BEGUN,
    MANIFEST,
    Status,
    read_manifest,
    with_earlier,
)
from glom_video_pipelines.annotate.results import count

NAME = "index.html"
_MARK = '<meta name="generator" content="glom-video annotate">'
"""Mark of a page that glom-video wrote and may replace."""
_HEAD = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">{_MARK}
<meta name="viewport" content="width=device-width"><title>glom-video</title><style>
:root {{ color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif }}
body {{ margin: 1.5em auto; padding: 0 1em; max-width: 1320px; background: canvas }}
section {{ margin: 1.5em 0; padding-top: 1em; border-top: 1px solid #8884 }}
h2 {{ font-size: 1.1em; margin: 0 0 .3em; overflow-wrap: anywhere }}
img, video {{ max-width: 100%; max-height: 32em; display: block; margin: .5em 0 }}
p {{ margin: .2em 0 }} a {{ margin-right: 1em; overflow-wrap: anywhere }}
.failed, .partial {{ color: #b3261e }}
@media screen and (prefers-color-scheme: dark) {{ .failed, .partial {{ color: #ff8a80 }} }}
</style></head><body>
"""
_PICTURES, _VIDEOS = (".jpg", ".gif", ".png"), (".mp4", ".webm")


def write_index(out: Path) -> None:
    """Write a section for each line of the folder's manifest, by name: a picture of the result, its
    counts and links to its files, relative to the folder. Without a manifest there is no page.

    An ``index.html`` that glom-video did not write is left alone. stderr says so, or that the page
    could not be written; the results do not depend on it.
    """
    path = out / NAME
    if not (out / MANIFEST).exists():
        return
    try:
        if path.exists() and _MARK not in path.read_text(encoding="utf-8", errors="replace"):
            print(f"{path} is not of glom-video and stays as it is", file=sys.stderr)
            return
        partial = partial_name(path, path.stem)
        try:
            partial.write_text(_page(out), encoding="utf-8", errors="backslashreplace")
            put_in_place(partial, path)
        finally:
            partial.unlink(missing_ok=True)  # on a full disk
    except OSError as error:
        print(f"{path} cannot be written: {error.strerror}", file=sys.stderr)


def _page(out: Path) -> str:
    lines = _lines(out)
    counts = Counter(str(line.get("status")) for line in lines)
    said = ", ".join(f"{counts[status]} {status}" for status in get_args(Status) if counts[status])
    page = f"{_HEAD}<h1>{count(len(lines), 'clip')}: {escape(said)}</h1>\n"
    return page + "".join(_section(out, line) for line in lines) + "</body></html>\n"


def _lines(out: Path) -> list[dict[str, Any]]:
    """Lines of the manifest by name; a clip that was skipped because it was done before counts as
    done."""
    lines = read_manifest(out).values()
    as_done = {"status": "done", "reason": ""}
    told = [{**line, **(as_done if line.get("status") == "skipped" else {})} for line in lines]
    return naturally_sorted(told, lambda line: str(line["name"]))


def _section(out: Path, line: Mapping[str, Any]) -> str:
    status = str(line.get("status"))
    found = [
        where
        for each in with_earlier(line)
        for output in each.get("outputs", [])
        if (where := output_found(out, Path(output))) is not None
    ]
    said = f"{status}: {line['reason']}. {line.get('remedy', '')}" if line.get("reason") else status
    links = "".join(f'<a href="{_link(out, path)}">{_shown(out, path)}</a>' for path in found)
    return (
        f"<section><h2>{escape(str(line['name']))}</h2>\n"
        f'<p class="{escape(status)}">{escape(said)}</p>\n<p>{escape(_figures(line))}</p>\n'
        f"{_picture(out, found)}<p>{links}</p></section>\n"
    )


def _figures(line: Mapping[str, Any]) -> str:
    """Empty where a clip's end is unknown: what its run had counted was lost with it."""
    if line.get(IS_BEGUN):
        return ""
    nouns = "frame", "object", "part"
    counts = ", ".join(count(line.get(f"{noun}s", 0), noun) for noun in nouns)
    return f"{line.get('duration_seconds', 0):.1f} s, {counts}"


def _picture(out: Path, outputs: Sequence[Path]) -> str:
    """The first of: a picture, a video, a picture from a folder of them."""
    files = [path for path in outputs if path.is_file()]
    for path in (path for path in files if path.suffix in _PICTURES):
        return f'<img loading="lazy" alt="" src="{_link(out, path)}">\n'
    for path in (path for path in files if path.suffix in _VIDEOS):
        return f'<video controls muted preload="metadata" src="{_link(out, path)}"></video>\n'
    for folder in (path for path in outputs if path.is_dir()):
        pictures = naturally_sorted(folder.rglob("*.png"), str)
        if pictures:
            middle = pictures[len(pictures) // 2]
            return f'<img loading="lazy" alt="" src="{_link(out, middle)}">\n'
    return ""


def _link(out: Path, path: Path) -> str:
    """The path relative to the page, URL-quoted, whatever bytes the name has."""
    relative = Path(os.path.relpath(path, out)).as_posix()
    return escape(quote(os.fsencode(relative)))


def _shown(out: Path, path: Path) -> str:
    return escape(Path(os.path.relpath(path, out)).as_posix())

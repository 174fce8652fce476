"""The outcome of each source of a batch, on disk as soon as it is known."""

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, Self

from glom_video.structures import InvalidInput, write_whole
from glom_video_pipelines.locked import OutputLock

MANIFEST = "manifest.jsonl"
FORMAT_VERSION = 1
"""Of a line, which names it under ``format_version``."""

IS_BEGUN = "is_begun"
"""Marks a line of a source that was begun and whose end is unknown: files with its outputs' names
are that run's."""

EARLIER = "earlier"
"""Of a line: those of earlier runs of its name, with other formats or settings, whose outputs are
not replaced. Without them these outputs would count as sources, and their runs as never done."""

Status = Literal["done", "partial", "failed", "skipped"]
"""Of a line: partial where some frames were written, skipped where an earlier run had done it."""


def read_manifest(out: Path) -> dict[str, Any]:
    """The last line of each name; a line that a killed run left unfinished is skipped.

    Raises:
        InvalidInput: there is one that may not be read.
    """
    lines: dict[str, Any] = {}
    try:
        texts = (out / MANIFEST).read_text(encoding="utf-8", errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        texts = []
    except OSError as error:
        raise InvalidInput(
            f"{out / MANIFEST} cannot be read: {error.strerror}",
            "Change its permissions, or choose another output folder with -o.",
        ) from error
    for text in texts:
        try:
            line = json.loads(text)
            lines[line["name"]] = line
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return lines


def with_earlier(line: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A line and those that it keeps of earlier runs, the newest first."""
    newest = {name: value for name, value in line.items() if name != EARLIER}
    return [newest, *line.get(EARLIER, [])]


def is_done(line: Mapping[str, Any]) -> bool:
    """Whether all outputs of a line were written."""
    return line.get("status") in ("done", "skipped")


def check_folder(out: Path) -> None:
    """Raises InvalidInput where a Manifest of this folder would, without making anything; what only
    writing shows, such as a full disk, is not seen."""
    try:
        found = next(path for path in (out, *out.absolute().parents) if os.path.lexists(path))
        if not found.is_dir():
            number = errno.EEXIST if found == out else errno.ENOTDIR
            raise OSError(number, os.strerror(number))
        if not os.access(found, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise _unwritable(out, error) from error


def _unwritable(out: Path, error: OSError) -> InvalidInput:
    reason = error.strerror
    if isinstance(error, FileExistsError):
        reason = "it is a file, and outputs go into a folder"
        if not out.exists():
            reason = "it is a link to a folder that is not there"
    return InvalidInput(
        f"{out} cannot be written: {reason}",
        "Choose another output folder with -o, or change its permissions or the free space on its "
        "disk.",
    )


class Manifest:
    """OUT/manifest.jsonl: the outcome of each source, written as soon as it is known, so that a
    killed run can be resumed. While open it may hold older lines of a name before the newest;
    closed, it holds one line per name, or is not there if it has none.

    Raises:
        InvalidInput: the folder cannot be written, or another run writes into it; each would take
            the other's unfinished files for its own.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._lines: dict[str, Any] = {}
        with self._writing():
            self._lock = OutputLock(out)
        try:
            self._compact()
        except BaseException:
            self._lock.release()
            raise

    def add(self, line: Mapping[str, Any], to_come: Iterable[Path] = ()) -> None:
        """Append a line and wait until it is on disk.

        Args:
            to_come: outputs that are going to be written; an earlier result of the same name that
                has one of them is then no longer whole.
        """
        earlier = self._earlier(line, set(to_come))
        line = {**line, EARLIER: earlier} if earlier else line
        self._lines[line["name"]] = line
        with self._writing(), (self._out / MANIFEST).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _earlier(self, line: Mapping[str, Any], to_come: set[Path]) -> list[dict[str, Any]]:
        """What is kept of earlier runs beside a line: results with outputs that are not its own.
        One that is no longer whole loses its key, by which it would count as done."""
        own = {Path(output) for output in line.get("outputs", [])}
        kept = []
        for each in filter(is_done, with_earlier(self._lines.get(line["name"], {}))):
            noted = each.get("outputs", [])
            outputs = [output for output in noted if not self._is_in(output, own)]
            is_whole = not any(self._is_in(output, own | to_come) for output in noted)
            if outputs:
                key = each.get("key", "") if is_whole else ""
                kept.append({**each, "outputs": outputs, "key": key})
        return kept

    def _is_in(self, output: str, paths: set[Path]) -> bool:
        """Whether an output, noted when this folder may have had another path, is one of these."""
        parts = Path(output).parts
        return any(self._out.joinpath(*parts[place:]) in paths for place in range(len(parts)))

    def _compact(self) -> None:
        lines = self._lines = read_manifest(self._out)
        with self._writing():
            if lines:
                content = "".join(json.dumps(line) + "\n" for line in lines.values())
                write_whole(self._out / MANIFEST, content.encode())
            else:
                (self._out / MANIFEST).unlink(missing_ok=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise _unwritable(self._out, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            # Every line is there already: on a full disk the next run will do this.
            with suppress(InvalidInput):
                self._compact()
        finally:
            self._lock.release()

"""Events of a clip, one line of JSON each."""

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

from glom_video.events import Event, EventDetector, Places
from glom_video.formats.partial import partial_name, put_in_place, writing
from glom_video.formats.writer import Writer
from glom_video.structures import InvalidInput, Percept


class EventsWriter(Writer):
    """``OUT/<name>.events.jsonl``.

    Args:
        places: called with each frame, returns the zones and lines.

    Raises:
        InvalidInput: the file cannot be written.
    """

    def __init__(self, path: Path, name: str, places: Callable[[], Places]) -> None:
        self.path, self._partial, self._places = path, partial_name(path, name), places
        self._detector = EventDetector()
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._partial.open("w", encoding="utf-8")

    def write(self, percept: Percept) -> None:
        """The events that are certain with one frame."""
        told = self._detector.update(percept, self._places())
        if told:
            with writing(self.path):
                self._file.writelines(json.dumps(event.to_plain()) + "\n" for event in told)
                self._file.flush()

    def close(self) -> None:
        self.abort()
        with writing(self.path):
            put_in_place(self._partial, self.path)

    def abort(self) -> None:
        with writing(self.path):
            self._file.close()


def read_events(path: str | Path) -> Iterator[Event]:
    """The events of a file, in the order in which they were reported.

    Raises:
        InvalidInput: it is no such file.
    """
    names = {field.name for field in fields(Event)}
    try:
        with Path(path).open(encoding="utf-8-sig") as file:
            for line in file:
                stored = json.loads(line)
                yield Event(**{name: stored[name] for name in names})
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        cause = f"{path} cannot be read as events: {str(error).splitlines()[0]}"
        raise InvalidInput(cause, "Name an .events.jsonl that annotate wrote.") from error

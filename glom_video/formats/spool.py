"""Masks of a clip on disk during annotation, so that formats ordered by track need not hold the
clip in memory."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glom_video.formats.instances import AnnotatedFrame, Instance
from glom_video.structures import LevelName

_SCHEMA = """
PRAGMA journal_mode = MEMORY;
PRAGMA synchronous = OFF;
CREATE TABLE frames (place INTEGER PRIMARY KEY, frame TEXT);
CREATE TABLE instances (place INTEGER, level TEXT, id INTEGER, instance TEXT);
"""
"""Nothing is kept safe against a crash: the file ends with the process. Only a frame that a full
disk cuts short is undone, so that those before it can be read."""


@dataclass(frozen=True, slots=True)
class SpooledFrame:
    """One frame that was written."""

    place: int
    """Among the frames that were written, from 0."""
    index: int
    """In the source."""
    pts_seconds: float
    is_corrupt: bool
    file_name: str


@dataclass(frozen=True, slots=True)
class SpooledInstance:
    """One track in one frame that was written, as ``Instance`` but for its mask."""

    place: int
    """Of its frame."""
    level: LevelName
    id: int
    parent_id: int
    """0 = none."""
    name: str
    score: float
    """In [0, 1]."""
    area: int
    """Pixels."""
    box: tuple[int, int, int, int]
    """Pixels: left, top, width, height as ``Instance`` has them."""
    rle: dict[str, Any]
    """COCO's compressed run lengths: ``{"size": [height, width], "counts": text}``."""
    given_name: str
    own_given_name: str


class Spool:
    """A temporary database beside the output. Needs pycocotools, which counts the run lengths.

    Raises:
        sqlite3.Error: from each method, if it cannot be written or read, as on a full disk.
    """

    def __init__(self, path: Path) -> None:
        from pycocotools import mask

        self._encode = mask.encode
        self.path = path
        path.unlink(missing_ok=True)  # of a run that was killed
        self._base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.frames = 0
        try:
            self._base.executescript(_SCHEMA)
        except sqlite3.Error:  # on a full disk
            self.discard()
            raise

    def add(self, frame: AnnotatedFrame) -> None:
        """Store one frame."""
        self._base.execute("BEGIN")
        text = json.dumps([frame.index, frame.pts_seconds, frame.is_corrupt, frame.file_name])
        self._base.execute("INSERT INTO frames VALUES (?, ?)", (self.frames, text))
        stored = [
            (self.frames, instance.level, instance.id, self._stored(frame, instance))
            for instance in frame.instances
        ]
        self._base.executemany("INSERT INTO instances VALUES (?, ?, ?, ?)", stored)
        self._base.execute("COMMIT")
        self.frames += 1

    def _stored(self, frame: AnnotatedFrame, instance: Instance) -> str:
        rle = self._encode(frame.mask(instance))
        packed = {"size": rle["size"], "counts": rle["counts"].decode()}
        measured = [instance.parent_id, instance.name, instance.score, instance.area]
        given = [instance.given_name, instance.own_given_name]
        return json.dumps([*measured, instance.box, packed, *given])

    def all_frames(self) -> Iterator[SpooledFrame]:
        """In the order in which they were stored."""
        for place, text in self._base.execute("SELECT place, frame FROM frames ORDER BY place"):
            yield SpooledFrame(place, *json.loads(text))

    def by_frame(self) -> Iterator[SpooledInstance]:
        """In the order in which they were stored."""
        return self._ordered("rowid")

    def by_track(self) -> Iterator[SpooledInstance]:
        """By level (object before part), id and frame."""
        return self._ordered("level, id, place")

    def _ordered(self, order: str) -> Iterator[SpooledInstance]:
        query = f"SELECT place, level, id, instance FROM instances ORDER BY {order}"
        for place, level, id_, text in self._base.execute(query):
            parent_id, name, score, area, box, rle, *given = json.loads(text)
            measured = (parent_id, name, score, area)
            yield SpooledInstance(place, level, id_, *measured, tuple(box), rle, *given)

    def discard(self) -> None:
        """Close and delete the database."""
        self._base.close()
        self.path.unlink(missing_ok=True)

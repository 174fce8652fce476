"""Tracks as a table: a row per frame, level and track, in parquet or csv."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Protocol

from glom_video.formats.instances import AnnotatedFrame, Instance
from glom_video.formats.partial import partial_name, put_in_place, writing
from glom_video.formats.writer import FrameWriter
from glom_video.structures import LevelName, SourceInfo

FORMAT_VERSION = 2
"""Of parquet and csv."""

POSE = ("x", "y", "scale", "orientation", "velocity_x", "velocity_y")
"""Numbers of a pose, in the order and the units of ``Islands.pose``."""

COLUMNS: Mapping[str, str] = {
    "frame": "int32",
    "pts_seconds": "float64",
    "is_corrupt": "bool",
    "reset": "string",
    "is_tick": "bool",
    "level": "string",
    "id": "int32",
    "parent_id": "int32",
    "name": "string",
    "given_name": "string",
    "area": "int32",
    "box_left": "int32",
    "box_top": "int32",
    "box_width": "int32",
    "box_height": "int32",
    "centroid_x": "float64",
    "centroid_y": "float64",
    "score": "float32",
    "agreement": "float32",
    "age_frames": "int32",
    "missed_frames": "int32",
    **{f"{kind}_{number}": "float32" for kind in ("pose", "read_pose") for number in POSE},
}
"""Name and type (in pyarrow's words). Lengths are pixels of the source, areas their number;
``parent_id`` is 0 without a parent; ``name`` is ``3`` for object 3, ``1+4`` while 4 is seen as one
with 1 (in 1's row), ``3.2`` for the second part of object 3, ``0.2`` for a part without an object;
``given_name`` is the name that a user gave it, else empty.

``reset`` says why the model began anew with this frame (begin, cut, gap, size), else empty.
``is_tick``: whether the model was updated with this frame; if not, the islands of the last tick
were carried along. ``pose`` is measured on the island, ``read_pose`` read by the model from its
vector: centre and velocity (per second) in fractions of the frame, scale the root of its share of
the area, orientation in radians.
"""

ROWS_PER_GROUP = 1_000
"""Rows held before they are written: a row group of a parquet file."""


def _values(frame: AnnotatedFrame) -> list[tuple[Any, ...]]:
    """Of each instance, in the order of COLUMNS."""
    of_frame = (frame.index, frame.pts_seconds, frame.is_corrupt, frame.reset or "", frame.is_tick)
    return [(*of_frame, *_measures(instance)) for instance in frame.instances]


def _measures(instance: Instance) -> tuple[Any, ...]:
    return (
        *(instance.level, instance.id, instance.parent_id, instance.name, instance.given_name),
        *(instance.area, *instance.box, *instance.centroid),
        *(instance.score, instance.agreement, instance.age_frames, instance.missed_frames),
        *instance.pose,
        *instance.read_pose,
    )


class TableWriter(FrameWriter):
    """``OUT/<name>.parquet`` or ``OUT/<name>.csv``. Holds at most ROWS_PER_GROUP rows. After an
    error the partial file is still finished, so that it can be read.

    Raises:
        InvalidInput: the file cannot be written.
    """

    def __init__(self, path: Path, name: str, info: SourceInfo) -> None:
        self.path, self._partial = path, partial_name(path, name)
        self._held: list[tuple[Any, ...]] = []
        self._frames = 0
        self._levels: tuple[LevelName, ...] = ()
        self._empty: list[range] = []
        """Indices of the frames without rows: a gap among those of rows may be a dropped frame."""
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            is_csv = path.suffix == ".csv"
            self._file: _File = _Csv(self._partial) if is_csv else _Parquet(self._partial, info)

    def write(self, frame: AnnotatedFrame) -> None:
        self._frames += 1
        self._levels = tuple(frame.ids)
        self._held += _values(frame)
        if not frame.instances:
            _append(self._empty, frame.index)
        if len(self._held) >= ROWS_PER_GROUP:
            self._flush()

    def _flush(self) -> None:
        with writing(self.path):
            self._file.append(self._held)
        self._held = []

    def close(self) -> None:
        self.abort()
        with writing(self.path):
            put_in_place(self._partial, self.path)

    def abort(self) -> None:
        with writing(self.path):
            try:
                self._flush()
            finally:
                self._file.close(self._facts())

    def _facts(self) -> dict[str, str]:
        """What only the end of the clip tells, for the metadata."""
        ranges = [[each.start, each.stop, each.step] for each in self._empty]
        return {
            "frames": str(self._frames),
            "levels": " ".join(self._levels),
            "empty_frames": json.dumps(ranges),
        }


def _append(ranges: list[range], index: int) -> None:
    """Add an index above all of theirs: an hour without islands takes no more room than one
    frame."""
    last = ranges[-1] if ranges else range(0)
    step = index - last.start if len(last) == 1 else last.step
    if last and index == last[-1] + step:
        ranges[-1] = range(last.start, index + 1, step)
    else:
        ranges.append(range(index, index + 1))


class _File(Protocol):
    def append(self, rows: list[tuple[Any, ...]]) -> None: ...

    def close(self, facts: Mapping[str, str]) -> None: ...


class _Csv:
    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("w", newline="", encoding="utf-8")
        self._rows = csv.writer(self._file, lineterminator="\n")
        self._rows.writerow(COLUMNS)

    def append(self, rows: list[tuple[Any, ...]]) -> None:
        for row in rows:
            self._rows.writerow([int(x) if isinstance(x, bool) else x for x in row])
        self._file.flush()

    def close(self, facts: Mapping[str, str]) -> None:
        self._file.close()


class _Parquet:
    """Needs pyarrow."""

    def __init__(self, path: Path, info: SourceInfo) -> None:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        metadata = {
            "format_version": str(FORMAT_VERSION),
            "source": info.path,
            "height": str(info.height),
            "width": str(info.width),
        }
        columns = [(name, pa.type_for_alias(kind)) for name, kind in COLUMNS.items()]
        self._schema = pa.schema(columns, metadata=metadata)
        self._writer = ParquetWriter(
            path, self._schema, compression="zstd", use_dictionary=["level"]
        )

    def append(self, rows: list[tuple[Any, ...]]) -> None:
        import pyarrow as pa

        if rows:
            by_column = zip(zip(*rows, strict=True), self._schema, strict=True)
            columns = [pa.array(values, column.type) for values, column in by_column]
            self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))

    def close(self, facts: Mapping[str, str]) -> None:
        self._writer.add_key_value_metadata(dict(facts))
        self._writer.close()

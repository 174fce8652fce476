"""Tracks as a table: a row per frame, level and track, in parquet or csv."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

from glom_video.formats.partial import partial_name, put_in_place, writing
from glom_video.formats.regions import ExportFrame, Region

FORMAT_VERSION = 1

POSE = ("x", "y", "scale", "orientation", "velocity_x", "velocity_y")
"""Numbers of a pose, in the order and the units of ``Islands.pose``."""

COLUMNS: Mapping[str, str] = {
    "frame": "int32",
    "pts_seconds": "float64",
    "is_corrupt": "bool",
    "reset": "string",
    "level": "string",
    "id": "int32",
    "parent_id": "int32",
    "area": "int32",
    "box_left": "int32",
    "box_top": "int32",
    "box_width": "int32",
    "box_height": "int32",
    "centroid_x": "float64",
    "centroid_y": "float64",
    "agreement": "float32",
    "age_frames": "int32",
    "missed_frames": "int32",
    **{f"{kind}_{number}": "float32" for kind in ("pose", "read_pose") for number in POSE},
}
"""Name and type (in pyarrow's words). Lengths are pixels of the source, areas their number; ``parent_id`` is 0 where there is none.

``reset`` says why the model began anew with this frame (begin, cut, gap, size), empty where it did not. ``pose`` is measured on the island and
``read_pose`` what the model reads out of its vector: centre and velocity (per second) in fractions of the frame, scale the root of the share of its
area, orientation in radians.
"""

ROWS_PER_GROUP = 1_000
"""Rows that are held before they are written; a row group of a parquet file."""


@dataclass(frozen=True, slots=True)
class TableInfo:
    """What a table says of its clip beside its rows. csv holds rows only."""

    source: str
    height: int
    width: int


def rows(frame: ExportFrame) -> list[tuple[Any, ...]]:
    """In the order of COLUMNS."""
    return [(frame.index, frame.pts_seconds, frame.is_corrupt, frame.reset or "", *_measures(region)) for region in frame.regions]


def _measures(region: Region) -> tuple[Any, ...]:
    tracked = (region.level, region.id, region.parent_id, region.area, *region.box, *region.centroid)
    return (*tracked, region.agreement, region.age_frames, region.missed_frames, *region.pose, *region.read_pose)


class TableWriter:
    """``OUT/<name>.parquet`` or ``OUT/<name>.csv``, named ``.partial`` until ``close``. Holds at most ROWS_PER_GROUP rows.

    Use as a context manager: after an exception the partial file is finished, so that it can be read, and keeps its partial name.
    Raises InvalidInput if the file cannot be written.
    """

    def __init__(self, path: Path, name: str, info: TableInfo) -> None:
        self.path, self._partial = path, partial_name(path, name)
        self._rows: list[tuple[Any, ...]] = []
        self._frames = 0
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._table: _Table = _Csv(self._partial) if path.suffix == ".csv" else _Parquet(self._partial, info)

    def write(self, frame: ExportFrame) -> None:
        self._frames += 1
        self._rows += rows(frame)
        if len(self._rows) >= ROWS_PER_GROUP:
            self._flush()

    def _flush(self) -> None:
        with writing(self.path):
            self._table.append(self._rows)
        self._rows = []

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with writing(self.path):
            try:
                self._flush()
            finally:
                self._table.close(self._frames)
            if kind is None:
                put_in_place(self._partial, self.path)


class _Table(Protocol):
    def append(self, rows: list[tuple[Any, ...]]) -> None: ...

    def close(self, frames: int) -> None: ...


class _Csv:
    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("w", newline="", encoding="utf-8")
        self._rows = csv.writer(self._file, lineterminator="\n")
        self._rows.writerow(COLUMNS)

    def append(self, rows: list[tuple[Any, ...]]) -> None:
        self._rows.writerows([int(value) if isinstance(value, bool) else value for value in row] for row in rows)
        self._file.flush()

    def close(self, frames: int) -> None:
        self._file.close()


class _Parquet:
    """Needs pyarrow."""

    def __init__(self, path: Path, info: TableInfo) -> None:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        said = {"format_version": str(FORMAT_VERSION), "source": info.source, "height": str(info.height), "width": str(info.width)}
        self._schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in COLUMNS.items()], metadata=said)
        self._writer = ParquetWriter(path, self._schema, compression="zstd", use_dictionary=["level"])

    def append(self, rows: list[tuple[Any, ...]]) -> None:
        import pyarrow as pa

        if rows:
            columns = [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), self._schema, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))

    def close(self, frames: int) -> None:
        self._writer.add_key_value_metadata({"frames": str(frames)})
        self._writer.close()

"""Tracks as a table: a row per frame, level and track, in parquet or csv."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np

from glom_video.formats.instances import AnnotatedFrame, Instance
from glom_video.formats.partial import partial_name, put_in_place, writing
from glom_video.formats.writer import FrameWriter
from glom_video.structures import InvalidInput, SourceInfo

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

REMEDY = "Name a .parquet that annotate wrote."

Row = dict[str, Any]
"""Values by column."""


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
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            is_csv = path.suffix == ".csv"
            self._file: _File = _Csv(self._partial) if is_csv else _Parquet(self._partial, info)

    def write(self, frame: AnnotatedFrame) -> None:
        self._frames += 1
        self._held += _values(frame)
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
                self._file.close(self._frames)


class _File(Protocol):
    def append(self, rows: list[tuple[Any, ...]]) -> None: ...

    def close(self, frames: int) -> None: ...


class _Csv:
    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("w", newline="", encoding="utf-8")
        self._rows = csv.writer(self._file, lineterminator="\n")
        self._rows.writerow(COLUMNS)

    def append(self, rows: list[tuple[Any, ...]]) -> None:
        for row in rows:
            self._rows.writerow([int(x) if isinstance(x, bool) else x for x in row])
        self._file.flush()

    def close(self, frames: int) -> None:
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

    def close(self, frames: int) -> None:
        self._writer.add_key_value_metadata({"frames": str(frames)})
        self._writer.close()


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A parquet table's metadata about its clip."""

    frames: int
    """Number of annotated frames, including those in which nothing was found."""
    height: int
    width: int


def read_table_info(path: Path) -> TableInfo:
    """Read the metadata of a parquet table.

    Raises:
        InvalidInput: it is no table of a clip.
    """
    metadata = _opened(path, ()).metadata.metadata or {}
    try:
        return TableInfo(*(int(metadata[key]) for key in (b"frames", b"height", b"width")))
    except (KeyError, ValueError) as error:
        cause = f"{path} does not say how many frames it is about, and how large they are"
        raise InvalidInput(cause, REMEDY) from error


def read_rows(path: str | Path, columns: Sequence[str] = tuple(COLUMNS)) -> Iterator[Row]:
    """Rows of a parquet or csv table in the order written, read in batches.

    Raises:
        InvalidInput: it is no such table, or lacks a column.
    """
    path = Path(path)
    if path.suffix == ".csv":
        yield from _csv_rows(path, columns)
    else:
        for batch in _opened(path, columns).iter_batches(columns=list(columns)):
            yield from batch.to_pylist()


def read_frames(path: Path, columns: Sequence[str]) -> Iterator[list[Row]]:
    """The rows of each frame of a parquet table; ``frame`` is among their columns. A frame without
    islands has no rows, so it is a gap in the indices or missing at the end.

    Raises:
        InvalidInput: as ``read_rows`` and ``read_table_info``.
    """
    frames = read_table_info(path).frames
    stride = _stride(path)
    given = 0
    last: int | None = None
    for index, rows in groupby(read_rows(path, columns), key=lambda row: int(row["frame"])):
        empty = (index - last) // stride - 1 if last is not None else 0
        yield from ([] for _ in range(empty))
        yield list(rows)
        given, last = given + empty + 1, index
    yield from ([] for _ in range(frames - given))


def _stride(path: Path) -> int:
    """Least distance between the frames that have rows."""
    indices = np.unique(_opened(path, ["frame"]).read(columns=["frame"])["frame"].to_numpy())
    return int(np.diff(indices.astype(np.int64)).min(initial=np.iinfo(np.int64).max))


def _opened(path: Path, columns: Sequence[str]) -> Any:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        remedy = "Install it: pip install 'glom-video[parquet]'."
        raise InvalidInput("a parquet table needs pyarrow", remedy) from None
    try:
        file = ParquetFile(path)
    except (OSError, ArrowException) as error:
        cause = f"{path} cannot be read as a table: {str(error).splitlines()[0]}"
        raise InvalidInput(cause, REMEDY) from error
    _check_columns(path, columns, file.schema_arrow.names)
    return file


def _check_columns(path: Path, wanted: Sequence[str], there: Sequence[str]) -> None:
    if lacking := sorted(set(wanted) - set(there)):
        raise InvalidInput(
            f"{path} has no column {', '.join(lacking)}", f"It has {', '.join(there) or 'none'}."
        )


def _csv_rows(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            table = csv.DictReader(file)
            _check_columns(path, columns, table.fieldnames or ())
            for texts in table:
                yield {name: _FROM_TEXT[COLUMNS[name]](texts[name]) for name in columns}
    except InvalidInput:
        raise
    except (OSError, ValueError, TypeError, csv.Error) as error:
        cause = f"{path} cannot be read as a table: {str(error).splitlines()[0]}"
        raise InvalidInput(cause, "Name a .csv that annotate wrote.") from error


_FROM_TEXT: Mapping[str, Callable[[str], Any]] = {
    "int32": int,
    "float64": float,
    "float32": float,
    "bool": lambda text: bool(int(text)),
    "string": str,
}
"""By the type of a column."""

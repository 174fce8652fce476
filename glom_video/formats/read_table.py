"""Reads the tables of ``table`` back."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import chain, count, groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from glom_video.formats.table import COLUMNS
from glom_video.structures import InvalidInput

REMEDY = "Name a .parquet that annotate wrote."

Row = dict[str, Any]
"""Values by column."""


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A parquet table's metadata about its clip."""

    frames: int
    """Number of annotated frames, including those in which nothing was found."""
    height: int
    width: int
    levels: tuple[str, ...] = ()
    """That were annotated, whether anything was found or not; not named in tables of earlier
    versions."""
    empty_frames: Sequence[range] | None = None
    """Indices of the frames in which nothing was found, ascending; None where an earlier version
    wrote the table."""


def read_table_info(path: Path) -> TableInfo:
    """Read the metadata of a parquet table.

    Raises:
        InvalidInput: it is no table of a clip.
    """
    metadata = _opened(path, ()).metadata.metadata or {}
    empty = metadata.get(b"empty_frames")
    try:
        return TableInfo(
            frames=int(metadata[b"frames"]),
            height=int(metadata[b"height"]),
            width=int(metadata[b"width"]),
            levels=tuple(metadata.get(b"levels", b"").decode().split()),
            empty_frames=None if empty is None else [range(*each) for each in json.loads(empty)],
        )
    except (KeyError, ValueError, TypeError) as error:
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
    """The rows of each annotated frame of a parquet table, none where nothing was found; ``frame``
    is among their columns. Frames that were dropped are left out.

    Raises:
        InvalidInput: as ``read_rows`` and ``read_table_info``.
    """
    info = read_table_info(path)
    empty = _gaps(path, info.frames) if info.empty_frames is None else chain(*info.empty_frames)
    by_frame = groupby(read_rows(path, columns), key=lambda row: int(row["frame"]))
    found = ((index, list(rows)) for index, rows in by_frame)
    without = ((index, list[Row]()) for index in empty)
    yield from (rows for _, rows in merge(found, without, key=itemgetter(0)))


def _gaps(path: Path, frames: int) -> Iterable[int]:
    """Indices of the frames without rows in a table that does not name them: as many as it lacks,
    first between those that have rows, then after them."""
    file = _opened(path, ["frame"])
    there = np.unique(file.read(columns=["frame"])["frame"].to_numpy()).astype(np.int64)
    stride = int(np.diff(there).min()) if len(there) > 1 else 1
    known = set(there.tolist())
    lacking = (index for index in count(min(known, default=0), stride) if index not in known)
    return islice(lacking, max(0, frames - len(known)))


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
        with path.open(newline="", encoding="utf-8-sig") as file:
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

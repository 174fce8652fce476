"""The steps of a clip, kept for what can be scored only after its last frame."""

import pickle
import zlib
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile

import numpy as np
from jaxtyping import Int64

from glom_video.evaluate import VisibleStep

MOST_IN_MEMORY = 16 * 2**20
"""Bytes; what is more goes to a temporary file, so that memory does not grow with the clip."""
LEAST_EFFORT = 1


class KeptSteps:
    """The frames that were scored, by name, each with its time and the step that led to it, in
    order."""

    def __init__(self, most_in_memory: int = MOST_IN_MEMORY) -> None:
        self._file = SpooledTemporaryFile[bytes](most_in_memory)

    def add(self, name: str, seconds: float | None, step: VisibleStep | None) -> None:
        kept = None
        if step is not None:
            gaps, offsets = np.diff(step.now, prepend=0), step.before - step.now
            kept = _packed(gaps), _packed(offsets), step.share
        pickle.dump((name, seconds, kept), self._file)

    def __iter__(self) -> Iterator[tuple[str, float | None, VisibleStep | None]]:
        """All that was added, once; the file is gone afterwards."""
        with self._file as file:
            end = file.tell()
            file.seek(0)
            while file.tell() < end:
                name, seconds, kept = pickle.load(file)
                yield name, seconds, None if kept is None else _step(*kept)


def _packed(values: Int64[np.ndarray, " n"]) -> bytes:
    """Small numbers, most of them like their neighbours."""
    return zlib.compress(values.astype(np.int32).tobytes(), LEAST_EFFORT)


def _unpacked(packed: bytes) -> Int64[np.ndarray, " n"]:
    return np.frombuffer(zlib.decompress(packed), np.int32).astype(np.int64)


def _step(gaps: bytes, offsets: bytes, share: float) -> VisibleStep:
    now = np.cumsum(_unpacked(gaps))
    return VisibleStep(now, now + _unpacked(offsets), share)

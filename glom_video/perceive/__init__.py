"""The composition of all stages: frames in, percepts out. The only package that imports every stage
from motion to track."""

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from glom_video.perceive.settings import DEFAULT_SETTINGS, Settings
from glom_video.structures import Frame, Percept, imported_late

if TYPE_CHECKING:
    from glom_video.glom import Glom
    from glom_video.perceive.columns import ColumnOutput, as_tensors, update_together
    from glom_video.perceive.perceiver import Perceiver
    from glom_video.perceive.prepared import FramePreparation, PreparedFrame
    from glom_video.perceive.warm_start import prepare_recording

__getattr__ = imported_late(
    __name__,
    {
        "ColumnOutput": "glom_video.perceive.columns",
        "FramePreparation": "glom_video.perceive.prepared",
        "Glom": "glom_video.glom",  # of the annotations below
        "Perceiver": "glom_video.perceive.perceiver",
        "PreparedFrame": "glom_video.perceive.prepared",
        "as_tensors": "glom_video.perceive.columns",
        "prepare_recording": "glom_video.perceive.warm_start",
        "update_together": "glom_video.perceive.columns",
    },
)

__all__ = [
    "DEFAULT_SETTINGS",
    "ColumnOutput",
    "FramePreparation",
    "Perceiver",
    "PreparedFrame",
    "Settings",
    "as_tensors",
    "perceive",
    "perceive_together",
    "prepare_recording",
    "update_together",
]


def perceive(
    frames: Iterable[Frame],
    glom: "Glom",
    settings: Settings = DEFAULT_SETTINGS,
    *,
    warm_start: bool = True,
) -> Iterator[Percept]:
    """Parse a clip frame by frame, in constant memory.

    Args:
        warm_start: read a few frames ahead at the beginning of a scene and run through them
            backwards first; without, each percept is that of ``Perceiver(glom, settings)(frame)``.
    """
    from glom_video.perceive.perceiver import Perceiver

    perceiver = Perceiver(glom, settings)
    if not warm_start:
        yield from map(perceiver, frames)
        return
    for prepared in perceiver.prepare_recording(frames):
        yield perceiver.parse_and_track(perceiver.update_columns(prepared))


def perceive_together(
    clips: Sequence[Iterable[Frame]], glom: "Glom", settings: Settings = DEFAULT_SETTINGS
) -> Iterator[tuple[int, Percept]]:
    """Parse several clips side by side, frame by frame. Yields (index of the clip, percept).

    The model takes the frames of all clips as one batch; meanwhile the next ones are decoded and
    prepared, in as many threads as the machine has cores. Raises TypeError for one clip alone.
    """
    from glom_video.perceive.columns import update_together
    from glom_video.perceive.perceiver import Perceiver

    if not isinstance(clips, Sequence):
        raise TypeError(f"a list of clips is needed, got {type(clips).__name__}")
    perceivers = [Perceiver(glom, settings) for _ in clips]
    streams = [
        perceiver.prepare_recording(frames)
        for perceiver, frames in zip(perceivers, clips, strict=True)
    ]
    threads = min(len(clips), os.cpu_count() or 1) or 1
    with ThreadPoolExecutor(threads, "together") as beside:
        coming = {at: beside.submit(next, stream, None) for at, stream in enumerate(streams)}
        while coming:
            frames = {at: waited.result() for at, waited in coming.items()}
            arrived = {at: prepared for at, prepared in frames.items() if prepared is not None}
            coming = {at: beside.submit(next, streams[at], None) for at in arrived}
            columns = [perceivers[at].columns for at in arrived]
            outputs = update_together(columns, list(arrived.values()))
            following = {
                at: beside.submit(perceivers[at].parse_and_track, output)
                for at, output in zip(arrived, outputs, strict=True)
            }
            for at, percept in following.items():
                yield at, percept.result()

"""The model of a live run, loaded beside the page and the camera, which need not wait for it."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from glom_video.perceive import Settings
from glom_video.structures import Frame
from glom_video_pipelines.loading import without_collection
from glom_video_pipelines.stream.loop import Live

if TYPE_CHECKING:
    from glom_video.glom import Glom


@contextmanager
def loaded_beside(
    load: "Callable[[], Glom]", lives: Sequence[Live], stop: threading.Event
) -> "Iterator[Future[Glom]]":
    """What ``load`` gives, or raises, from a thread that has ended when the block is left, unless
    ``stop`` is set: who ends a run does not wait for its model. Viewers are told of it meanwhile,
    and loading is no part of the run."""
    model: Future[Glom] = Future()

    def work() -> None:
        try:
            glom = load()
        except BaseException as error:  # any error belongs to whoever waits for the model
            _end_loading(lives)
            model.set_exception(error)
        else:
            _end_loading(lives)
            model.set_result(glom)

    for live in lives:
        live.is_loading = True
    thread = threading.Thread(target=work, name="load", daemon=True)
    thread.start()
    try:
        yield model
    finally:
        if not stop.is_set():
            thread.join()


def _end_loading(lives: Sequence[Live]) -> None:
    for live in lives:
        live.tally.started = time.monotonic()
        live.is_loading = False


def warmed_up(weights: str | None, device: str, settings: Settings) -> "Glom":
    """The model, on its device. What it sets up with its first frames, it sets up now rather than
    while the world goes on. Raises InvalidInput as ``load_glom``."""
    with without_collection():
        import scipy.optimize  # noqa: F401 - for the tracker's second frame

        from glom_video.perceive import Perceiver
        from glom_video_pipelines.model import load_glom
        from glom_video_pipelines.threads import share_cores

    share_cores()
    glom = load_glom(weights, device)
    perceiver = Perceiver(glom, settings)
    for index in range(2):
        perceiver(Frame(np.zeros((360, 640, 3), np.uint8), index, index / 30))
    return glom

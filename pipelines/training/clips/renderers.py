"""The worker processes that draw clips."""

import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from glom_video_pipelines.training.clips.drawing import draw_clip
from glom_video_pipelines.training.clips.files import ClipTensors, read_clip_file
from glom_video_pipelines.training.clips.phase import Phase


class Renderer(SpawnProcess):
    """Starts a worker process that ends with its parent, however that ends, and leaves Ctrl-C to
    the parent, which still needs its clips."""

    def run(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_end_with_parent, daemon=True).start()
        super().run()


_folders: list[str] = []
"""In a worker: where it leaves clips."""


def _leave_clips_in(folder: str) -> None:
    _folders.append(folder)


def _end_with_parent() -> None:
    """Ends an idle worker whose parent was killed: it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "renderers run in processes of their own"
    parent.join()
    for folder in _folders:
        # The parent would have, and other workers do, too.
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


class RendererContext(SpawnContext):
    """Spawned, not forked: torch and OpenCV have threads."""

    Process = Renderer


class Renderers(ProcessPoolExecutor):
    """Worker processes for a whole run: each loads the textures once. Clips come from them through
    a folder of their own."""

    def __init__(self, workers: int) -> None:
        self._files = TemporaryDirectory(prefix="glom-video-", ignore_cleanup_errors=True)
        super().__init__(
            workers,
            mp_context=RendererContext(),
            initializer=_leave_clips_in,
            initargs=(self._files.name,),
        )

    def draw(self, seed: int, phase: Phase, folders: tuple[Path, ...]) -> Future[Path]:
        """A clip, for ``take``."""
        return self.submit(draw_clip, seed, phase, folders, Path(self._files.name))

    def take(self, path: Path, device: torch.device | None) -> ClipTensors:
        """A clip that was drawn, on a device. Its file is removed."""
        clip = read_clip_file(path, device)
        path.unlink()
        return clip

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown(wait, cancel_futures=cancel_futures)
        self._files.cleanup()


@contextmanager
def renderers(workers: int) -> Iterator[Renderers]:
    """What they still have to do is dropped at the end."""
    executor = Renderers(workers)
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)

"""How worker processes start. Imports nothing heavy, so that the server can load its libraries
while this process loads its own."""

import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, SpawnContext
from types import ModuleType

LOADED_ONCE = ["glom_video_pipelines.quiet_server", "glom_video_pipelines.loaded_once"]


def process_context() -> ForkServerContext | SpawnContext:
    """New processes are forked from a server without threads, which has loaded the libraries once
    and is running from here on; where that does not exist they are spawned."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED_ONCE)
    with _interrupts_ignored():
        forkserver.ensure_running()
    return context


def warm_up() -> None:
    """Begin to load what the processes will need."""
    process_context()


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """A process that is started meanwhile ignores Ctrl-C until it says otherwise
    (``quiet_server``)."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def without_the_script() -> Iterator[None]:
    """Processes that begin meanwhile do not run the caller's script: they would, to have its
    names, and one that calls us without a guard would begin again and again."""
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script

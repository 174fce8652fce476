"""The command line: one module per command, each a thin layer over the pipeline of the same
name."""

import os
import signal
import sys
import threading
import traceback
from types import FrameType

# Each adds its command to the app.
from glom_video_pipelines.cli import (
    annotate,
    bench,
    config,
    demo,
    doctor,
    evaluate,
    masks,
    probe,
    render,
    stream,
    study,
    synth,
    train,
)
from glom_video_pipelines.cli.app import app
from glom_video_pipelines.cli.standard_streams import open_standard_streams
from glom_video_pipelines.error_lines import print_error
from glom_video_pipelines.interruption import EXIT_CODE
from glom_video_pipelines.picture_warnings import ignore_picture_warnings

__all__ = [
    "annotate",
    "app",
    "bench",
    "config",
    "demo",
    "doctor",
    "evaluate",
    "main",
    "masks",
    "probe",
    "render",
    "stream",
    "study",
    "synth",
    "train",
]


def main() -> None:
    """Entry point. A user error is one line of cause and one of remedy. Exit codes: 0 all is well,
    1 a source failed, 2 usage, 130 interrupted."""
    interrupted = _interruptible()
    # Threads that wait for each other by spinning for long make a frame take seconds on a busy
    # machine; those that never spin halve the speed of an idle one. To be set before torch is
    # loaded.
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    # NumPy's own threads spin between its products, which are small here: a whole core would go to
    # waiting. Stages run side by side instead.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    open_standard_streams()
    ignore_picture_warnings()
    debug = "--debug" in sys.argv  # accepted anywhere in the line
    try:
        _check_current_folder()
        app(["--debug"] * debug + [argument for argument in sys.argv[1:] if argument != "--debug"])
    except Exception as error:
        # A recorded model, for one, makes another error of a KeyboardInterrupt.
        sys.exit(EXIT_CODE if interrupted.is_set() and not debug else _explain(error, debug))


def _interruptible() -> threading.Event:
    """Make SIGINT and SIGTERM raise KeyboardInterrupt; returns an event that is set from then
    on."""
    interrupted = threading.Event()

    def interrupt(number: int, frame: FrameType | None) -> None:
        interrupted.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as of a job in the background
        signal.signal(signal.SIGINT, interrupt)
    return interrupted


def _check_current_folder() -> None:
    """Raises InvalidInput where it was deleted: libraries fail in it with errors of their own, some
    of which end the process."""
    try:
        os.getcwd()
    except FileNotFoundError as error:
        from glom_video.structures import InvalidInput

        raise InvalidInput(
            "the current folder is no longer there", "Change to a folder that exists: cd."
        ) from error


def _explain(error: Exception, debug: bool) -> int:
    """Two lines on stderr, or the trace. Returns the exit code."""
    from glom_video_pipelines.known_errors import as_invalid_input

    if debug:
        traceback.print_exception(error)
    known = as_invalid_input(error)
    if known is not None:
        print_error(known.cause, known.remedy)
        return 2
    if not debug:
        print_error(
            f"internal error: {type(error).__name__}: {' '.join(str(error).split())}",
            "Run again with --debug and report what it prints.",
        )
    return 1

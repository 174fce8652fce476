"""What counts as silence of a worker: sleep and work do, waiting for a processor does not."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from glom_video_pipelines.annotate import silence
from glom_video_pipelines.annotate.silence import Silence, processor_seconds

pytestmark = pytest.mark.skipif(
    processor_seconds(os.getpid()) is None, reason="this system does not tell what a process does"
)

SPIN = "while True: pass"


@contextmanager
def python(code: str, *, idly: bool = False) -> Iterator[int]:
    """The number of a process on the first processor; idly: it gets what others leave."""

    def settle() -> None:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        if idly:
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))

    begun = f"print(flush=True)\ninput()\n{code}"
    with subprocess.Popen(
        [sys.executable, "-c", begun],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=settle,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        process.stdin.write(b"\n")
        process.stdin.flush()
        try:
            yield process.pid
        finally:
            process.kill()


def silence_of(process: int, seconds: float, enough: float) -> float:
    """What is counted while it is watched for so long, or until that is enough."""
    watched = Silence(process)
    end = time.monotonic() + seconds
    while time.monotonic() < end and watched.seconds < enough:
        watched.poll()
        time.sleep(0.02)
    return watched.seconds


@pytest.mark.parametrize("code", [SPIN, "import time; time.sleep(100)"])
def test_one_that_works_or_sleeps_in_silence_is_silent(code: str) -> None:
    with python(code) as process:
        assert silence_of(process, 60.0, enough=1.0) >= 1.0


def test_one_that_gets_no_processor_is_not() -> None:
    with python(SPIN, idly=True) as process, python(SPIN), python(SPIN):
        assert silence_of(process, 3.0, enough=1.0) < 1.0


def test_time_in_which_nobody_listened_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    watched = Silence(None)
    now[0] = 0.5
    watched.poll()
    now[0] = 3600.5  # both were stopped
    watched.poll()
    assert watched.seconds == 0.5 + silence.LONGEST_POLL_SECONDS
    watched.end()
    assert watched.seconds == 0.0

"""The command line in a process of its own, for tests that end it from outside."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAIN = "from glom_video_pipelines.cli import main; main()"


def started(
    *arguments: object, environment: Mapping[str, str] = os.environ
) -> subprocess.Popen[str]:
    """``glom-video`` with these arguments, both outputs into pipes."""
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "OMP_NUM_THREADS": "1"},
        cwd=ROOT,
    )

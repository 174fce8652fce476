"""Processes of a training run: several that train one model, and workers that end with their
parent."""

import os
import platform
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import json_lines
from test_training_run import config
from waiting import is_alive, wait_for

__all__ = ["config"]

ROOT = Path(__file__).parents[1]


def ran_here(script: str, **environment: str) -> subprocess.Popen[str]:
    variables = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"} | environment
    return subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=variables
    )


RANK = """
import hashlib, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from renderers_here import train_here
from glom_video_pipelines import train
runs, begin = [], train.TrainingRun.begin
train.TrainingRun.begin = lambda *given: runs.append(begin(*given)) or runs[-1]
train_here(Path({config!r}), Path({out!r}))
weights = runs[0].glom.state_dict().values()
print(hashlib.sha256(b"".join(value.numpy().tobytes() for value in weights)).hexdigest())
"""


def test_two_processes_train_one_model(config: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = RANK.format(tests=str(ROOT / "tests"), config=str(config), out=str(out))
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    processes = [
        ran_here(script, RANK=str(rank), LOCAL_RANK=str(rank), **shared) for rank in range(2)
    ]
    # Gloo greets on stdout.
    digests = [process.communicate()[0].split()[-1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert len(digests[0]) == 64
    assert digests[0] == digests[1]
    assert [row["step"] for row in json_lines(out / "log.jsonl")] == [1, 2, 3]
    assert (out / "glom.safetensors").exists()


PARENT = """
import os, time
from glom_video_pipelines.training.clips.phase import Phase
from glom_video_pipelines.training.clips.renderers import Renderers
if __name__ == "__main__":
    pool = Renderers(1)
    size = {"height": 48, "width": 48, "frames": 2, "rendered_frames": 3}
    phase = Phase(steps=1, batch=1, fresh=1, pool=1, **size)
    print(pool.submit(os.getpid).result(), pool.draw(1, phase, ()).result(), flush=True)
    time.sleep(600)
"""


def test_workers_end_when_their_parent_is_killed_and_leave_no_clips() -> None:
    parent = ran_here(PARENT)
    assert parent.stdout is not None
    number, path = parent.stdout.readline().split()
    worker, clip = int(number), Path(path)
    assert clip.exists()
    os.kill(worker, 0)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: not is_alive(worker), 20)
    assert not clip.parent.exists()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the switch")
def test_freed_tensors_stay_with_the_process() -> None:
    """Forty megabytes, freed and asked for again, soon come without new pages; without the switch
    each time costs ten thousand page faults."""
    script = (
        "import resource, torch\n"
        "from glom_video_pipelines.allocator import keep_freed_memory\n"
        "assert keep_freed_memory()\n"
        "faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(20): torch.zeros(10_000_000)\n"
        "before = faults()\n"
        "for _ in range(5): torch.zeros(10_000_000)\n"
        "print(faults() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 1000

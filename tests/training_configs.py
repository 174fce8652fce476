"""Configs of training runs of a few steps, and such a run."""

from pathlib import Path

import pytest
from renderers_here import train_here

TINY_MODEL_AND_PHASE = """
[model]
dim = 16
hidden = 32
encoder_widths = [8, 8, 16, 16]

[[phase]]
steps = 3
height = 48
width = 48
frames = 2
batch = 2
fresh = 1
pool = 2
rendered_frames = 4
"""
TINY = f"""
seed = 5
learning_rate = 0.003
warm_up_steps = 2
checkpoint_seconds = 0
photos = []
{TINY_MODEL_AND_PHASE}
[[phase]]
steps = 2
height = 48
width = 72
frames = 3
lead = 1
batch = 2
fresh = 2
pool = 4
rendered_frames = 5
"""
ONE_STEP = TINY.split("[[phase]]\nsteps = 2")[0].replace("steps = 3", "steps = 1")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(TINY)
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of TINY that went to its end, for tests that only read it."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "config.toml").write_text(TINY)
    train_here(folder / "config.toml", folder / "run")
    return folder / "run"

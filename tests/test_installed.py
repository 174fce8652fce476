"""What is installed runs by itself, without this folder and without make."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import MakeVideo, decoded

ROOT = Path(__file__).parents[1]
RUN = """
import os, sys
import glom_video_pipelines
from glom_video_pipelines.cli import main
assert glom_video_pipelines.__file__.startswith(os.environ["PYTHONPATH"]), "not what was installed"
sys.argv[0] = "glom-video"
main()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a wheel, built of the tracked files as README says, is unpacked in."""
    if find_spec("setuptools") is None or find_spec("pip") is None:
        pytest.skip("needs pip and setuptools to build a wheel")
    tree, dist = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("needs git to say what belongs to the project")
    for name in tracked.stdout.splitlines():
        if name.startswith(("glom_video/", "pipelines/")) or "/" not in name:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-q"]
    subprocess.run([*pip, ".", "-w", str(dist)], cwd=tree, check=True)
    (wheel,) = dist.glob("glom_video-*-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(dist / "site")
    return dist / "site"


def installed(site: Path, cwd: Path, *arguments: object) -> str:
    """What the installed command says on stdout."""
    environment = {**os.environ, "PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", RUN, *map(str, arguments)]
    ran = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_wheel_annotates_with_its_own_weights(
    site: Path, make_video: MakeVideo, tmp_path: Path
) -> None:
    version = (ROOT / "pyproject.toml").read_text().split('\nversion = "')[1].split('"')[0]
    assert installed(site, tmp_path, "--version").split() == ["glom-video", version]
    clip, out = make_video("clip.mp4", frames=3), tmp_path / "out"
    said = installed(site, tmp_path, "annotate", clip, "-o", out, "--json")
    assert json.loads(said.splitlines()[-1])
    assert len(decoded(out / "clip.mp4")) == 3


def test_a_wheel_has_its_demo(site: Path, tiny_weights: Path, tmp_path: Path) -> None:
    said = installed(site, tmp_path, "demo", "--no-browser", "--weights", tiny_weights)
    assert said.splitlines()[-1] == str(tmp_path / "demo" / "index.html")
    assert len(decoded(tmp_path / "demo" / "demo.mp4")) == 24


def test_a_wheel_has_the_command_and_its_data(site: Path) -> None:
    (entries,) = site.glob("glom_video-*.dist-info/entry_points.txt")
    assert "glom-video = glom_video_pipelines.cli:main" in entries.read_text()
    (wheel,) = site.parent.glob("*.whl")
    assert wheel.stat().st_size < 14e6
    for name in (
        "glom_video/weights/glom.safetensors",
        "glom_video_pipelines/stream/web/page/page.html",
        "glom_video_pipelines/evaluate/page/page.css",
        "glom_video_pipelines/training/default.toml",
    ):
        assert (site / name).exists(), name

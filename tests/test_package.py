"""What is shipped is what is needed, and tested versions are within the stated ranges."""

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]

PACKAGES = {"glom_video": "glom_video", "pipelines": "glom_video_pipelines"}
"""Folders, and the names that they are installed by."""


def installed_as(path: Path) -> str:
    """Where a file of the repository lies in site-packages."""
    folder, *rest = path.relative_to(ROOT).parts
    return "/".join([PACKAGES[folder], *rest])


def test_every_package_is_shipped() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert settings["package-dir"] == {name: folder for folder, name in PACKAGES.items()}
    modules = [path for folder in PACKAGES for path in (ROOT / folder).rglob("__init__.py")]
    there = {installed_as(path.parent).replace("/", ".") for path in modules}
    assert there == set(settings["packages"])


def shipped_files() -> dict[str, Path]:
    """What a wheel holds, by its name in there: modules, and the data that pyproject.toml lists."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    files = [path for folder in PACKAGES for path in (ROOT / folder).rglob("*.py")]
    for package, patterns in settings["package-data"].items():
        name, *rest = package.split(".")
        folder = ROOT.joinpath(settings["package-dir"][name], *rest)
        files += [path for pattern in patterns for path in folder.glob(pattern)]
    return {installed_as(path): path for path in files}


def test_a_wheel_carries_what_the_code_reads_and_no_logs_of_training() -> None:
    files = shipped_files()
    needed = {
        "glom_video/weights/glom.safetensors",
        "glom_video/weights/MODEL_CARD.md",
        "glom_video/weights/objectness.json",
        "glom_video_pipelines/training/adapt.toml",
        "glom_video_pipelines/training/default.toml",
    }
    assert needed <= set(files)
    assert not [name for name in files if name.endswith(".jsonl")]


def test_pinned_versions_satisfy_the_stated_ranges() -> None:
    pinned = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line and not line.startswith("#")
    )
    for text in requires("glom-video") or []:
        requirement = Requirement(text)
        if requirement.name != "glom-video":
            name = re.sub(r"[-_.]+", "-", requirement.name).lower()
            assert name in pinned, f"{name} is not pinned"
            assert requirement.specifier.contains(pinned[name]), (
                f"{name} {pinned[name]} is outside {requirement.specifier}"
            )

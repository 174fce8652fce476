"""The rules of the project: imports flow one way and bring little, and the tree is what is said of
it."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

STAGES = {"read", "motion", "glom", "islands", "track", "render", "formats"}
MAY_IMPORT: dict[str, set[str]] = {
    **{stage: {"structures"} for stage in STAGES},
    "formats": {"structures", "events"},
    "events": {"structures"},
    "structures": set(),
    "synth": {"structures"},
    "evaluate": {"structures", "motion"},
    "learn": {"structures", "glom"},
    "perceive": {"structures", *STAGES},
    "baselines": {"structures", "perceive", *STAGES},
    "weights": set(),
    "jobs": {"structures", "perceive", "evaluate"},
}
"""Which subpackages of the library each subpackage may name."""
WHEN_CALLED: dict[str, set[str]] = {"jobs": {"formats", "pipelines"}}
"""Which ones it may name inside of functions only, so that nothing of them is loaded before:
``glom_video.annotate`` is the pipeline of that name."""


def subpackages_named(path: Path, *, when_called: bool) -> Iterator[str]:
    """``glom`` for each import of ``glom_video.glom`` in a file, outside of functions or inside;
    ``pipelines`` for one of ``glom_video_pipelines``, which is how that folder is installed."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {node for function in functions for node in ast.walk(function)}
    for node in inside if when_called else set(ast.walk(tree)) - inside:
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            modules = [
                f"{node.module}.{alias.name}" if node.module == "glom_video" else node.module or ""
                for alias in node.names
            ]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        for module in modules:
            package, _, rest = module.partition(".")
            if package == "glom_video":
                yield rest.partition(".")[0]
            elif package == "glom_video_pipelines":
                yield "pipelines"


def test_imports_flow_one_way() -> None:
    files = [
        path
        for path in (ROOT / "glom_video").rglob("*.py")
        if path != ROOT / "glom_video" / "__init__.py"
    ]
    assert len(files) > 20
    for path in files:
        subpackage = path.relative_to(ROOT / "glom_video").parts[0].removesuffix(".py")
        allowed = {subpackage} | MAY_IMPORT[subpackage]
        forbidden = set(subpackages_named(path, when_called=False)) - allowed
        forbidden |= (
            set(subpackages_named(path, when_called=True))
            - allowed
            - WHEN_CALLED.get(subpackage, set())
        )
        assert not forbidden, (
            f"{path.relative_to(ROOT)} may not import {', '.join(sorted(forbidden))}"
        )


def test_nobody_prints_in_the_library() -> None:
    for path in (ROOT / "glom_video").rglob("*.py"):
        calls = [
            node
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        ]
        assert not [
            call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"
        ], f"{path} prints"


def remedies(tree: ast.Module) -> Iterator[str]:
    """What is given as the second value of an error, where it is written there as a constant."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id in ("InvalidInput", "TrainingFailed") and len(node.args) == 2:
            remedy = node.args[1]
            if isinstance(remedy, ast.Constant):
                yield str(remedy.value)


def test_remedies_are_sentences() -> None:
    files = [path for name in ("glom_video", "pipelines") for path in (ROOT / name).rglob("*.py")]
    found = [remedy for path in files for remedy in remedies(ast.parse(path.read_text("utf-8")))]
    assert len(found) > 100
    assert not [each for each in found if each[0].islower() and not each.startswith("glom-video")]
    assert not [each for each in found if each[-1] not in ".?"]


def test_importing_the_library_brings_no_decoder() -> None:
    script = "import sys, glom_video; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not set(ran.stdout.split()) & {"av", "cv2", "decord"}


def test_one_clip_waits_for_no_library_that_it_does_not_need_yet() -> None:
    """The library of matching and that of natural order take a third of a second to load."""
    script = (
        "import sys, glom_video_pipelines.annotate.outcome; from glom_video.read import expand;"
        "expand([sys.executable]); print(*sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not set(ran.stdout.split()) & {"scipy", "natsort"}


def test_a_page_and_the_jobs_of_a_batch_do_not_wait_for_torch() -> None:
    """It takes a second to load. So the page shows a camera's picture before, and a batch leaves it
    to its workers."""
    script = (
        "import sys, glom_video, glom_video_pipelines.annotate, glom_video_pipelines.stream;"
        "print(*sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not set(ran.stdout.split()) & {"torch"}


def test_every_public_name_is_there_and_no_package_takes_the_place_of_a_function() -> None:
    script = (
        "import glom_video as gv; import glom_video.perceive, glom_video.evaluate;"
        "print(*(name for name in gv.__all__ if not callable(getattr(gv, name))))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert not ran.stdout.split()


def fenced(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_make_targets_in_readme_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        line.split()[1]
        for block in fenced(README, "bash")
        for line in block.splitlines()
        if line.startswith("make ")
    }
    assert {"demo", "test"} <= named <= targets
    assert {"demo", "test", "check"} <= targets


def test_the_tree_of_contributing_is_the_tree() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (tree,) = [block for block in fenced(contributing, "text") if block.startswith("glom_video/")]
    named, folder = set(), ""
    for line in tree.splitlines():
        entry = line.split()[0]
        assert len(line.split()) > 1, f"{entry} has no comment"
        folder = folder if line.startswith(" ") else entry
        named.add(folder + entry if line.startswith(" ") else entry)
    for package in ("glom_video", "pipelines"):
        entries = {
            path
            for path in (ROOT / package).iterdir()
            if path.name not in ("__init__.py", "__pycache__")
        }
        there = {f"{package}/{path.name}{'/' * path.is_dir()}" for path in entries}
        assert there == {
            entry for entry in named if entry.startswith(f"{package}/") and entry != f"{package}/"
        }
    assert all((ROOT / entry).exists() for entry in named)


def test_nothing_of_this_machine_stands_in_the_tree() -> None:
    places = ("/wor" + "k/", "/roo" + "t/", "/hom" + "e/", "/tm" + "p/", "C:" + "\\Users")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if (
            path.suffix in {".py", ".md", ".toml", ".txt", ".json", ".jsonl", ""}
            and path.is_file()
            and path.stat().st_size < 1_000_000
        ):
            text = path.read_text(encoding="utf-8", errors="replace")
            found = [place for place in places if place in text]
            assert not found, f"{name} names {found}"


def test_files_of_pages_are_short_and_so_are_their_lines() -> None:
    files = [
        path
        for ending in ("js", "css", "html")
        for path in sorted((ROOT / "pipelines").rglob(f"*.{ending}"))
    ]
    assert len(files) > 20
    for path in files:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) < 300, f"{path.relative_to(ROOT)} is too long"
        long = [number for number, line in enumerate(lines, 1) if len(line) > 100]
        assert not long, f"{path.relative_to(ROOT)}: lines {long} are too long"

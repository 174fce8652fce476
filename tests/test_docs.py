"""What the pages say is true: commands parse or run, Python runs, links lead somewhere."""

import inspect
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from itertools import chain, pairwise
from pathlib import Path

import pytest
from conftest import Cli, MakeVideo, Options
from PIL import Image

import glom_video as gv
from glom_video.perceive.settings import STAGES

ROOT = Path(__file__).parents[1]
CARD = ROOT / "glom_video" / "weights" / "MODEL_CARD.md"
SAMPLES = ROOT / "sample_clips" / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS, CARD, SAMPLES)
}
TODAY = {name: text for name, text in PAGES.items() if name != "docs/HISTORY.md"}
"""Pages that hold what is true today; HISTORY tells commands as they were."""
RUN = "<!-- run -->\n"
"""Stands before a block that is run, in a page other than README, of which all blocks are."""


def fenced(text: str, language: str, before: str = "") -> list[str]:
    return re.findall(rf"{before}^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands(blocks: list[str]) -> Iterator[list[str]]:
    """Arguments of each ``glom-video`` in blocks of shell."""
    for block in blocks:
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if "glom-video" in words:
                yield words[words.index("glom-video") + 1 :]


def parsed(arguments: list[str]) -> None:
    """Raises a usage error where the command line would."""
    from typer.main import get_command

    from glom_video_pipelines.cli import app

    command, left = get_command(app), list(arguments)
    while subcommands := getattr(command, "commands", None):
        assert left[0] in subcommands, f"there is no glom-video {left[0]}"
        command = subcommands[left.pop(0)]
    command.make_context(command.name, left)


def options() -> set[str]:
    """Of all commands."""
    from typer.main import get_command

    from glom_video_pipelines.cli import app

    left, found = [get_command(app)], {"--help"}
    while left:
        command = left.pop()
        left += getattr(command, "commands", {}).values()
        found |= {option for parameter in command.params for option in parameter.opts}
    return found


def test_commands_of_the_pages_parse() -> None:
    seen = 0
    for name, text in TODAY.items():
        for arguments in commands(fenced(text, "bash")):
            seen += 1
            try:
                parsed(arguments)
            except Exception as error:
                pytest.fail(f"{name}: glom-video {shlex.join(arguments)}: {error}")
    assert seen > 30


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        (["annotate", "clip.mp4"], "out"),
        (["stream", "0", "--nope"], "--nope"),
        (["bench", "--frames", "x"], "integer"),
    ],
)
def test_a_wrong_command_would_be_noticed(wrong: list[str], cause: str) -> None:
    with pytest.raises(Exception, match=cause):
        parsed(wrong)


OURS = r"(glom-video |annotate |evaluate |stream |study |bench |train |synth |render )?.*--\w"
"""Code in a sentence that names an option of ``glom-video``."""


def prose(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def test_options_that_pages_name_exist() -> None:
    known = options()
    for name, text in TODAY.items():
        for code in re.findall(r"`([^`\n]+)`", prose(text)):
            if re.match(OURS, code) and "pip" not in code:
                unknown = set(re.findall(r"(?<!\S)--[\w-]+", code)) - known
                assert not unknown, f"{name} names {', '.join(sorted(unknown))}"


FRAMES = 12
"""Of each sample clip, for whatever does not ask what is found."""


def prepared(folder: Path) -> None:
    """The sample clips and their truth under their names, cut to FRAMES."""
    for path in (ROOT / "sample_clips").rglob("*.*"):
        if not path.stem.isdigit() or int(path.stem) < FRAMES:
            link = folder / path.relative_to(ROOT)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)


def run_blocks(name: str) -> list[str]:
    return fenced(TODAY[name], "bash", "" if name == "README.md" else RUN)


@pytest.mark.parametrize("name", [name for name in sorted(TODAY) if run_blocks(name)])
def test_commands_run(
    name: str,
    glom_video: Cli,
    small_model: Options,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the order in which they stand, with the tiny model; a camera is only looked up."""
    prepared(tmp_path)
    monkeypatch.chdir(tmp_path)
    for line in commands(run_blocks(name)):
        if line == ["stream", "0"]:
            ran = glom_video(*line, "--help")
        else:
            takes_weights = line[0] in ("annotate", "demo", "evaluate", "stream")
            ran = glom_video(*line, *(small_model if takes_weights else ()))
        assert ran.code == 0, f"{name}: glom-video {shlex.join(line)}: {ran.err}"


def test_pages_can_be_followed_in_one_folder() -> None:
    """Commands of a page were refused after those of README, whose outputs had their names."""
    taken: dict[str, str] = {}
    for name in TODAY:
        for option, value in chain.from_iterable(map(pairwise, commands(run_blocks(name)))):
            if option in ("-o", "--out", "--record"):
                assert taken.setdefault(value, name) == name, f"{value} of {name}"
    assert len(taken) > 4


@pytest.mark.parametrize("name", [name for name in sorted(TODAY) if fenced(TODAY[name], "python")])
def test_python_runs(
    name: str,
    tiny_weights: Path,
    make_video: MakeVideo,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The blocks of a page in their order, with the tiny model, and a file in place of a camera;
    names of earlier ones stay."""
    prepared(tmp_path)
    monkeypatch.chdir(tmp_path)
    known: dict[str, object] = {}
    for block in fenced(TODAY[name], "python"):
        exec(stood_in(block, tiny_weights, make_video("camera.mp4", frames=2)), known)


def test_the_notebook_runs(
    tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its cells in their order, with the tiny model; it is shipped without outputs."""
    prepared(tmp_path)
    monkeypatch.chdir(tmp_path)
    notebook = json.loads((ROOT / "docs" / "first_minutes.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    known: dict[str, object] = {}
    for cell in cells:
        assert cell["outputs"] == []
        exec(stood_in("".join(cell["source"]), tiny_weights, tmp_path), known)
    assert (tmp_path / "first" / "index.html").exists()
    assert len(cells) > 5


def stood_in(code: str, weights: Path, camera: Path) -> str:
    """With the tiny model, and a file in place of a camera."""
    code = code.replace("pretrained()", f"pretrained({str(weights)!r})")
    code = code.replace("VideoCapture(0)", f"VideoCapture({str(camera)!r})")
    return re.sub(r"(gv\.(?:annotate|evaluate)\(.*)\)", rf"\1, weights={str(weights)!r})", code)


def test_every_public_name_is_explained() -> None:
    explained = set(re.findall(r"^### (\w+)$", TODAY["docs/api.md"], re.MULTILINE))
    assert explained == set(gv.__all__)


def api_sections() -> dict[str, str]:
    """What stands under each name."""
    return dict(re.findall(r"(?ms)^### (\w+)\n(.*?)(?=^##)", TODAY["docs/api.md"] + "##"))


def test_every_parameter_of_a_function_is_explained() -> None:
    sections = api_sections()
    for name in gv.__all__:
        if inspect.isfunction(function := getattr(gv, name)):
            prose = re.sub(r"(?s)```.*?```", "", sections[name])
            said = set(re.findall(r"\w+", " ".join(re.findall(r"`[^`]+`", prose))))
            assert not set(inspect.signature(function).parameters) - said, name


def test_every_field_of_a_value_is_explained() -> None:
    sections = api_sections()
    values = (gv.Frame, gv.Motion, gv.GlomState, gv.Islands, gv.Parse, gv.Tracks, gv.Percept)
    for value in (*values, gv.Settings, *STAGES.values()):
        said = set(re.findall(r"`(\w+)`", sections[value.__name__]))
        unexplained = {field.name for field in fields(value)} - said
        assert not unexplained, value.__name__


def test_tests_that_pages_name_exist() -> None:
    code = "".join(path.read_text() for path in (ROOT / "tests").glob("*.py"))
    there = set(re.findall(r"def (test_\w+)", code))
    for name, text in TODAY.items():
        missing = set(re.findall(r"`(test_\w+)`", text)) - there
        assert not missing, f"{name} names {', '.join(sorted(missing))}"


def anchors(text: str) -> set[str]:
    """Of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_lead_somewhere() -> None:
    for name, text in PAGES.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
            if "://" not in target:
                path, _, anchor = target.partition("#")
                file = (ROOT / name).parent / path if path else ROOT / name
                assert file.exists(), f"{name} links to {target}"
                known = anchors(file.read_text(encoding="utf-8")) if anchor else {""}
                assert anchor in known, f"{name} links to {target}"


def test_the_history_lists_its_sections() -> None:
    text = PAGES["docs/HISTORY.md"]
    contents = re.search(r"(?ms)^## Contents\n(.*?)^## ", text)
    assert contents is not None
    listed = re.findall(r"\[(.+?)\]\(#", contents[1])
    there = re.findall(r"^##+ (.+)$", text, re.MULTILINE)
    assert listed == [heading for heading in there if heading != "Contents"]


def test_readme_is_short_and_its_picture_moves() -> None:
    text = TODAY["README.md"]
    assert len(text.splitlines()) <= 130
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert (ROOT / picture).stat().st_size < 2_000_000
    with Image.open(ROOT / picture) as moving:
        seconds = 0.0
        for index in range(getattr(moving, "n_frames", 1)):
            moving.seek(index)
            moving.load()
            seconds += moving.info["duration"] / 1000
    assert 2 <= seconds <= 3


def test_readme_has_one_table_of_figures() -> None:
    marked = [line for line in TODAY["README.md"].splitlines() if "<!-- figures" in line]
    assert len(marked) == 1


def test_the_glossary_says_each_word_once_in_a_line() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", TODAY["docs/glossary.md"], re.MULTILINE)
    heads = [row for row, _ in rows if row not in ("word", "---")]
    words = [word.strip() for head in heads for word in head.split(",")]
    assert {"column", "level", "island", "part", "object", "agreement"} <= set(words)
    assert {"J-best", "FG-ARI"} <= set(words)
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    "name", ["stability", "background_stability", "false_objects", "only_split", "J_beside"]
)
def test_the_docs_define_a_metric_in_the_words_of_the_report(name: str) -> None:
    from glom_video.evaluate import METRICS

    row = f"| {METRICS[name].heading} | {METRICS[name].meaning} |"
    assert row in TODAY["docs/evaluate.md"].splitlines()

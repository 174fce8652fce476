"""What the pages say is true: commands parse or run, Python runs, links lead somewhere, tests that are named exist."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Cli
from PIL import Image

import glom_video as gv

ROOT = Path(__file__).parents[1]
CARD = ROOT / "glom_video" / "weights" / "MODEL_CARD.md"
SAMPLES = ROOT / "sample_clips" / "README.md"
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")), CARD, SAMPLES]
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

    from pipelines.cli import app

    command, left = get_command(app), list(arguments)
    while subcommands := getattr(command, "commands", None):
        assert left[0] in subcommands, f"there is no glom-video {left[0]}"
        command = subcommands[left.pop(0)]
    command.make_context(command.name, left)


def options() -> set[str]:
    """Of all commands."""
    from typer.main import get_command

    from pipelines.cli import app

    group = get_command(app)
    every = [*group.commands.values(), *group.commands["study"].commands.values()]  # type: ignore[attr-defined]
    return {option for command in [group, *every] for parameter in command.params for option in parameter.opts} | {"--help"}


def test_commands_of_the_pages_parse() -> None:
    seen = 0
    for name, text in TODAY.items():
        for arguments in commands(fenced(text, "bash")):
            seen += 1
            try:
                parsed(arguments)
            except Exception as error:
                pytest.fail(f"{name}: glom-video {shlex.join(arguments)}: {getattr(error, 'message', error)}")
    assert seen > 30


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [(["annotate", "clip.mp4"], "out"), (["stream", "0", "--nope"], "--nope"), (["bench", "--frames", "x"], "integer")],
)
def test_a_wrong_command_would_be_noticed(wrong: list[str], cause: str) -> None:
    with pytest.raises(Exception, match=cause):
        parsed(wrong)


def test_options_that_pages_name_exist() -> None:
    for name, text in TODAY.items():
        prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
        for code in re.findall(r"`([^`\n]+)`", prose):
            if re.match(r"(glom-video |annotate |evaluate |stream |study |bench |train |synth |render )?.*--\w", code) and "pip" not in code:
                unknown = set(re.findall(r"(?<!\S)--[\w-]+", code)) - options()
                assert not unknown, f"{name} names {', '.join(sorted(unknown))}"


def prepared(folder: Path) -> None:
    (folder / "sample_clips").symlink_to(ROOT / "sample_clips")


@pytest.mark.parametrize("name", sorted(name for name, text in TODAY.items() if name == "README.md" or RUN in text))
def test_commands_run(name: str, glom_video: Cli, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order in which they stand, with the tiny model; a camera is only looked up."""
    prepared(tmp_path)
    monkeypatch.chdir(tmp_path)
    blocks = fenced(TODAY[name], "bash", "" if name == "README.md" else RUN)
    lines = list(commands(blocks))
    assert lines
    for line in lines:
        if line == ["stream", "0"]:
            ran = glom_video(*line, "--help")
        else:
            takes_weights = line[0] in ("annotate", "evaluate", "stream")
            ran = glom_video(*line, *(("--weights", tiny_weights) if takes_weights else ()))
        assert ran.code == 0, f"{name}: glom-video {shlex.join(line)}: {ran.err}"


@pytest.mark.parametrize("name", sorted(name for name, text in TODAY.items() if "```python" in text))
def test_python_runs(name: str, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of a page in their order, with the tiny model; later ones know the names of earlier ones."""
    prepared(tmp_path)
    monkeypatch.chdir(tmp_path)
    known: dict[str, object] = {}
    for block in fenced(TODAY[name], "python"):
        exec(block.replace("from_pretrained()", f"from_pretrained({str(tiny_weights)!r})"), known)


def test_the_python_of_readme_runs_at_full_speed() -> None:
    (block,) = fenced(TODAY["README.md"], "python")
    assert ".for_inference()" in block


def test_every_public_name_is_explained() -> None:
    explained = set(re.findall(r"^### (\w+)$", TODAY["docs/api.md"], re.MULTILINE))
    assert explained == set(gv.__all__)


def test_every_field_of_a_value_is_explained() -> None:
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##)", TODAY["docs/api.md"] + "##", re.DOTALL | re.MULTILINE))
    for value in (gv.Frame, gv.Motion, gv.GlomState, gv.Islands, gv.Parse, gv.Tracks, gv.Percept, gv.IslandRules):
        for field in value.__dataclass_fields__:
            assert f"`{field}`" in sections[value.__name__], f"docs/api.md does not explain {value.__name__}.{field}"


def test_tests_that_pages_name_exist() -> None:
    there = set(re.findall(r"def (test_\w+)", "".join(path.read_text() for path in (ROOT / "tests").glob("*.py"))))
    for name, text in TODAY.items():
        missing = set(re.findall(r"`(test_\w+)`", text)) - there
        assert not missing, f"{name} names {', '.join(sorted(missing))}"


def anchors(text: str) -> set[str]:
    """Of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_lead_somewhere() -> None:
    for name, text in PAGES.items():
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)):
            if "://" not in target:
                path, _, anchor = target.partition("#")
                file = (ROOT / name).parent / path if path else ROOT / name
                assert file.exists(), f"{name} links to {target}"
                assert not anchor or anchor in anchors(file.read_text()), f"{name} links to {target}"


def test_readme_is_short_and_its_picture_moves() -> None:
    text = TODAY["README.md"]
    assert len(text.splitlines()) <= 140
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert (ROOT / picture).stat().st_size < 2_000_000
    with Image.open(ROOT / picture) as moving:
        seconds = 0.0
        for index in range(moving.n_frames):
            moving.seek(index)
            moving.load()
            seconds += moving.info["duration"] / 1000
    assert 2 <= seconds <= 3


def test_readme_has_one_table_of_figures() -> None:
    marked = [line for line in TODAY["README.md"].splitlines() if "<!-- figures" in line]
    assert len(marked) == 1


def test_the_glossary_says_each_word_once_in_a_line() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", TODAY["docs/glossary.md"], re.MULTILINE)
    words = [word.strip() for row, _ in rows for word in row.split(",") if row not in ("word", "---")]
    assert {"column", "level", "island", "part", "object", "agreement", "J-best", "FG-ARI"} <= set(words)
    assert len(words) == len(set(words))

"""A folder or file that this user may not open: each command says so, and a batch does the rest."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run

import pytest
from clips import write_clip
from conftest import is_one_error

CAPABILITIES = "-dac_override,-dac_read_search"
AS_A_USER = (
    []
    if os.getuid()
    else ["setpriv", f"--bounding-set={CAPABILITIES}", f"--inh-caps={CAPABILITIES}"]
)
"""Root may open everything, so it runs the command without that right."""


EACH_IN_TURN = """
import sys
from glom_video_pipelines.cli import main
for line in sys.argv[1:]:
    sys.argv = ["glom-video", *line.split()]
    try:
        main()
    except SystemExit as ended:
        print(f"rc {ended.code}\\n--", file=sys.stderr, flush=True)
"""


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder with a clip in it that may not be opened; beside it ``ok.mp4``."""
    if AS_A_USER and shutil.which(AS_A_USER[0]) is None:
        pytest.skip("root may open everything, and setpriv (util-linux) is not here")
    folder = tmp_path / "in" / "closed"
    (folder / "inner").mkdir(parents=True)
    write_clip(tmp_path / "in" / "ok.mp4", range(3))
    write_clip(folder / "clip.mp4", range(3))
    folder.chmod(0)
    yield folder
    folder.chmod(0o755)


def test_each_command_says_what_may_not_be_opened(tmp_path: Path, closed: Path) -> None:
    clip, gone = tmp_path / "in" / "ok.mp4", closed / "x"
    lines = [
        f"probe {closed}",
        f"probe {closed}/clip.mp4",
        f"probe {closed}/inner",
        f"annotate {closed}/list.txt -o {tmp_path}/out",
        f"annotate {clip} -o {gone}",
        f"annotate {clip} -o {tmp_path}/out --weights {gone}.safetensors",
        f"annotate {clip} -o {tmp_path}/out --zones {gone}.json --format events",
        f"stream {clip} --view none --record {gone}.mp4",
        f"stream {clip} --view none --zones {gone}.json",
        f"evaluate {closed}/inner",
        f"evaluate {clip} --truth {gone}",
        f"evaluate {clip} --pictures {gone}",
    ]
    plan = f"annotate {tmp_path}/in -o {tmp_path}/out --dry-run"
    ran = run(
        [*AS_A_USER, sys.executable, "-c", EACH_IN_TURN, *lines, plan],
        capture_output=True,
        text=True,
        check=True,
    )
    said = ran.stderr.split("\n--\n")[:-2]
    for line, (text, code) in zip(lines, (each.rsplit("rc ", 1) for each in said), strict=True):
        assert code in ("1", "2"), (line, text)
        assert is_one_error(text), (line, text)
        assert "permission denied" in text.lower(), (line, text)
    assert "annotate  " in ran.stdout, "what may be read is annotated"
    assert f"{closed} may not be read" in ran.stdout


def test_a_current_folder_that_was_deleted_is_one_clear_line(tmp_path: Path) -> None:
    """OpenBLAS and oneMKL find their libraries by it, and end the process in words of their own."""
    script = "import os, sys; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')\n"
    ran = run(
        [sys.executable, "-c", script + EACH_IN_TURN, "doctor", "demo --no-browser"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    doctor, demo, _ = ran.stderr.split("\n--\n")
    for said in (doctor, demo):
        assert said.splitlines()[0] == "error: the current folder is no longer there"
        assert said.splitlines()[2] == "rc 2"

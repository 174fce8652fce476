"""What the Python interface says to those who use it otherwise than it is meant."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import glom_video as gv

SCRIPT = """
import os, sys
import numpy as np
import glom_video as gv
glom = gv.Glom.from_pretrained(sys.argv[1])
frames = [gv.Frame(np.zeros((48, 64, 3), np.uint8), index, index / 25, False) for index in range(2)]
assert len(list(gv.perceive(frames, glom))) == 2
child = os.fork()
if not child:
    try:
        list(gv.perceive(frames, glom))
    except gv.InvalidInput as error:
        os._exit(7 if "forked" in error.cause else 1)
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_says_so_and_does_not_hang(tiny_weights: Path) -> None:
    assert (
        subprocess.run(
            [sys.executable, "-c", SCRIPT, tiny_weights], timeout=120, check=False
        ).returncode
        == 7
    )


def test_an_array_is_no_frame(tiny_weights: Path) -> None:
    perceiver = gv.Perceiver(gv.Glom.from_pretrained(str(tiny_weights)))
    with pytest.raises(
        Exception, match="Frame"
    ):  # in tests the shapes and types of all arguments are checked before
        perceiver(np.zeros((48, 64, 3), np.uint8))  # type: ignore[arg-type]

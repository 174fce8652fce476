"""Files are known again by their bytes."""

from pathlib import Path

import numpy as np

from glom_video.read.fingerprint import fingerprint


def written(path: Path, size: int, seed: int = 0) -> Path:
    path.write_bytes(np.random.default_rng(seed).bytes(size))
    return path


def test_a_copy_is_the_same_and_another_file_of_its_size_is_not(tmp_path: Path) -> None:
    for size in (1, 4096, 5000, 1_000_000):
        first = written(tmp_path / "a", size)
        assert fingerprint([first]) == fingerprint([written(tmp_path / "b", size)]) != ""
        assert fingerprint([first]) != fingerprint([written(tmp_path / "c", size, 1)])
        assert fingerprint([first]) != fingerprint([written(tmp_path / "d", size + 1)])


def test_each_of_a_few_files_counts_and_so_does_their_order(tmp_path: Path) -> None:
    files = [written(tmp_path / str(number), 20_000, number) for number in range(5)]
    whole = fingerprint(files)
    assert fingerprint(files[::-1]) != whole
    assert fingerprint(files[:4]) != whole
    for number, path in enumerate(files):
        changed = [*files[:number], written(tmp_path / "new", 20_000, 9), *files[number + 1 :]]
        assert fingerprint(changed) != whole, path


def test_the_last_byte_counts(tmp_path: Path) -> None:
    path = written(tmp_path / "a", 500_000)
    whole = fingerprint([path])
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert fingerprint([path]) != whole


def test_what_holds_nothing_has_none(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert fingerprint([tmp_path / "empty"]) == fingerprint([tmp_path / "absent"]) == ""
    assert fingerprint([]) == ""

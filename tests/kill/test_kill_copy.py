"""A parsed copy is made once, whatever happens to the processes that make it."""

import signal
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest


def _write(folder):
    from tests.kill import reader

    reader.write(folder)


def _read(folder, *arguments):
    from tests.kill import reader

    reader.read(folder, *arguments)


@pytest.mark.slow
@pytest.mark.parametrize("dies", ["writing", "written"])
def test_processes_at_once_after_a_killed_one_make_one_whole_copy(dies, attempt, tmp_path):
    assert attempt(_write, tmp_path) == 0
    copies = tmp_path / ".columns"

    assert attempt(_read, tmp_path, "killed", 1, dies) == -signal.SIGKILL
    left = (copies / "train.part").stat().st_size
    assert left > 10_000
    assert not [*copies.glob("*.arrow")]

    with ThreadPoolExecutor() as pool:
        codes = [pool.submit(attempt, _read, tmp_path, name, 3) for name in ("one", "two")]
        assert [code.result() for code in codes] == [0, 0]
    assert attempt(_read, tmp_path, "later") == 0

    (copy,) = copies.glob("*.arrow")
    assert {file.name for file in copies.iterdir()} == {"lock", copy.name}
    names = ("one", "two", "later")
    said = "".join((tmp_path / f"{name}.log").read_text(encoding="utf-8") for name in names)
    assert said.startswith("train: parsing 3,000 examples once, ")
    assert said.count("\n") == 1
    one, two, later = (np.load(tmp_path / f"{name}.npy") for name in names)
    np.testing.assert_array_equal(np.sort(one), np.arange(3000))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(one, later)

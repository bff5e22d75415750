import json
import os

import pytest

from components import checksums
from tests.mutations import flip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "Split-train").mkdir()
    (tmp_path / "small").write_bytes(b"abc")
    (tmp_path / "inner/large").write_bytes(bytes(checksums.SMALL + 1))
    (tmp_path / ".hidden").write_bytes(b"x")
    return tmp_path


def test_what_is_unchanged_has_no_damage(folder):
    taken = checksums.take(folder)
    assert json.loads(taken).keys() == {"small", "inner/large"}
    (folder / ".DS_Store").write_bytes(b"y")
    (folder / "notes.txt").write_bytes(b"added by somebody")
    (folder / ".hidden").unlink()
    os.utime(folder / "small", (1, 1))
    assert checksums.damage(folder, taken, whole=True) is None


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / "small").unlink(), "{}/small is missing"),
        (lambda f: (f / "small").write_bytes(b""), "{}/small: its size is 0 instead of 3 bytes"),
        (lambda f: (f / "small").write_bytes(b"abd"), "{}/small differs from what was written"),
        (
            lambda f: (f / "inner/large").write_bytes(b"1"),
            "{}/inner/large: its size is 1 instead of 1,048,577 bytes",
        ),
        (lambda f: (f / "Split-train/more").write_bytes(b"1"), "{}/Split-train/more was added"),
    ],
)
@pytest.mark.parametrize("whole", [True, False])
def test_damage_is_named(folder, spoil, message, whole):
    taken = checksums.take(folder)
    spoil(folder)
    assert checksums.damage(folder, taken, whole=whole) == message.format(folder)


def test_the_content_of_a_large_file_is_read_on_request(folder):
    taken = checksums.take(folder)
    flip(folder / "inner/large", checksums.SMALL)
    assert checksums.damage(folder, taken, whole=False) is None
    assert (
        checksums.damage(folder, taken, whole=True) == f"{folder}/inner/large differs from what was written"
    )


@pytest.mark.parametrize("taken", ["", "{", "[]", "3", '{"small": 3}', '{"small": {}}', '{"small": null}'])
def test_damaged_checksums(folder, taken):
    assert checksums.damage(folder, taken, whole=True) == f"{folder}: its checksums cannot be read"

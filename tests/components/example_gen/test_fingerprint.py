import hashlib
import os
import time
from pathlib import Path

import pytest

from components.example_gen import fingerprint as module
from components.example_gen.fingerprint import fingerprint
from tests.mutations import replace


@pytest.fixture
def files(tmp_path) -> list[Path]:
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for path in paths:
        path.write_text(f"n,label\n1,{path.stem}\n")
    return paths


@pytest.fixture
def settled(files, monkeypatch) -> list[Path]:
    """The files, once their times prove that they are unchanged, which here takes 10 ms."""
    monkeypatch.setattr(module, "_CLOCK_NS", 10**7)
    while time.time_ns() - files[-1].stat().st_ctime_ns <= module._CLOCK_NS:
        time.sleep(0.01)
    return files


def test_it_is_that_of_names_and_contents(files):
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    assert fingerprint(files) == digest.hexdigest()
    assert fingerprint(files[::-1]) != digest.hexdigest()


def test_times_do_not_count(files):
    before = fingerprint(files)
    os.utime(files[0], (1, 1))
    assert fingerprint(files) == before


def test_new_content_of_the_same_size_and_time(settled):
    before, times = fingerprint(settled), settled[0].stat()
    replace(settled[0], "1,a", "2,a")
    after = settled[0].stat()
    assert (after.st_size, after.st_mtime_ns) == (times.st_size, times.st_mtime_ns)
    assert fingerprint(settled) != before


def test_content_changed_in_place_at_once(files):
    before = fingerprint(files)
    times = files[0].stat()
    files[0].write_text(files[0].read_text().replace("1,a", "2,a"))
    os.utime(files[0], ns=(times.st_atime_ns, times.st_mtime_ns))
    assert fingerprint(files) != before


def test_an_unchanged_file_is_read_once(settled, monkeypatch):
    before = fingerprint(settled)
    monkeypatch.setattr(Path, "open", lambda self, *_: pytest.fail(f"{self} was read again"))
    assert fingerprint(settled) == before

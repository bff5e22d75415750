"""The serving folder, watched while it changes."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from components.model_store import changes, serving
from components.model_store.model_files import GRAPH
from tests.conftest import ROOT

FILES = 300
WHOLE = FILES + 2  # with the graph and the checksums

# Adds one version with many files, and prints a line when it has started.
PUSH = f"""
import sys, time
from pathlib import Path
from components.model_store import changes, serving
def fill(folder, version):
    print("begun", flush=True)
    (folder / "{GRAPH}").write_text("graph")
    for number in range({FILES}):
        (folder / f"variable-{{number}}").write_bytes(bytes(1000))
        time.sleep(float(sys.argv[2]))
print(changes.add(Path(sys.argv[1]), fill), flush=True)
"""


def push(folder: Path, pause: float = 0.0) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-c", PUSH, str(folder), str(pause)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "begun\n"
    return process


def write(folder: Path, version: int) -> None:
    (folder / GRAPH).write_text(str(version))


def add(folder: Path, count: int) -> list[int]:
    return [changes.add(folder, write) for _ in range(count)]


def names_seen_by_a_server(folder: Path) -> list[int]:
    """Returns the versions as TensorFlow Serving finds them: every name that is a number."""
    return [int(entry.name) for entry in folder.iterdir() if re.fullmatch(r"\d+", entry.name)]


def seen_by_a_server(folder: Path) -> dict[int, int]:
    """Returns the number of files by version, with its checksums."""
    return {
        version: len(list((folder / str(version)).iterdir())) for version in names_seen_by_a_server(folder)
    }


def test_versions_increase_even_within_a_second_and_ahead_of_the_clock(tmp_path):
    numbers = add(tmp_path, 3)
    assert numbers == sorted(set(numbers))
    assert abs(numbers[0] - time.time()) < 3600
    ahead = int(time.time()) + 10_000_000
    (tmp_path / str(ahead)).mkdir()
    assert add(tmp_path, 1) == [ahead + 1]
    assert serving.versions(tmp_path) == [*numbers, ahead + 1]  # a folder without a model is not a version


def test_a_watcher_never_sees_an_incomplete_model(tmp_path):
    process = push(tmp_path, pause=0.001)
    looks = 0
    while process.poll() is None:
        assert set(seen_by_a_server(tmp_path).values()) <= {WHOLE}
        looks += 1
    assert looks > 10
    assert seen_by_a_server(tmp_path) == {int(process.stdout.read()): WHOLE}


def test_a_push_that_is_killed_leaves_nothing_for_servers_and_the_next_one_cleans_up(tmp_path):
    (before,) = add(tmp_path, 1)
    process = push(tmp_path, pause=0.05)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    assert seen_by_a_server(tmp_path) == {before: 2}
    assert len(list(tmp_path.glob(".adding-*"))) == 1
    (after,) = add(tmp_path, 1)
    assert {path.name for path in tmp_path.iterdir()} == {".lock", str(before), str(after)}


def test_pushes_at_the_same_time_take_turns(tmp_path):
    first = push(tmp_path, pause=0.002)
    (second,) = add(tmp_path, 1)
    assert first.wait(timeout=600) == 0
    assert serving.versions(tmp_path) == [int(first.stdout.read()), second]


def test_the_newest_versions_are_kept(tmp_path):
    numbers = add(tmp_path, 5)
    assert changes.keep_newest(tmp_path, 5) == []
    assert changes.keep_newest(tmp_path, 2) == numbers[:3]
    assert {path.name for path in tmp_path.glob("[!.]*")} == {str(number) for number in numbers[3:]}


def test_withdrawn_versions_are_neither_counted_nor_removed(tmp_path):
    first, second, third = add(tmp_path, 3)
    changes.make_production(tmp_path, first)
    (fourth,) = add(tmp_path, 1)
    assert fourth > third
    assert changes.keep_newest(tmp_path, 2) == []
    assert serving.versions(tmp_path) == [first, fourth]
    assert serving.withdrawn(tmp_path) == [second, third]


def test_rolling_back_never_passes_through_a_third_version(tmp_path):
    numbers = add(tmp_path, 60)
    code = f"""
from pathlib import Path
from components.model_store import changes, serving
changes.make_production(Path({str(tmp_path)!r}), {numbers[0]})
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    seen = set()
    while process.poll() is None:
        seen.add(max(names_seen_by_a_server(tmp_path)))
    assert process.returncode == 0
    assert seen | {numbers[0]} == {numbers[0], numbers[-1]}
    assert serving.withdrawn(tmp_path) == numbers[1:]


def test_rolling_back_and_forward_again(tmp_path):
    first, second, third = add(tmp_path, 3)
    assert changes.make_production(tmp_path, first) == [second, third]
    assert (serving.production(tmp_path), serving.withdrawn(tmp_path)) == (first, [second, third])
    assert changes.make_production(tmp_path, second) == []
    assert (serving.versions(tmp_path), serving.withdrawn(tmp_path)) == ([first, second], [third])
    assert serving.locate(tmp_path, third).is_dir()
    assert serving.locate(tmp_path, 7) is None


def test_a_version_that_cannot_be_put_into_production_is_refused(tmp_path):
    with pytest.raises(changes.VersionError, match="no model has been pushed yet"):
        changes.make_production(tmp_path / "absent", 1)
    (only,) = add(tmp_path, 1)
    with pytest.raises(
        changes.VersionError, match=f"version {only} is already in production, and it is the only one"
    ):
        changes.make_production(tmp_path, only)
    with pytest.raises(changes.VersionError, match=f"there is no version 12 in .*; versions: {only}"):
        changes.make_production(tmp_path, 12)


def test_a_version_is_readable_for_a_server_of_another_user(tmp_path):
    before = os.umask(0o077)
    try:
        version = changes.add(tmp_path / "serving", write)
        source = shutil.copytree(tmp_path / "serving" / str(version), tmp_path / "copy")
        for path in (source, *source.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
        shutil.rmtree(tmp_path / "serving")
        for folder in ("serving", "again"):
            assert changes.put_back(tmp_path / folder, version, source, withdraw=False)
            assert readable(tmp_path / folder)
    finally:
        os.umask(before)


def readable(folder) -> bool:
    shown = [folder, *(path for path in folder.rglob("*") if path.name != ".lock")]
    return all(path.stat().st_mode & 0o055 == (0o055 if path.is_dir() else 0o044) for path in shown)


def test_versions_are_arranged_as_elsewhere(tmp_path):
    first, second, third, fourth = add(tmp_path, 4)
    changes.make_production(tmp_path, third)
    changes.arrange(tmp_path, here=[second, fourth], away=[first, 7])
    assert serving.state(tmp_path) == ([second, fourth], [first])
    assert serving.numbers(tmp_path) == [first, second, fourth]
    changes.arrange(tmp_path / "nowhere", here=[first], away=[])
    assert not (tmp_path / "nowhere").exists()

"""Readers of a serving folder, while another process rolls back and forward as fast as it can."""

import contextlib
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
import tensorflow as tf

import pipeline
from components.baseline.executor import copy_production
from components.model_store import changes, model_files, serving
from pipeline.prediction.finding import find_model
from tests.conftest import ROOT

FILES = 40

# Rolls back and forward until its input ends; the limit ends it if the test cannot.
MOVE = """
import os, select, sys
from pathlib import Path
from components.model_store import changes, serving
folder, versions = Path(sys.argv[1]), [int(version) for version in sys.argv[2:]]
print("begun", flush=True)
for number in range(20_000):
    if select.select([sys.stdin], [], [], 0)[0]:
        break
    changes.make_production(folder, versions[number % len(versions)])
if serving.production(folder) != max(versions):
    changes.make_production(folder, max(versions))
print(number)
"""


@contextlib.contextmanager
def moving(folder: Path, versions: list[int]):
    process = subprocess.Popen(
        [sys.executable, "-c", MOVE, str(folder), *map(str, versions)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "begun\n"
    try:
        yield
    finally:
        moves, _ = process.communicate("\n", timeout=60)
    assert process.returncode == 0
    assert int(moves) > 20


class Answer(tf.Module):
    def __init__(self, number: int):
        super().__init__()
        self.number = tf.Variable(number)

    @tf.function(input_signature=[tf.TensorSpec([])])
    def ask(self, x):
        return {"prediction": self.number}


def fill(folder: Path, version: int) -> None:
    """A SavedModel that answers its version, modulo 1000."""
    module = Answer(version % 1000)
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.ask})
    label = {"name": "y", "task": "regression", "classes": []}
    card = {"features": {}, "label": label, "candidate": str(version)}
    (folder / model_files.CARD).parent.mkdir(exist_ok=True)
    (folder / model_files.CARD).write_text(json.dumps(card))
    for number in range(FILES):
        (folder / f"assets/{number}").write_text(str(version))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("serving")


@pytest.fixture(scope="module")
def versions(folder):
    return [changes.add(folder, fill) for _ in range(3)]


def answer(model) -> int:
    return int(model._loaded.signatures["serving_default"](tf.constant(0.0))["prediction"])


def names(folder: Path) -> set[Path]:
    return {file.relative_to(folder) for file in folder.rglob("*") if file.is_file()}


def test_every_load_gives_one_of_the_models_whole(folder, versions):
    first, _, third = versions
    seen = Counter()
    with moving(folder, [first, third]):
        for _ in range(25):
            model = pipeline.load_model(folder)
            assert answer(model) == int(model.version) % 1000
            seen[int(model.version)] += 1
    assert set(seen) <= {first, third}


def test_a_named_version_is_loaded_wherever_it_is(folder, versions):
    first, second, third = versions
    with moving(folder, [first, third]):
        for _ in range(10):
            assert answer(pipeline.load_model(folder / str(third))) == third % 1000
            found = find_model(folder, str(second))
            assert answer(found.load()) == second % 1000


def test_a_read_slower_than_the_moves_succeeds(folder, versions):
    first, _, third = versions

    def read():
        model = serving.follow(folder / str(third))
        texts = set()
        for number in range(FILES):
            texts.add((model / f"assets/{number}").read_text())
            time.sleep(0.005)
        return texts

    with moving(folder, [first, third]):
        assert serving.steadily(folder, read) == {str(third)}


def test_the_baseline_is_always_a_whole_copy(folder, versions, tmp_path):
    first, second, third = versions
    expected = names(folder / str(first))
    with moving(folder, versions):
        for _ in range(25):
            version = copy_production(str(folder), str(third), str(tmp_path / "copy"))
            assert int(version) in (first, second)
            assert [file.read_text() for file in (tmp_path / "copy/assets").iterdir()] == [version] * FILES
            assert names(tmp_path / "copy") == expected


def test_all_versions_are_seen_at_every_moment(folder, versions):
    with moving(folder, versions):
        for _ in range(3000):
            here, away = serving.state(folder)
            assert sorted(here + away) == versions
            assert here


def test_damage_is_not_taken_for_a_move(folder, versions, tmp_path):
    calls = []

    def read():
        calls.append(1)
        raise FileNotFoundError("damaged")

    with pytest.raises(FileNotFoundError, match="damaged"):
        serving.steadily(folder, read)
    assert len(calls) == 1

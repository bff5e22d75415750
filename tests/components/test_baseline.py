import json

import pytest

from components.baseline.executor import production_version
from components.model_store.model_files import CARD


@pytest.fixture
def serving(tmp_path):
    def push(version: str, candidate: str | None, complete: bool = True) -> None:
        folder = tmp_path / version
        (folder / "assets.extra").mkdir(parents=True)
        if complete:
            (folder / "saved_model.pb").touch()
        if candidate:
            (folder / CARD).write_text(json.dumps({"candidate": candidate}))

    push.folder = str(tmp_path)
    return push


def test_nothing_in_production(serving, tmp_path):
    assert production_version(str(tmp_path / "absent"), "a") == ""
    assert production_version(serving.folder, "a") == ""


def test_newest_by_number_not_by_name(serving):
    serving("9", "a")
    serving("10", "b")
    assert production_version(serving.folder, "c") == "10"


def test_own_model_is_not_the_baseline(serving):
    serving("1", "a")
    serving("2", "b")
    assert production_version(serving.folder, "b") == "1"
    assert production_version(serving.folder, "a") == "2"


def test_other_folders_and_incomplete_versions_are_ignored(serving):
    serving("1", "a")
    serving("2", "b", complete=False)
    serving("latest", "b")
    assert production_version(serving.folder, "c") == "1"


def test_model_pushed_by_someone_else_counts(serving):
    serving("3", None)
    assert production_version(serving.folder, "a") == "3"

"""Where a worker has the inputs of a search from."""

import pytest

from reactive_schedules.search.executor import inputs
from reactive_schedules.search.executor.store import Store


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(f"file://{tmp_path}/store")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "rows").write_text("1,2", encoding="utf-8")
    return folder


def fetched(store, names, tmp_path):
    return inputs.fetch(store, names, tmp_path / "scratch", lambda: None)


def test_a_folder_goes_through_the_store(store, folder, tmp_path):
    found = fetched(store, inputs.put(store, {"data": str(folder), "model": "gs://b/k"}), tmp_path)
    assert found == {"data": str(tmp_path / "scratch/data"), "model": "gs://b/k"}
    assert (tmp_path / "scratch/data/rows").read_text(encoding="utf-8") == "1,2"


def test_what_a_worker_has_already_is_not_put_into_the_store(store, folder, tmp_path, monkeypatch):
    names = inputs.put(store, {"data": str(folder)}, are_brought=True)
    assert not list(store.names())
    with pytest.raises(FileNotFoundError):  # a worker that has something else
        fetched(store, names, tmp_path)
    for key, value in inputs.places([str(folder)]).items():
        monkeypatch.setenv(key, value)
    assert fetched(store, names, tmp_path) == {"data": str(folder)}

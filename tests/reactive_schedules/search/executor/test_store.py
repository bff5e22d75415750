"""Whole objects in a folder, and the inputs of a search."""

import contextlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from reactive_schedules.search.executor import inputs
from reactive_schedules.search.executor import store as stores
from reactive_schedules.search.executor.store import Store
from tests.objects import BUCKET, google_storage, seaweedfs


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    with seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as variables:
        yield variables


@pytest.fixture(scope="module")
def gs():
    with google_storage() as variables:
        yield variables


@pytest.fixture(params=["file", "s3", "gs"])
def store(request, tmp_path, monkeypatch) -> Store:
    if request.param == "file":
        return Store(f"file://{tmp_path}/store")
    for name, value in request.getfixturevalue(request.param).items():
        monkeypatch.setenv(name, value)
    return Store(f"{request.param}://{BUCKET}/{tmp_path.name}")


def test_objects_are_there_whole_or_not_at_all(store, tmp_path):
    assert store.get("a/b") is None
    assert store.names() == []
    store.put("a/b", b"first")
    store.put("a/b", b"second")
    (tmp_path / "file").write_bytes(b"third")
    store.put_file("a/c/d", tmp_path / "file")
    store.put("ab", b"")
    assert store.get("a/b") == b"second"
    assert store.names() == ["a/b", "a/c/d", "ab"]
    assert store.names("a") == ["a/b", "a/c/d"]
    assert store.below("a").get("c/d") == b"third"
    parts = []
    store.get_file("a/c/d", tmp_path / "new" / "copy", lambda: parts.append(1))
    assert (tmp_path / "new" / "copy").read_bytes() == b"third"
    assert parts or store.uri.startswith("file")  # which is copied at once
    with pytest.raises(FileNotFoundError):
        store.get_file("missing", tmp_path / "missing")
    assert not (tmp_path / "missing").exists()
    store.remove(["a/b", "a/c/d"])
    assert store.names() == ["ab"]
    store.clear()
    store.clear()
    assert store.names() == []


def test_one_of_several_creates_an_object(tmp_path, request, monkeypatch):
    for name, value in request.getfixturevalue("s3").items():
        monkeypatch.setenv(name, value)
    for uri in (f"s3://{BUCKET}/{tmp_path.name}", f"file://{tmp_path}/store"):
        store = Store(uri)
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(Store(uri).create, "a/b", b"%d" % number) for number in range(8)]
        created = [each.result() for each in asked]
        assert sorted(created) == [False] * 7 + [True]
        assert store.get("a/b") == b"%d" % created.index(True)
        assert store.names() == ["a/b"]
        store.put("a/c/d", b"four")
        assert store.sizes("a") == {"b": 1, "c/d": 4}
        store.remove(["a/c/d"])
        assert store.sizes("a/c") == {}


def test_an_object_that_could_not_be_written_leaves_nothing(tmp_path):
    store = Store(f"file://{tmp_path}/store")
    store.put("a", b"old")
    with pytest.raises(FileNotFoundError):
        store.put_file("a", tmp_path / "missing")
    assert store.get("a") == b"old"
    assert [file.name for file in (tmp_path / "store").iterdir()] == ["a"]


def test_inputs_are_put_once_and_fetched_whole(store, tmp_path):
    folder = tmp_path / "input"
    (folder / "part").mkdir(parents=True)
    (folder / "part" / "one").write_bytes(b"1" * 1000)
    (folder / "empty").touch()
    (folder / ".columns").mkdir()
    (folder / ".columns" / "copy").touch()  # what processes make for themselves
    names = inputs.put(store, {"data": str(folder), "elsewhere": "gs://bucket/folder"})
    assert names["elsewhere"] == "gs://bucket/folder"
    before = store.names()
    assert inputs.put(store, {"other": str(folder)})["other"] == names["data"]
    assert store.names() == before
    scratch = tmp_path / "scratch"
    for _ in range(2):  # again after an interruption
        fetched = inputs.fetch(store, names, scratch, lambda: None)
        assert inputs.digest(fetched["data"]) == inputs.digest(str(folder))
        (scratch / "data" / "part" / "one").write_bytes(b"1")
    (folder / "part" / "one").write_bytes(b"2" * 1000)
    assert inputs.put(store, {"data": str(folder)}) != names


def test_a_server_that_says_nothing_is_asked_a_few_times_only(monkeypatch):
    """With the options of s3fs, it would be asked 75 times, for half a minute each."""
    connections = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept():
            with contextlib.suppress(OSError):  # closed
                while True:
                    connections.append(server.accept()[0])

        threading.Thread(target=accept, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
            monkeypatch.setenv(name, "us-east-1")
        monkeypatch.setitem(stores._S3["config_kwargs"], "read_timeout", 0.2)
        silent = Store("s3://bucket/silent")
        with pytest.raises(Exception, match="Read timeout on endpoint URL"):
            silent.get("a")
    assert len(connections) <= stores.ASKS * stores.TRIES**2

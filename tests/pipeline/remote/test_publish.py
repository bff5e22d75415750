"""What is published is whole; what is not is known to nobody."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from s3fs import S3FileSystem

from components.errors import UserError
from components.model_store import changes, serving
from pipeline.remote import artifacts, place, session
from pipeline.remote.session import claimed, publish, up_to_date
from pipeline.workspace import DATABASE
from reactive_schedules.search.executor import store
from tests.conftest import ROOT
from tests.objects import BUCKET
from tests.pipeline.remote.proxy import proxy
from tests.pipeline.remote.recorded import known, record

FILES = {"a.txt": b"a" * 1000, "part/b.txt": b"b" * 1000, "z.txt": b""}
OTHER = {name: content.replace(b"a", b"c") for name, content in FILES.items()}

PUBLISH = """
import sys
from pipeline.remote.session import claimed, up_to_date
from tests.pipeline.remote.recorded import record
from tests.pipeline.remote.test_publish import FILES
with claimed(folder := up_to_date(sys.argv[1])):
    record(folder, FILES)
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Goes to a machine, which keeps its working copy."""

    def go(name: str) -> None:
        (tmp_path / name).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / name)

    go("first")
    return go


@pytest.fixture(params=["s3", "file"])
def uri(request, tmp_path) -> str:
    if request.param == "file":
        return f"file://{tmp_path}/store"
    request.getfixturevalue("s3")
    return f"s3://{BUCKET}/{tmp_path.name}"


def model(folder: Path, content: str) -> int:
    """Puts a model into production."""

    def fill(place: Path, version: int) -> None:
        (place / "saved_model.pb").write_text(f"{content} {version}")
        (place / "variables").mkdir()
        (place / "variables/index").write_text(content)

    return changes.add(folder / "serving", fill)


def test_another_machine_gets_what_was_published(uri, machine):
    with claimed(folder := up_to_date(uri)):
        written, version = record(folder, FILES), model(folder, "first")
        (folder / "reports").mkdir()
        (folder / "reports/run.html").write_text("page")
    machine("second")
    folder = up_to_date(uri)
    remote, (taken,) = place.of(folder), known(folder).values()
    assert written == f"{uri}/artifacts/pipeline/Trainer/model/1"
    for _ in range(2):
        brought = artifacts.bring(remote, written, taken)
        assert {name: (brought / name).read_bytes() for name in FILES} == FILES
        (brought / "a.txt").write_bytes(b"damaged")  # which is noticed, and brought again
    assert artifacts.damage(remote, written, 1, taken, whole=True) is None
    assert serving.production(folder / "serving") == version
    assert serving.damage(folder / "serving" / str(version), whole=True) is None
    assert remote.store.get("reports/run.html") == b"page"


def test_a_rollback_reaches_the_store_and_other_machines(uri, machine):
    with claimed(folder := up_to_date(uri)):
        older, newer = model(folder, "older"), model(folder, "newer")
    machine("second")
    assert serving.state(up_to_date(uri) / "serving") == ([older, newer], [])
    machine("first")
    with claimed(up_to_date(uri)):
        changes.make_production(folder / "serving", older)
    names = place.of(folder).store.names("serving")
    assert f"serving/{older}/saved_model.pb" in names
    assert f"serving/.withdrawn/{newer}/saved_model.pb" in names
    assert not any(name.startswith(f"serving/{newer}/") for name in names)
    machine("second")
    assert serving.state(up_to_date(uri) / "serving") == ([older], [newer])


def test_a_torn_version_is_none_and_a_damaged_one_is_replaced(uri, machine):
    with claimed(folder := up_to_date(uri)):
        older, newer = model(folder, "older"), model(folder, "newer")
    store = place.of(folder).store
    whole = store.get(f"serving/{older}/variables/index")
    store.remove([f"serving/{newer}/saved_model.pb"])
    store.put(f"serving/{older}/variables/index", b"OLDER")
    machine("second")
    folder = up_to_date(uri)
    assert serving.versions(folder / "serving") == [older]
    assert "variables/index differs" in str(serving.damage(folder / "serving" / str(older), whole=True))
    machine("third")
    with claimed(folder := up_to_date(uri)):
        (folder / "serving" / str(older) / "variables/index").write_bytes(whole)  # as a run restores it
    assert store.get(f"serving/{older}/variables/index") == whole
    assert not store.sizes(f"serving/{newer}")


def test_nothing_is_published_twice_and_old_metadata_goes(uri, machine):
    with claimed(folder := up_to_date(uri)):
        for _ in range(5):
            record(folder, FILES)
            publish(folder)
            publish(folder)
    assert place.of(folder).store.names("metadata") == [
        f"metadata/0000000{number}.db" for number in (3, 4, 5)
    ]


def test_a_killed_upload_is_used_by_nobody_and_finished_by_its_own_machine(s3, tmp_path, machine):
    uri = f"s3://{BUCKET}/{tmp_path.name}"
    with proxy(s3["AWS_ENDPOINT_URL"]) as way:
        way.stalls = "PUT .*/part/b.txt"
        environment = {**os.environ, "AWS_ENDPOINT_URL": way.url, "PYTHONPATH": str(ROOT)}
        child = subprocess.Popen([sys.executable, "-c", PUBLISH, uri], env=environment)
        assert way.stalled.wait(600)
        child.kill()
        child.wait(timeout=60)
    first = "artifacts/pipeline/Trainer/model/1"
    machine("second")
    folder = up_to_date(uri)
    store = place.of(folder).store
    assert store.names("artifacts") == [f"{first}/a.txt"]
    assert not (folder / DATABASE).exists()
    machine("first")
    with claimed(folder := up_to_date(uri)):
        pass
    assert store.names("artifacts") == [f"{first}/{name}" for name in FILES]
    machine("second")
    assert artifacts.bring(place.of(folder), f"{uri}/{first}", known(up_to_date(uri))[f"{uri}/{first}"])


def test_a_store_that_has_gone_silent_is_not_waited_for_for_ever(s3, tmp_path, machine, monkeypatch):
    uri = f"s3://{BUCKET}/{tmp_path.name}"
    with proxy(s3["AWS_ENDPOINT_URL"]) as way:
        monkeypatch.setenv("AWS_ENDPOINT_URL", way.url)
        S3FileSystem.clear_instance_cache()
        with claimed(folder := up_to_date(uri)):
            record(folder, FILES)
            way.stalls = "PUT .*/part/b.txt"
            monkeypatch.setattr(store, "WRITE_S", 2.0)
            fault = (
                rf"^workspace: {uri} cannot be written \(TimeoutError: the store did not take it within 2 s\)"
            )
            with pytest.raises(UserError, match=fault):
                publish(folder)
            way.stalls = None
            way.stalled.clear()
        monkeypatch.setattr(session, "ANSWER_S", 1.0)
        way.stalls = "GET"
        with pytest.raises(
            UserError, match=rf"^workspace: {uri} cannot be read \(TimeoutError: no answer within 1 s\)"
        ):
            up_to_date(uri)
        S3FileSystem.clear_instance_cache()


def test_what_a_killed_run_left_is_overwritten_by_another_machine(uri, machine):
    store = place.of(up_to_date(uri)).store
    store.put("artifacts/pipeline/Trainer/model/1/left", b"half")
    with claimed(folder := up_to_date(uri)):
        record(folder, FILES)
    assert "artifacts/pipeline/Trainer/model/1/left" not in store.names("artifacts")


def test_unpublished_work_that_another_machine_has_overtaken_is_never_taken_for_the_same(uri, machine):
    with claimed(folder := up_to_date(uri)):
        record(folder, FILES)
    here = folder.resolve()
    written = record(folder, FILES)  # by a run that was killed before it published
    checkpoints = here / "artifacts/pipeline/Trainer/checkpoints/0123"
    checkpoints.mkdir(parents=True)
    machine("second")
    with claimed(folder := up_to_date(uri)):
        assert record(folder, OTHER) == written  # the same number
    machine("first")
    with claimed(folder := up_to_date(uri)):
        assert not checkpoints.exists()
        assert not (here / "artifacts/pipeline/Trainer/model/2").exists()
        assert (here / "artifacts/pipeline/Trainer/model/1").exists()
        brought = artifacts.bring(place.of(folder), written, known(folder)[written])
        assert (brought / "a.txt").read_bytes() == OTHER["a.txt"]


def test_two_that_publish_at_once_are_told(uri, machine):
    with claimed(folder := up_to_date(uri)):
        record(folder, FILES)
        place.of(folder).store.create("metadata/00000001.db", b"by another")
        with pytest.raises(
            UserError, match=f"^workspace: {uri} was changed by another run; run the same command"
        ):
            publish(folder)
        (folder / DATABASE).unlink()
    assert place.of(folder).store.get("metadata/00000001.db") == b"by another"


def test_a_damaged_object_is_not_brought(uri, machine):
    with claimed(folder := up_to_date(uri)):
        written = record(folder, FILES)
    store = place.of(folder).store
    store.put("artifacts/pipeline/Trainer/model/1/a.txt", b"x" * 1000)
    machine("second")
    folder = up_to_date(uri)
    taken, remote = known(folder)[written], place.of(folder)
    fault = f"{written}/a.txt differs from what was written"
    with pytest.raises(artifacts.DamagedObjects, match=f"^{fault}$"):
        artifacts.bring(remote, written, taken)
    assert artifacts.damage(remote, written, 1, taken, whole=False) is None
    assert artifacts.damage(remote, written, 1, taken, whole=True) == fault
    store.remove(["artifacts/pipeline/Trainer/model/1/z.txt"])
    assert artifacts.damage(remote, written, 1, taken, whole=False) == f"{written}/z.txt is missing"


def test_a_working_copy_of_what_is_gone_is_refused(uri, machine):
    with claimed(folder := up_to_date(uri)):
        record(folder, FILES)
    place.of(folder).store.clear("metadata")
    with pytest.raises(
        UserError, match=r"has no metadata store 00000001, which .* continues; restore the obj"
    ):
        up_to_date(uri)


def test_another_workspace_at_the_same_uri_is_never_mixed_with_what_was_there(uri, machine):
    with claimed(folder := up_to_date(uri)):
        record(folder, FILES)
    place.of(folder).store.clear()
    machine("second")
    with claimed(folder := up_to_date(uri)):
        record(folder, OTHER)
    machine("first")
    with pytest.raises(
        UserError, match=f"is the working copy of another workspace than that which is now at {uri}"
    ):
        up_to_date(uri)


def test_a_folder_that_is_no_working_copy_is_not_taken_for_one(uri, machine):
    (folder := place.folder_of(uri)).mkdir(parents=True)
    (folder / DATABASE).touch()
    with pytest.raises(
        UserError, match=f"^workspace: {folder} is no working copy of {uri}, because its REMOTE is"
    ):
        up_to_date(uri)

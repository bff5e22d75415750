import concurrent.futures
import json

import pytest

from components.errors import UserError
from pipeline.metadata.address import Address
from pipeline.metadata.binding import Binding, bind, check, plain_name
from pipeline.workspace import DATABASE, FORMAT_FILE, STORE_FILE, check_format

STORE, OTHER = Address.parse("mysql://db/runs"), Address.parse("mysql://db/others")


def test_the_first_run_gives_a_workspace_its_name(tmp_path):
    workspace = tmp_path / "workspace"
    bound = bind(workspace, STORE)
    assert bound == bind(workspace, STORE) == Binding.of(workspace)
    check_format(workspace)
    assert {path.name for path in workspace.iterdir()} == {STORE_FILE, FORMAT_FILE}


def test_names_differ_from_workspace_to_workspace(tmp_path):
    first, second = (bind(tmp_path / name, STORE).pipeline_id("digits") for name in "ab")
    assert first != second
    assert plain_name(first) == plain_name(second) == plain_name("digits") == "digits"


def test_of_two_first_runs_both_get_one_name(tmp_path):
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        found = [*threads.map(lambda _: bind(tmp_path / "workspace", STORE), range(50))]
    assert set(found) == {Binding.of(tmp_path / "workspace")}


def test_without_a_shared_store_nothing_is_written(tmp_path):
    assert bind(tmp_path, None) is None
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(("asked", "words"), [(OTHER, str(OTHER)), (None, "metadata.db in it")])
def test_a_workspace_stays_with_its_store(tmp_path, asked, words):
    bind(tmp_path, STORE)
    with pytest.raises(UserError) as raised:
        bind(tmp_path, asked)
    assert str(raised.value) == (
        f"metadata: {tmp_path} keeps its runs in {STORE}, not in {words}; set metadata to {STORE}, or choose another "
        "folder with --workspace"
    )


def test_a_workspace_with_a_store_of_its_own_keeps_it(tmp_path):
    (tmp_path / DATABASE).touch()
    check(tmp_path, None)
    with pytest.raises(
        UserError, match=f"keeps its runs in metadata.db in it, not in {STORE}; remove metadata"
    ):
        bind(tmp_path, STORE)


def test_a_lost_file_is_not_replaced_beside_artifacts(tmp_path):
    (tmp_path / "artifacts/digits/Trainer/model/7").mkdir(parents=True)
    with pytest.raises(UserError, match="metadata.json is missing, but there are artifacts; restore it"):
        bind(tmp_path, STORE)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        json.dumps({"store": "mysql://db/runs", "workspace": "../x"}),
        json.dumps({"store": "mysql://me:hunter2@db/runs", "workspace": "0" * 16}),
        json.dumps({"store": 7, "workspace": "0" * 16}),
    ],
)
def test_a_damaged_file(tmp_path, content):
    (tmp_path / STORE_FILE).write_text(content)
    with pytest.raises(UserError) as raised:
        check(tmp_path, STORE)
    assert str(raised.value) == (
        f"workspace: {tmp_path / STORE_FILE} is damaged; restore it from a backup, or delete it and artifacts/ in "
        f"{tmp_path} and start over (the models in serving/ are kept)"
    )

import os
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

import local_runner
from components.errors import UserError
from pipeline.__main__ import main
from pipeline.workspace import TEMPORARY, claimed, private
from tests.conftest import ROOT

HOLD = """
import sys, tempfile
from pathlib import Path
from pipeline.workspace import claimed
with claimed(Path(sys.argv[1])):
    tempfile.mkdtemp()
    print("held", flush=True)
    input()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that uses the workspace `tmp_path / "taken"`."""
    arguments = [sys.executable, "-c", HOLD, str(tmp_path / "taken")]
    child = subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.wait(timeout=60)


def run(workspace, csv, *arguments):
    given = ["--data", csv, "--label", "bought", "--workspace", workspace, *arguments]
    return CliRunner().invoke(local_runner.main, list(map(str, given)))


@pytest.fixture
def csv(tmp_path):
    (tmp_path / "people.csv").write_text("age,bought\n" + "".join(f"{20 + i},{i % 2}\n" for i in range(40)))
    return tmp_path / "people.csv"


def test_two_runs_in_one_workspace(tmp_path, csv, holder):
    finished = run(tmp_path / "taken", csv)
    assert finished.exit_code == 2
    assert re.fullmatch(
        rf"workspace: {tmp_path}/taken is in use by another run \(pid {holder.pid}, since [\d :-]+\); wait for it to "
        "finish, or choose another folder with --workspace",
        finished.stderr.strip(),
    )


def test_the_workspace_of_a_killed_run_is_free(tmp_path, holder):
    holder.kill()
    holder.wait(timeout=60)
    for _ in range(2):
        with claimed(tmp_path / "taken"):
            assert (tmp_path / "taken/run.lock").read_text().startswith(f"pid {os.getpid()}, since ")


def test_temporary_files_end_with_the_run_or_with_the_next_one(tmp_path, holder):
    workspace, of_tfx = tmp_path / "taken", "artifacts/digits/Trainer/.system/executor_execution/3/.temp"
    (left,) = (workspace / TEMPORARY).iterdir()
    (workspace / of_tfx).mkdir(parents=True)
    holder.kill()
    holder.wait(timeout=60)
    assert left.is_dir()
    before = tempfile.gettempdir()
    with claimed(workspace):
        assert not (workspace / of_tfx).exists()
        assert list((workspace / TEMPORARY).iterdir()) == []
        with tempfile.NamedTemporaryFile(delete=False) as own:
            assert Path(own.name).parent == workspace / TEMPORARY
        code = "import tempfile; print(tempfile.mkdtemp())"
        made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
        assert Path(made.stdout.strip()).parent == workspace / TEMPORARY
    assert {path.name for path in workspace.iterdir()} == {"run.lock", "FORMAT", "artifacts"}
    assert tempfile.gettempdir() == before


@pytest.mark.parametrize("name", ["file/below", "file", "folder"])
def test_a_workspace_that_cannot_be(tmp_path, csv, name):
    (tmp_path / "file").touch()
    (tmp_path / "folder/run.lock").mkdir(parents=True)
    message = f"workspace: {tmp_path}/{name} cannot be used: .*; fix this, or choose another folder"
    with pytest.raises(UserError, match=message), claimed(tmp_path / name):
        pass
    if name != "file":  # which the option itself refuses
        finished = run(tmp_path / name, csv)
        assert finished.exit_code == 2
        assert "cannot be used" in finished.stderr


def test_data_that_a_function_writes_needs_a_workspace(tmp_path):
    (tmp_path / "file").touch()
    finished = CliRunner().invoke(local_runner.main, ["--workspace", str(tmp_path / "file/below")])
    assert finished.exit_code == 2
    assert re.fullmatch(rf"workspace: {tmp_path}/file/below cannot be used: .*", finished.stderr.strip())


@pytest.mark.parametrize("name", ["artifacts", "data", "logs", "metadata.db", "reports", "serving"])
def test_a_part_of_the_workspace_that_is_something_else(tmp_path, csv, name):
    place = tmp_path / "workspace" / name
    place.parent.mkdir()
    (place.parent / "FORMAT").write_text("1\n")
    place.mkdir() if name == "metadata.db" else place.touch()
    finished = run(tmp_path / "workspace", csv)
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert re.fullmatch(
        rf"workspace: {place} cannot be used: (Not|Is) a directory; fix this, or choose another folder with "
        "--workspace\n",
        finished.stderr,
    )


def test_a_link_to_nothing_in_the_workspace(tmp_path, csv):
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace/reports").symlink_to("nowhere")
    assert "reports cannot be used: No such file" in run(tmp_path / "workspace", csv).stderr


@pytest.mark.parametrize(
    ("uri", "fault"),
    [
        ("s4://bucket/x", "fsspec does not know s4://; use s3://, gs:// or file://"),
        ("az://container/x", "az:// needs adlfs; install it here and on all workers"),
        ("hdfs://host:9000/x", "hdfs://host:9000/x cannot be used ("),
        ("s3://", "'s3:' is no place for a workspace; give one such as s3://bucket/path"),
        ("s3://bucket/../x", "'s3://bucket/../x' is no place for a workspace"),
        (
            "s3://name:secret@bucket/x",
            "'bucket/x' is no place for a workspace; give one such as s3://bucket/path ",
        ),
    ],
)
def test_an_address_that_is_no_place_for_a_workspace(tmp_path, csv, uri, fault, monkeypatch):
    monkeypatch.chdir(tmp_path)
    finished = run(uri, csv)
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert finished.stderr.startswith(f"workspace: {fault}")
    assert finished.stderr.count("\n") == 1
    assert "secret" not in finished.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"people.csv"}


def test_a_workspace_in_an_object_store_has_no_shared_metadata_store(tmp_path, csv, monkeypatch):
    monkeypatch.chdir(tmp_path)
    finished = run(f"file://{tmp_path}/store", csv, "--set", "metadata=postgresql://127.0.0.1:9/runs")
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert finished.stderr.startswith(
        "metadata: a workspace in an object store keeps its metadata store there; "
    )
    assert {path.name for path in tmp_path.iterdir()} == {"people.csv"}


@pytest.mark.parametrize("name", ["\udcff", "a" * 5000])
def test_names_that_cannot_be(tmp_path, csv, name):
    finished = run(tmp_path / name, csv)
    assert finished.exit_code == 2
    assert re.fullmatch(
        "workspace: .*; (fix this, or )?choose another folder with --workspace\n", finished.stderr
    )
    finished = run(tmp_path / "workspace", tmp_path / name)
    assert (finished.exit_code, finished.stderr.count("\n")) == (2, 1)
    assert re.search(
        "data.path: .* (is not UTF-8; rename it|cannot be read: File name too long)", finished.stderr
    )


def test_a_workspace_says_which_format_it_has(tmp_path):
    with claimed(tmp_path / "new"):
        assert (tmp_path / "new/FORMAT").read_text() == "1\n"
    (tmp_path / "new/metadata.db").touch()
    with claimed(tmp_path / "new"):
        pass


@pytest.mark.parametrize(
    ("written", "release"), [(None, "an older"), ("", "an older"), ("0\n", "an older"), ("2\n", "a newer")]
)
def test_a_workspace_of_another_release_is_refused(tmp_path, csv, written, release):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "metadata.db").write_bytes(b"of another release")
    if written is not None:
        (workspace / "FORMAT").write_text(written)
    before = sorted(workspace.iterdir())
    line = (
        f"workspace: {workspace} was written by {release} release; choose another folder with --workspace, or "
        "delete it\n"
    )
    finished = run(workspace, csv)
    assert (finished.exit_code, finished.stdout, finished.stderr) == (2, "", line)
    for command in (["runs"], ["models"], ["show", "r1"], ["diff", "r1", "r2"], ["rollback", "1"]):
        shown = CliRunner().invoke(main, [*command, "--workspace", str(workspace)])
        assert (shown.exit_code, shown.stdout, shown.stderr) == (2, "", line)
    assert sorted(workspace.iterdir()) == before
    with pytest.raises(UserError, match="was written by an? (older|newer) release"), claimed(workspace):
        pass
    assert (workspace / "metadata.db").read_bytes() == b"of another release"


@pytest.mark.parametrize("at", ["pipeline.config.load.load", "pipeline.run.start.imports"])
def test_an_interrupt_before_the_first_component(tmp_path, csv, monkeypatch, at):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(at, interrupted)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    finished = run(tmp_path / "workspace", csv)
    assert finished.exit_code == 130
    assert finished.stdout.endswith(
        "\nInterrupted. Finished work is kept; run the same command again to continue.\n"
    )
    with claimed(tmp_path / "workspace"):
        pass


def modes(folder):
    return {path.name: path.stat().st_mode & 0o7777 for path in (folder, *folder.rglob("*"))}


def run_in(workspace):
    with private(workspace), claimed(workspace):
        (workspace / "logs").mkdir(exist_ok=True)
        (workspace / "logs/new").touch()


@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_a_new_workspace_is_private(tmp_path, umask):
    before = os.umask(umask)
    try:
        run_in(tmp_path / "workspace")
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert modes(tmp_path / "workspace") == {
        **{"workspace": 0o700, "FORMAT": 0o600, "run.lock": 0o600, "logs": 0o700, "new": 0o600}
    }


def opened(folder, mode, *, others=()):
    """A workspace as earlier releases left it."""
    run_in(folder)
    for name in ("artifacts", "serving"):
        (folder / name).mkdir()
        (folder / name / f"in {name}").touch()
    (folder / "logs/link").symlink_to(folder.parent / "elsewhere")
    for name in others:
        (folder / name).touch()
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    folder.chmod(mode)


def test_a_workspace_that_others_can_read_is_made_private(tmp_path):
    (tmp_path / "elsewhere").touch(0o644)
    opened(tmp_path / "workspace", 0o755)
    run_in(tmp_path / "workspace")
    open_to_others = {name for name, mode in modes(tmp_path / "workspace").items() if mode & 0o077}
    assert open_to_others == {"serving", "in serving", "link"}
    assert (tmp_path / "workspace/artifacts/in artifacts").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o644


def test_a_folder_with_more_in_it_stays_as_it_is(tmp_path):
    (tmp_path / "elsewhere").touch()
    opened(tmp_path / "project", 0o755, others=["pyproject.toml"])
    run_in(tmp_path / "project")
    found = modes(tmp_path / "project")
    assert (found["project"], found["pyproject.toml"]) == (0o755, 0o644)
    assert (found["artifacts"], found["in artifacts"], found["run.lock"]) == (0o700, 0o600, 0o600)
    assert (found["logs"], found["new"]) == (0o755, 0o644)  # they may be the user's


def test_links_out_of_a_workspace_are_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/file").touch(0o644)
    opened(tmp_path / "workspace", 0o755)
    (tmp_path / "workspace/data").symlink_to(tmp_path / "elsewhere")
    run_in(tmp_path / "workspace")
    assert (tmp_path / "elsewhere/file").stat().st_mode & 0o777 == 0o644


def test_a_group_can_write_the_store(tmp_path):
    (tmp_path / "workspace").mkdir(mode=0o770)
    (tmp_path / "workspace").chmod(0o2770)
    file = tmp_path / "workspace/metadata.db"
    with private(file.parent), claimed(file.parent), sqlite3.connect(file) as store:
        store.execute("CREATE TABLE t (n)")
    assert file.stat().st_mode & 0o777 == 0o660


@pytest.mark.parametrize(
    ("mode", "folder", "file"),
    [(0o2770, 0o2770, 0o660), (0o750, 0o750, 0o640), (0o711, 0o711, 0o600), (0o700, 0o700, 0o600)],
)
def test_a_folder_that_others_cannot_read_keeps_its_mode(tmp_path, mode, folder, file):
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace").chmod(mode)
    run_in(tmp_path / "workspace")
    found = modes(tmp_path / "workspace")
    assert (found["workspace"], found["logs"], found["new"]) == (mode, folder, file)

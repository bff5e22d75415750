"""Versions damaged, lost and withdrawn, restored from copies as the Pusher makes them."""

import itertools
import json
import os
import shutil
from pathlib import Path

import pytest

from components.errors import UserError
from components.model_store import changes, serving
from components.model_store.model_files import CHECKSUMS, GRAPH
from pipeline.upkeep.production import Production
from pipeline.workspace import WITHDRAWN_FILE


class Workspace:
    """A workspace with three pushed versions, the first of them the lowest."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.serving = folder, folder / "serving"
        self.copies = {}
        for name in ("one", "two", "three"):
            version = changes.add(
                self.serving, lambda part, _, name=name: (part / GRAPH).write_text(name) and None
            )
            self.copies[version] = [folder / "copies" / str(version)]
            shutil.copytree(self.serving / str(version), self.copies[version][0])
        self.first, self.second, self.third = self.copies

    def restore(self, keep: int = 5, whole: bool = False) -> list[str]:
        return list(Production(self.folder, lambda _: self.copies).restore(keep, whole=whole))

    def roll_back(self, version: int) -> None:
        changes.make_production(self.serving, version)
        Production(self.folder).note_withdrawn()

    @property
    def state(self) -> tuple[list[int], list[int]]:
        return serving.state(self.serving)


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return Workspace(tmp_path)


def test_what_is_whole_stays(workspace):
    assert workspace.restore() == []
    assert workspace.state == ([workspace.first, workspace.second, workspace.third], [])


@pytest.mark.parametrize("name", [GRAPH, CHECKSUMS])
@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_a_damaged_file_is_replaced(workspace, name, is_withdrawn):
    if is_withdrawn:
        workspace.roll_back(workspace.first)
    before = workspace.state
    file = serving.locate(workspace.serving, workspace.third) / name
    whole = file.read_bytes()
    file.write_bytes(b"x")
    (line,) = workspace.restore()
    assert line.endswith(f"; restored from {workspace.copies[workspace.third][0]}")
    assert file.read_bytes() == whole
    assert workspace.state == before
    assert file.stat().st_mode & 0o044 == 0o044


def test_an_emptied_version_is_filled(workspace):
    model = workspace.serving / str(workspace.third)
    shutil.rmtree(model)
    model.mkdir()
    assert len(workspace.restore()) == 1
    assert serving.damage(model, whole=True) is None


def test_files_of_others_are_left_alone(workspace):
    """Such as the warm-up requests that TensorFlow Serving looks for."""
    extra = workspace.serving / str(workspace.third) / "assets.extra/tf_serving_warmup_requests"
    extra.parent.mkdir()
    extra.write_bytes(b"requests")
    assert workspace.restore(whole=True) == []
    serving.check(workspace.serving / str(workspace.third), whole=True)
    assert extra.exists()


def test_a_lost_folder_keeps_what_was_withdrawn_withdrawn(workspace):
    workspace.roll_back(workspace.second)
    before = workspace.state
    shutil.rmtree(workspace.serving)
    assert len(workspace.restore()) == 3
    assert workspace.state == before == ([workspace.first, workspace.second], [workspace.third])
    assert workspace.restore() == []


def test_withdrawn_versions_take_no_place_of_others(workspace):
    workspace.roll_back(workspace.first)
    shutil.rmtree(workspace.serving)
    workspace.restore(keep=2)
    assert workspace.state == ([workspace.first], [workspace.second, workspace.third])


def test_neither_do_damaged_copies(workspace):
    (workspace.copies[workspace.third][0] / GRAPH).write_text("x")
    shutil.rmtree(workspace.serving)
    workspace.restore(keep=1)
    assert workspace.state == ([workspace.second], [])


@pytest.mark.parametrize("steps", range(3))
def test_an_interrupted_restoration_has_the_newest_in_production(workspace, steps):
    workspace.roll_back(workspace.second)
    shutil.rmtree(workspace.serving)
    restoring = Production(workspace.folder, lambda _: workspace.copies).restore(5, whole=False)
    assert len(list(itertools.islice(restoring, steps))) == steps
    workspace.restore()
    assert serving.production(workspace.serving) == workspace.second
    assert serving.withdrawn(workspace.serving) == [workspace.third]


def test_a_workspace_without_a_note_gets_one(workspace):
    changes.make_production(workspace.serving, workspace.first)  # by an older release
    workspace.restore()
    shutil.rmtree(workspace.serving)
    workspace.restore()
    assert workspace.state == ([workspace.first], [workspace.second, workspace.third])


@pytest.mark.parametrize("note", ["", "{", "{}", '["5"]', "null"])
def test_a_damaged_note(workspace, note):
    shutil.rmtree(workspace.serving)
    (workspace.folder / WITHDRAWN_FILE).write_text(note)
    with pytest.raises(UserError) as error:
        workspace.restore()
    assert str(error.value) == (
        f"{workspace.folder / WITHDRAWN_FILE} is damaged, so it is not known which versions were withdrawn; delete it "
        "to restore all of them, and roll back again if needed"
    )


def test_any_whole_copy_will_do(workspace):
    older = workspace.folder / "older"
    shutil.copytree(workspace.copies[workspace.third][0], older)
    (workspace.copies[workspace.third][0] / GRAPH).unlink()
    workspace.copies[workspace.third].append(older)
    (workspace.serving / str(workspace.third) / GRAPH).write_text("x")
    (line,) = workspace.restore()
    assert line.endswith(f"; restored from {older}")


def test_production_without_a_copy_stops_the_run_with_a_remedy_that_works(workspace):
    model = workspace.serving / str(workspace.third)
    (model / GRAPH).unlink()
    workspace.copies.clear()
    with pytest.raises(UserError) as error:
        workspace.restore()
    assert str(error.value) == (
        f"version {workspace.third}, in production, is damaged: {model / GRAPH} is missing; there is no copy of it, so "
        "put another version into production with python -m pipeline rollback --workspace "
        f"{workspace.folder} VERSION, or delete {model}"
    )
    assert changes.make_production(workspace.serving, workspace.second) == [workspace.third]
    assert workspace.restore() == []


def test_a_rollback_in_between_stays(workspace):
    """The versions are found damaged, then another process rolls back, then they are repaired."""
    (workspace.serving / str(workspace.third) / GRAPH).write_text("x")

    def find_copies(_):
        workspace.roll_back(workspace.first)
        return workspace.copies

    list(Production(workspace.folder, find_copies).restore(5, whole=False))
    assert workspace.state == ([workspace.first], [workspace.second, workspace.third])
    assert serving.damage(serving.locate(workspace.serving, workspace.third), whole=True) is None


def test_a_folder_without_a_model_is_not_ours(workspace):
    (workspace.serving / str(workspace.third + 5)).mkdir()
    assert workspace.restore() == []


def test_what_is_restored_can_be_read_by_a_server(workspace):
    workspace.roll_back(workspace.first)
    shutil.rmtree(workspace.serving)
    before = os.umask(0o077)
    try:
        workspace.restore()
    finally:
        os.umask(before)
    for path in (workspace.serving, *workspace.serving.rglob("*")):
        wanted = 0o055 if path.is_dir() else 0o044
        assert path.name == ".lock" or path.stat().st_mode & wanted == wanted, path
    assert json.loads((workspace.folder / WITHDRAWN_FILE).read_text()) == [workspace.second, workspace.third]

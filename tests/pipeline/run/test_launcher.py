"""TFX's runner, launcher and metadata store, with a pipeline of two components that write and read a file."""

from pathlib import Path
from typing import Any

import pytest
from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration import metadata
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.local import local_dag_runner
from tfx.types.standard_artifacts import Examples, Model

from components import checksums
from components.errors import UserError
from pipeline.run.cache import CachePolicy
from pipeline.run.console import Terminal
from pipeline.run.launcher import DamagedInputError, observed
from tests.mutations import flip

LARGE = bytes(checksums.SMALL + 1)


def file(artifact: Any, name: str) -> Path:
    return Path(artifact.uri, name)


@component
def Writer(examples: OutputArtifact[Examples]):  # pyright: ignore[reportInvalidTypeArguments]
    file(examples, "large").write_bytes(LARGE)
    file(examples, "small").write_bytes(b"abc")


@component
def Reader(
    examples: InputArtifact[Examples],  # pyright: ignore[reportInvalidTypeArguments]
    model: OutputArtifact[Model],  # pyright: ignore[reportInvalidTypeArguments]
):
    if file(examples, "large").read_bytes() != LARGE:
        raise ValueError("cannot read it")
    file(model, "model").write_bytes(b"m")


class Workspace:
    def __init__(self, folder: Path, name: str = "small") -> None:
        self.folder, self.name = folder, name
        self.printed = ""

    def run(self, *ignored: str, verify: bool = False, begin=lambda _: None) -> dict[str, str]:
        """Runs the pipeline, and returns the states that the terminal showed."""
        writer = Writer()
        dag = tfx_pipeline.Pipeline(
            pipeline_name=self.name,
            pipeline_root=str(self.folder / "artifacts/small"),
            components=[writer, Reader(examples=writer.outputs["examples"])],
            enable_cache=True,
            metadata_connection_config=metadata.sqlite_metadata_connection_config(
                str(self.folder / "metadata.db")
            ),
        )
        policy = CachePolicy(frozenset(ignored), verify)
        terminal = Terminal(self.folder / "logs")
        try:
            with (
                terminal.console.capture() as captured,
                observed(terminal, begin, "", policy, self.folder),
            ):
                local_dag_runner.LocalDagRunner().run(dag)
        finally:
            terminal.close()
        self.printed = captured.get()
        lines = [line.split() for line in self.printed.splitlines() if line.startswith(("✓", "✗"))]
        return {name: state for _, name, state, *_ in lines}

    def artifact(self, key: str) -> Path:
        """The newest artifact."""
        return max(self.folder.glob(f"artifacts/small/*/{key}/*"), key=lambda path: int(path.name))


@pytest.fixture
def workspace(tmp_path):
    made = Workspace(tmp_path)
    assert made.run() == {"Writer": "done", "Reader": "done"}
    return made


def test_what_is_whole_is_used(workspace):
    assert workspace.run() == workspace.run(verify=True) == {"Writer": "cached", "Reader": "cached"}


def test_what_is_damaged_is_made_again_with_all_that_follows(workspace):
    file = workspace.artifact("examples") / "small"
    file.write_bytes(b"ab")
    assert workspace.run() == {"Writer": "done", "Reader": "done"}
    assert f"{file}: its size is 2 instead of 3 bytes; recreating it\n" in workspace.printed
    assert workspace.run() == {"Writer": "cached", "Reader": "cached"}


def test_damage_that_only_a_whole_look_finds(workspace):
    flip(workspace.artifact("examples") / "large", -1)
    assert workspace.run() == {"Writer": "cached", "Reader": "cached"}
    assert workspace.run(verify=True) == {"Writer": "done", "Reader": "done"}


def test_a_component_that_fails_on_a_damaged_input_gets_a_new_one_in_the_next_run(workspace):
    file = workspace.artifact("examples") / "large"
    flip(file, -1)
    with pytest.raises(DamagedInputError) as error:
        workspace.run("Reader")
    assert str(error.value) == f"{file} differs from what was written; run again to recreate it"
    assert workspace.run() == {"Writer": "done", "Reader": "done"}


def test_a_component_that_is_not_to_be_cached(workspace):
    assert workspace.run("Reader") == {"Writer": "cached", "Reader": "done"}
    assert workspace.run("Writer") == {"Writer": "done", "Reader": "done"}
    assert workspace.run("all") == {"Writer": "done", "Reader": "done"}


def test_an_unknown_component():
    with pytest.raises(UserError) as error:
        CachePolicy(frozenset(["Trainr"]), verify=False).check(["Tuner", "Trainer"])
    assert (
        str(error.value)
        == "--no-cache: unknown component 'Trainr'; did you mean Trainer? choose Tuner or Trainer"
    )


def test_inputs_that_tfx_does_not_find_are_no_cached_result(workspace):
    """TFX records that the component failed, and returns as if it had been cached."""

    def discard(launched):
        if launched._pipeline_node.node_info.id == "Reader":
            with launched._mlmd_connection as handle:
                artifacts = handle.store.get_artifacts_by_type("Examples")
                for artifact in artifacts:
                    artifact.state = artifact.DELETED
                handle.store.put_artifacts(artifacts)

    with pytest.raises(RuntimeError, match="TFX did not find its inputs in the metadata store"):
        workspace.run(begin=discard)


def test_workspaces_with_one_store_share_no_results(workspace):
    """Each runs its pipeline under a name of its own; what components see is the name of the configuration."""
    other = Workspace(workspace.folder, "small@0123456789abcdef")
    assert other.run() == {"Writer": "done", "Reader": "done"}
    assert other.run() == workspace.run() == {"Writer": "cached", "Reader": "cached"}

"""Runs a pipeline on this machine."""

import contextlib
import dataclasses
import sys
import traceback
from collections.abc import Iterator, Mapping
from typing import Literal

from tfx.orchestration import metadata
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.beam import beam_dag_runner
from tfx.orchestration.local import local_dag_runner
from tfx.orchestration.portable import launcher
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.orchestration.portable.mlmd import execution_lib
from tfx.proto.orchestration.execution_result_pb2 import ExecutorOutput
from tfx.types import Artifact

from pipeline.config.fit import FittedConfig
from pipeline.dag import create_components
from pipeline.run import beam
from pipeline.run.console import Terminal, summary_of
from pipeline.run.record import RunRecord
from pipeline.workspace import DATABASE

Orchestrator = Literal["beam", "local"]
Outputs = Mapping[str, Mapping[str, list[Artifact]]]
"""Output artifacts by component and key."""


@dataclasses.dataclass(frozen=True)
class Finished:
    """A finished run.

    Attributes:
        id: Id in the metadata store; later runs have larger ids.
        outputs: Outputs of the components, from this run or from the run that they were cached in.
    """

    id: str
    outputs: Outputs


class ComponentFailed(Exception):
    """A component raised an error: `name` is the component, `__cause__` the error."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def run_pipeline(fitted: FittedConfig, terminal: Terminal, orchestrator: Orchestrator) -> Finished:
    """Runs every component that is not cached.

    Args:
        fitted: Configuration that fits its data.
        terminal: Terminal that shows a line per component.
        orchestrator: Orchestrator: `beam` for TFX's BeamDagRunner, `local` for its LocalDagRunner.

    Raises:
        ComponentFailed: A component failed, and the pipeline stopped.
    """
    components = create_components(fitted)
    dag = tfx_pipeline.Pipeline(
        pipeline_name=fitted.config.name,
        pipeline_root=str(fitted.workspace / "artifacts" / fitted.config.name),
        components=components,
        enable_cache=True,
        metadata_connection_config=metadata.sqlite_metadata_connection_config(
            str(fitted.workspace / DATABASE)
        ),
        beam_pipeline_args=beam.arguments(fitted.config.beam),
    )
    runners = {"beam": beam_dag_runner.BeamDagRunner, "local": local_dag_runner.LocalDagRunner}
    names = [component.id for component in components]
    terminal.expect(names)
    record = RunRecord(fitted, names)
    connection = dag.metadata_connection_config
    executions: dict[str, int] = {}
    failures: list[tuple[str, BaseException]] = []
    with _observed_launcher(terminal, record, executions, failures), _command_line("--runner=FnApiRunner"):
        try:
            runners[orchestrator]().run(dag)
        except BaseException:
            if not failures:
                raise
            name, cause = failures[0]
            if any(isinstance(error, KeyboardInterrupt) for error in _chain(cause)):
                record.end(connection, "interrupted")
                raise KeyboardInterrupt from None
            record.end(connection, "failed", f"{name}: {summary_of(cause)}")
            raise ComponentFailed(name) from cause
    record.end(connection, "done")
    with metadata.Metadata(connection) as store:
        outputs = {
            name: execution_lib.get_output_artifacts(store, execution)
            for name, execution in executions.items()
        }
    return Finished(record.run_id, outputs)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and its causes; Beam wraps everything that a worker raises, even an interrupt."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@contextlib.contextmanager
def _observed_launcher(
    terminal: Terminal,
    record: RunRecord,
    executions: dict[str, int],
    failures: list[tuple[str, BaseException]],
) -> Iterator[None]:
    """Replaces TFX's launcher with one that reports to the terminal; both runners look it up by this name."""
    original = launcher.Launcher

    class ObservedLauncher(original):
        _executed = False

        def launch(self) -> ExecutionInfo | None:
            name = self._pipeline_node.node_info.id
            record.begin(self)
            with terminal.component(name) as line:
                try:
                    info = super().launch()
                except BaseException as error:
                    traceback.print_exc()  # into the component's log
                    failures.append((name, error))
                    raise
                line.state = "done" if self._executed else "cached"
            executions[name] = info.execution_id
            return info

        def _run_executor(self, execution_info: ExecutionInfo) -> ExecutorOutput:
            self._executed = True
            return super()._run_executor(execution_info)

    launcher.Launcher = ObservedLauncher
    try:
        yield
    finally:
        launcher.Launcher = original


@contextlib.contextmanager
def _command_line(*arguments: str) -> Iterator[None]:
    """Sets the command line, the only place where BeamDagRunner's own Beam pipeline reads options."""
    saved, sys.argv = sys.argv, [sys.argv[0], *arguments]
    try:
        yield
    finally:
        sys.argv = saved

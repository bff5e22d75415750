"""Runs a pipeline on this machine."""

import contextlib
import dataclasses
import sys
from collections.abc import Iterator, Mapping
from typing import Literal

from tfx.orchestration import metadata
from tfx.orchestration import pipeline as tfx_pipeline
from tfx.orchestration.beam import beam_dag_runner
from tfx.orchestration.local import local_dag_runner
from tfx.orchestration.portable.launcher import Launcher
from tfx.orchestration.portable.mlmd import execution_lib
from tfx.types import Artifact

from components.errors import UserError
from pipeline.config.fit import FittedConfig
from pipeline.dag import create_components
from pipeline.metadata.binding import Binding
from pipeline.metadata.lock import Lock
from pipeline.metadata.server import config_of
from pipeline.run import beam, stored
from pipeline.run.cache import CachePolicy
from pipeline.run.console import Terminal
from pipeline.run.launcher import observed
from pipeline.run.record import RunRecord
from pipeline.workspace import DATABASE
from reactive_schedules.failures import summary_of

Orchestrator = Literal["beam", "local"]
Outputs = Mapping[str, Mapping[str, list[Artifact]]]
"""Output artifacts by component and key."""

_SHOWN = ("anomalies", "evaluation", "report", "statistics", "study", "training_record")
"""Outputs whose files are read at the end of a run."""


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

    @property
    def is_mistake(self) -> bool:
        """Whether the user can set it right, as the error says."""
        return isinstance(self.__cause__, UserError)


def run_pipeline(
    fitted: FittedConfig,
    terminal: Terminal,
    orchestrator: Orchestrator,
    policy: CachePolicy,
    lock: Lock | None = None,
) -> Finished:
    """Runs every component that is not cached.

    Args:
        fitted: Configuration that fits its data.
        terminal: Terminal that shows a line per component.
        orchestrator: Orchestrator: `beam` for TFX's BeamDagRunner, `local` for its LocalDagRunner.
        policy: Which results of earlier runs to use.
        lock: Lock on the workspace, if its runs are in a shared store.

    Raises:
        ComponentFailed: A component failed, and the pipeline stopped.
        UserError: The policy names an unknown component, or the shared store was lost.
    """
    components = create_components(fitted)
    bound = Binding.of(fitted.workspace)
    dag = tfx_pipeline.Pipeline(
        pipeline_name=bound.pipeline_id(fitted.config.name) if bound else fitted.config.name,
        pipeline_root=str(fitted.workspace / "artifacts" / fitted.config.name),
        components=components,
        enable_cache=True,
        metadata_connection_config=config_of(bound.address)
        if bound
        else metadata.sqlite_metadata_connection_config(str(fitted.workspace / DATABASE)),
        beam_pipeline_args=beam.arguments(fitted.config.beam),
    )
    runners = {"beam": beam_dag_runner.BeamDagRunner, "local": local_dag_runner.LocalDagRunner}
    names = [component.id for component in components]
    policy.check(names)
    terminal.expect(names)
    record = RunRecord(fitted, names)
    connection = dag.metadata_connection_config

    def begin(launcher: Launcher) -> None:
        if lock:
            lock.check()
        record.begin(launcher)

    with (
        observed(terminal, begin, fitted.data.fingerprint, policy, fitted.workspace) as launched,
        _command_line("--runner=FnApiRunner"),
    ):
        try:
            runners[orchestrator]().run(dag)
        except BaseException:
            if lock:
                lock.check()
            if not launched.failures:
                raise
            name, cause = launched.failures[0]
            if any(isinstance(error, KeyboardInterrupt) for error in _chain(cause)):
                record.end(connection, "interrupted")
                raise KeyboardInterrupt from None
            record.end(connection, "failed", f"{name}: {summary_of(cause)}")
            raise ComponentFailed(name) from cause
    if lock:
        lock.check()
    record.end(connection, "done")
    with metadata.Metadata(connection) as store:
        outputs = {
            name: execution_lib.get_output_artifacts(store, execution)
            for name, execution in launched.executions.items()
        }
    stored.bring_shown(fitted.workspace, outputs, _SHOWN)
    return Finished(record.run_id, outputs)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and its causes; Beam wraps everything that a worker raises, even an interrupt."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@contextlib.contextmanager
def _command_line(*arguments: str) -> Iterator[None]:
    """Sets the command line, the only place where BeamDagRunner's own Beam pipeline reads options."""
    saved, sys.argv = sys.argv, [sys.argv[0], *arguments]
    try:
        yield
    finally:
        sys.argv = saved

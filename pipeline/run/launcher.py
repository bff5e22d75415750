"""TFX's launcher, observed: its progress on the terminal, checksums of what it publishes, damaged inputs named."""

import contextlib
import copy
import dataclasses
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from tfx.components.example_gen.utils import FINGERPRINT_PROPERTY_NAME
from tfx.orchestration.portable import launcher
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.proto.orchestration.execution_result_pb2 import ExecutorOutput

from components import checksums
from components.errors import DataError, UserError
from pipeline.metadata.binding import plain_name
from pipeline.remote import place
from pipeline.run import stored
from pipeline.run.cache import CachePolicy, discard_damaged, sound_cache
from pipeline.run.console import Terminal
from reactive_schedules import redaction


@dataclasses.dataclass
class Launched:
    """What was launched so far.

    Attributes:
        executions: Execution id by component.
        failures: Components that failed, with their errors.
    """

    executions: dict[str, int] = dataclasses.field(default_factory=dict)
    failures: list[tuple[str, BaseException]] = dataclasses.field(default_factory=list)


class DamagedInputError(UserError):
    """An input of a component is not what was written; the next run recreates it."""


@contextlib.contextmanager
def observed(
    terminal: Terminal,
    begin: Callable[[launcher.Launcher], None],
    data: str,
    policy: CachePolicy,
    workspace: Path,
) -> Iterator[Launched]:
    """Replaces TFX's launcher, which both local runners look up by its name.

    Args:
        terminal: Terminal that shows a line per component.
        begin: Function that is called before each component.
        data: Fingerprint of the data that the run is about.
        policy: Which results of earlier runs to use.
        workspace: Folder of the workspace.
    """
    original, launched, remote = launcher.Launcher, Launched(), place.of(workspace)

    class ObservedLauncher(stored.launcher_of(workspace, original)):
        _executed = False

        def launch(self) -> ExecutionInfo | None:
            name = self._pipeline_node.node_info.id
            begin(self)
            if policy.ignores(name):
                self._pipeline_node.execution_options.caching_options.enable_cache = False
            with terminal.component(name) as line:
                try:
                    info = super().launch()
                    _check_data(info, data)
                    if not (self._executed or info.output_dict):
                        raise RuntimeError("TFX did not find its inputs in the metadata store")
                except BaseException as error:
                    # Into the component's log.
                    print(redaction.text(traceback.format_exc()), file=sys.stderr)
                    launched.failures.append((name, error))
                    raise
                line.state = "done" if self._executed else "cached"
            launched.executions[name] = info.execution_id
            return info

        def _run_executor(self, execution_info: ExecutionInfo) -> ExecutorOutput:
            self._executed = True
            # For what executors write, the name that the pipeline has in its configuration.
            execution_info.pipeline_info = copy.copy(execution_info.pipeline_info)
            execution_info.pipeline_info.id = plain_name(execution_info.pipeline_info.id)
            try:
                output = super()._run_executor(execution_info)
            except Exception as error:
                with self._mlmd_connection as handle:
                    fault = discard_damaged(handle.store, execution_info.input_dict, remote, whole=True)
                if fault:
                    raise DamagedInputError(f"{fault}; run again to recreate it") from error
                raise
            for artifacts in output.output_artifacts.values():
                for artifact in artifacts.artifacts:
                    taken = checksums.take(Path(artifact.uri))
                    artifact.custom_properties[checksums.PROPERTY].string_value = taken
            return output

    launcher.Launcher = ObservedLauncher
    try:
        with sound_cache(terminal, remote, whole=policy.verify):
            yield launched
    finally:
        launcher.Launcher = original


def _check_data(info: ExecutionInfo, expected: str) -> None:
    """Checks that an ExampleGen read the data that labels and columns were read from."""
    if info.exec_properties.get(FINGERPRINT_PROPERTY_NAME, expected) != expected:
        raise DataError(
            "data.path: the files changed after they were checked; run again when nothing writes to them"
        )

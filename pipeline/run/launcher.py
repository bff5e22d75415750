"""TFX's launcher with checked artifacts: what is damaged is not used, but recreated."""

import contextlib
import dataclasses
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ml_metadata.proto import metadata_store_pb2
from tfx.components.example_gen.utils import FINGERPRINT_PROPERTY_NAME
from tfx.orchestration import metadata
from tfx.orchestration.portable import cache_utils, launcher
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.proto.orchestration.execution_result_pb2 import ExecutorOutput
from tfx.types import Artifact

from components import checksums
from components.errors import DataError, UserError, one_of
from pipeline.run.console import Terminal
from reactive_schedules import redaction

if TYPE_CHECKING:
    from ml_metadata.metadata_store.metadata_store import MetadataStore

ALL = "all"
"""Stands for all components."""


@dataclasses.dataclass(frozen=True)
class CachePolicy:
    """Which results of earlier runs to use.

    Attributes:
        ignored: Components that run even if they are cached; `ALL` stands for all of them.
        verify: Whether to read large files of cached artifacts, too, to find damage.
    """

    ignored: frozenset[str]
    verify: bool

    def check(self, components: list[str]) -> None:
        """Checks the names against those of the pipeline.

        Raises:
            UserError: There is no such component.
        """
        for name in sorted(self.ignored - {ALL, *components}):
            raise UserError(f"--no-cache: unknown component {name!r}; choose {one_of(components)}")

    def ignores(self, component: str) -> bool:
        """Whether a component runs even if it is cached."""
        return not self.ignored.isdisjoint({ALL, component})


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
    terminal: Terminal, begin: Callable[[launcher.Launcher], None], data: str, policy: CachePolicy
) -> Iterator[Launched]:
    """Replaces TFX's launcher, which both local runners look up by its name.

    Args:
        terminal: Terminal that shows a line per component.
        begin: Function that is called before each component.
        data: Fingerprint of the data that the run is about.
        policy: Which results of earlier runs to use.
    """
    original, launched = launcher.Launcher, Launched()

    class ObservedLauncher(original):
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
            try:
                output = super()._run_executor(execution_info)
            except Exception as error:
                with self._mlmd_connection as handle:
                    fault = discard_damaged(handle.store, execution_info.input_dict, whole=True)
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
        with _sound_cache(terminal, whole=policy.verify):
            yield launched
    finally:
        launcher.Launcher = original


def _check_data(info: ExecutionInfo, expected: str) -> None:
    """Checks that an ExampleGen read the data that labels and columns were read from."""
    if info.exec_properties.get(FINGERPRINT_PROPERTY_NAME, expected) != expected:
        raise DataError(
            "data.path: the files changed after they were checked; run again when nothing writes to them"
        )


def discard_damaged(
    store: "MetadataStore", artifacts: Mapping[str, Sequence[Artifact]], *, whole: bool
) -> str | None:
    """Keeps damaged artifacts from being used again.

    Args:
        store: Metadata store.
        artifacts: Artifacts by key; those without checksums are left alone.
        whole: Whether to read large files, too.

    Returns:
        The first fault, starting with the path of a file; None if there is none.
    """
    faults = []
    for artifact in (each for found in artifacts.values() for each in found):
        taken = artifact.get_string_custom_property(checksums.PROPERTY)
        if taken and (fault := checksums.damage(Path(artifact.uri), taken, whole=whole)):
            faults.append(fault)
            artifact.mlmd_artifact.state = metadata_store_pb2.Artifact.DELETED
            store.put_artifacts([artifact.mlmd_artifact])
    return faults[0] if faults else None


@contextlib.contextmanager
def _sound_cache(terminal: Terminal, *, whole: bool) -> Iterator[None]:
    """Lets TFX use cached outputs only if none of them is damaged."""
    original = cache_utils.get_cached_outputs

    def get_sound_outputs(
        metadata_handle: metadata.Metadata, cache_context: metadata_store_pb2.Context
    ) -> dict[str, list[Artifact]] | None:
        outputs = original(metadata_handle, cache_context)
        if outputs and (fault := discard_damaged(metadata_handle.store, outputs, whole=whole)):
            terminal.print_remark(f"{fault}; recreating it")
            return None
        return outputs

    cache_utils.get_cached_outputs = get_sound_outputs
    try:
        yield
    finally:
        cache_utils.get_cached_outputs = original

"""Which results of earlier runs a run uses: those that are whole, unless the user wants them recreated."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message
from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata
from tfx.orchestration.portable import cache_utils
from tfx.orchestration.portable.mlmd import execution_lib
from tfx.types import Artifact, artifact_utils

from components import checksums
from components.errors import UserError, one_of
from pipeline.remote.artifacts import damage
from pipeline.remote.place import Remote
from pipeline.run.console import Terminal
from reactive_schedules.errors import did_you_mean

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
            hint = did_you_mean(name, components)
            raise UserError(f"--no-cache: unknown component {name!r}; {hint}choose {one_of(components)}")

    def ignores(self, component: str) -> bool:
        """Whether a component runs even if it is cached."""
        return not self.ignored.isdisjoint({ALL, component})


def discard_damaged(
    store: "MetadataStore",
    artifacts: Mapping[str, Sequence[Artifact]],
    remote: Remote | None,
    *,
    whole: bool,
) -> str | None:
    """Keeps damaged artifacts from being used again.

    Args:
        store: Metadata store.
        artifacts: Artifacts by key; those without checksums are left alone.
        remote: The workspace in an object store that has their files; None if they are here.
        whole: Whether to read large files, too.

    Returns:
        The first fault, starting with the path of a file; None if there is none.
    """
    faults = []
    for artifact in (each for found in artifacts.values() for each in found):
        taken = artifact.get_string_custom_property(checksums.PROPERTY)
        if taken and (fault := _damage(artifact, taken, remote, whole=whole)):
            faults.append(fault)
            artifact.mlmd_artifact.state = metadata_store_pb2.Artifact.DELETED
            store.put_artifacts([artifact.mlmd_artifact])
    return faults[0] if faults else None


def _damage(artifact: Artifact, taken: str, remote: Remote | None, *, whole: bool) -> str | None:
    if remote and remote.has(artifact.uri):
        return damage(remote, artifact.uri, artifact.id, taken, whole=whole)
    return checksums.damage(Path(artifact.uri), taken, whole=whole)


@contextlib.contextmanager
def sound_cache(terminal: Terminal, remote: Remote | None, *, whole: bool) -> Iterator[None]:
    """Lets TFX use cached outputs only if none of them is damaged; in an object store, from every machine.

    They are also matched to their keys by their ids. TFX goes by the order of two lists, which PostgreSQL does not
    keep: there, one output gets the key of another.

    Args:
        terminal: Terminal that shows what is damaged.
        remote: The workspace in an object store; None if it is a folder.
        whole: Whether to read large files, too.
    """
    get_cached_outputs, get_cache_context = cache_utils.get_cached_outputs, cache_utils.get_cache_context
    verify_artifacts = artifact_utils.verify_artifacts

    def get_sound_outputs(
        metadata_handle: metadata.Metadata, cache_context: metadata_store_pb2.Context
    ) -> dict[str, list[Artifact]] | None:
        outputs = get_cached_outputs(metadata_handle, cache_context)
        if outputs and (fault := discard_damaged(metadata_handle.store, outputs, remote, whole=whole)):
            terminal.print_remark(f"{fault}; recreating it")
            return None
        return outputs

    def get_outputs_of(
        metadata_handle: metadata.Metadata, execution_id: int
    ) -> dict[str, list[Artifact]] | None:
        outputs = execution_lib.get_output_artifacts(metadata_handle, execution_id)
        found = (artifact.mlmd_artifact for artifacts in outputs.values() for artifact in artifacts)
        is_whole = all(artifact.state == metadata_store_pb2.Artifact.LIVE for artifact in found)
        return outputs if is_whole else None

    def get_context(
        *, executor_spec: Message, parameters: Mapping[str, Any], **given: Any
    ) -> metadata_store_pb2.Context:
        # The working copy is elsewhere on each machine.
        named = {
            key: remote.uri_of(value) if remote and isinstance(value, str) else value
            for key, value in parameters.items()
        }
        return get_cache_context(executor_spec=_anywhere(executor_spec), parameters=named, **given)

    def verify(artifacts: Mapping[str, list[Artifact]]) -> None:
        if not remote:  # TFX cannot open it, and what is damaged is found above
            verify_artifacts(artifacts)

    with (
        _replaced(cache_utils, "get_cached_outputs", get_sound_outputs),
        _replaced(cache_utils, "_get_outputs_of_execution", get_outputs_of),
        _replaced(cache_utils, "get_cache_context", get_context),
        _replaced(artifact_utils, "verify_artifacts", verify),
    ):
        yield


def _anywhere(executor: Message) -> Message:
    """What is run, without where Beam runs it, which changes no result."""
    found = type(executor)()
    found.CopyFrom(executor)
    for name in ("beam_pipeline_args", "beam_pipeline_args_placeholders"):
        if name in found.DESCRIPTOR.fields_by_name:
            found.ClearField(name)
    return found


@contextlib.contextmanager
def _replaced(module: ModuleType, name: str, function: Callable) -> Iterator[None]:
    original = getattr(module, name)
    setattr(module, name, function)
    try:
        yield
    finally:
        setattr(module, name, original)

"""Which results of earlier runs a run uses: those that are whole, unless the user wants them recreated."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata
from tfx.orchestration.portable import cache_utils
from tfx.orchestration.portable.mlmd import execution_lib
from tfx.types import Artifact

from components import checksums
from components.errors import UserError, one_of
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
def sound_cache(terminal: Terminal, *, whole: bool) -> Iterator[None]:
    """Lets TFX use cached outputs only if none of them is damaged.

    They are also matched to their keys by their ids. TFX goes by the order of two lists, which PostgreSQL does not
    keep: there, one output gets the key of another.
    """
    original, originally_of = cache_utils.get_cached_outputs, cache_utils._get_outputs_of_execution

    def get_sound_outputs(
        metadata_handle: metadata.Metadata, cache_context: metadata_store_pb2.Context
    ) -> dict[str, list[Artifact]] | None:
        outputs = original(metadata_handle, cache_context)
        if outputs and (fault := discard_damaged(metadata_handle.store, outputs, whole=whole)):
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

    cache_utils._get_outputs_of_execution = get_outputs_of
    cache_utils.get_cached_outputs = get_sound_outputs
    try:
        yield
    finally:
        cache_utils.get_cached_outputs = original
        cache_utils._get_outputs_of_execution = originally_of

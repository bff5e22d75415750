"""Runs driver and executor of the ExampleGen, as TFX's launcher calls them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.components.formats.sources import decode

SHARES = {"eval": 1, "test": 1, "train": 8}


def resolved(
    data: Path,
    patterns: Sequence[str] | Mapping[str, str],
    split_config: Mapping[str, Any] | None = None,
    settings: Any = None,
) -> dict:
    """The execution properties that the driver returns.

    Args:
        data: Folder of the files.
        patterns: Patterns of the input splits, perhaps by name.
        split_config: Output configuration; `SHARES` if None; if empty, the input splits are the output splits.
        settings: Settings of our ExampleGen.
    """
    from tfx.utils import proto_utils

    from components.example_gen.driver import Driver

    if split_config is None:
        split_config = {"splits": [{"name": name, "hash_buckets": share} for name, share in SHARES.items()]}
    if not isinstance(patterns, Mapping):
        patterns = {f"input{number}": pattern for number, pattern in enumerate(patterns)}
    inputs = [{"name": name, "pattern": pattern} for name, pattern in patterns.items()]
    properties = {
        "input_base": str(data),
        "input_config": json.dumps({"splits": inputs}),
        "output_config": json.dumps({"split_config": split_config} if split_config else {}),
        "output_data_format": 6,
        "output_file_format": 5,
        "custom_config": settings and proto_utils.proto_to_json(settings.to_proto()),
    }
    return Driver(None).resolve_exec_properties(properties, None, None)


def execute(properties: dict, target: Path, beam: Sequence[str] = ()) -> Any:
    """Runs the executor; returns its output artifact, in the folder `target`."""
    from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
    from tfx.types.standard_artifacts import Examples

    from components.example_gen.executor import Executor
    from pipeline.run.beam import arguments

    examples = Examples()
    examples.uri = str(target)
    context = BaseBeamExecutor.Context(
        beam_pipeline_args=arguments(list(beam)), tmp_dir=str(target.parent / "tmp")
    )
    Executor(context).Do({}, {"examples": [examples]}, properties)
    return examples


def generate(
    data: Path,
    patterns: Sequence[str] | Mapping[str, str],
    target: Path,
    split_config: Mapping[str, Any] | None = None,
    beam: Sequence[str] = (),
    settings: Any = None,
) -> dict[str, list[dict[str, list | None]]]:
    """Returns the examples by split, in order; see `resolved` and `execute` for the arguments."""
    execute(resolved(data, patterns, split_config, settings), target, beam)
    return written(target)


def written(target: Path) -> dict[str, list[dict[str, list | None]]]:
    """Returns the examples of an artifact by split, in order."""
    from components import shards

    return {
        folder.name.removeprefix("Split-"): [
            decode(example)
            for shard in sorted(folder.iterdir())
            for batch in shards.read(str(shard))
            for example in batch
        ]
        for folder in sorted(target.glob("Split-*"))
    }

"""The data of a confirmation: raw rows divided anew, with Transform fitted anew to the training rows of each fold."""

import json
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2
from tfx.dsl.io import fileio
from tfx.proto import transform_pb2
from tfx.types import Artifact, artifact_utils, standard_artifacts, standard_component_specs
from tfx.utils import proto_utils
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

from components import shards
from components.learning.division import Division
from components.learning.prepared import SCHEMA_FILE, Untransformed, prepared
from components.transform import recipe

EXAMPLES, GRAPH, SCHEMA = "examples", "graph", "schema"
"""Folders of a fold: its examples, transformed, and what describes them; the graph is a schema without Transform."""

_RAW = "raw"

_BEAM = ["--runner=FnApiRunner", "--sdk_container_image=unused", "--beam_plugins=tfx"]
"""Transform in this process: the rows of a confirmation fit in memory."""


class Folds:
    """The raw rows of the splits for training and validation, divided anew.

    Args:
        raw: `Examples` artifacts with the raw rows.
        described: URI of the `TransformGraph` artifact; without Transform, of the `Schema`.
        splits: Names of the splits for the keys `train` and `validation`.
        division: How to divide them.
        folds: Number of folds.
    """

    def __init__(
        self,
        raw: Sequence[Artifact],
        described: str,
        splits: Mapping[str, str],
        division: Division,
        folds: int,
    ) -> None:
        self._raw, self._described, self._splits = raw, described, splits
        self._division, self._folds = division, folds
        self._schema: schema_pb2.Schema = prepared(described).raw_metadata.schema
        self._examples: list[bytes] = []
        self._found = np.empty(0, np.int64)

    def fault(self) -> str | None:
        """Why the rows cannot be divided; None if they can."""
        division, folds = self._division, self._folds
        if division.column and division.column not in [each.name for each in self._schema.feature]:
            return f"there is no column {division.column!r}"
        self._read()
        for number in range(folds):
            trained, validated = self._parts(number)
            if not trained.any() or not validated.any():
                what = {"group": "groups", "time": "different times"}.get(division.by, "different rows")
                return f"there are too few {what} for {folds} folds"
        return None

    def made(self, number: int, folder: Path) -> tuple[list[Artifact], str]:
        """Returns the examples of a fold and the URI of what describes them; makes them unless they are there.

        Args:
            number: Number of the fold, counted from 0.
            folder: Where all folds are; several processes may make the same one.
        """
        fold = folder / str(number)
        if not fold.exists():
            scratch = folder / f".{uuid.uuid4().hex}"
            self._make(number, scratch)
            try:
                scratch.rename(fold)
            except OSError:  # another process was faster
                shutil.rmtree(scratch)
        return [_examples(fold / EXAMPLES, self._splits)], str(fold / GRAPH)

    def _make(self, number: int, folder: Path) -> None:
        self._read()
        is_raw = isinstance(prepared(self._described), Untransformed)
        written = folder / (EXAMPLES if is_raw else _RAW)
        for use, chosen in zip(("train", "validation"), self._parts(number), strict=True):
            shard = f"{written}/Split-{self._splits[use]}/{shards.name(0, 1)}"
            shards.write(shard, (self._examples[row] for row in np.flatnonzero(chosen)))
        schema = folder / (GRAPH if is_raw else SCHEMA)
        schema.mkdir()
        (schema / SCHEMA_FILE).write_text(text_format.MessageToString(self._schema), encoding="utf-8")
        if not is_raw:
            self._transform(folder)
            shutil.rmtree(written)

    def _transform(self, folder: Path) -> None:
        """Runs Transform as the pipeline did, on other rows."""
        from components.transform.executor import Executor

        train, validation = self._splits["train"], self._splits["validation"]
        splits = transform_pb2.SplitsConfig(analyze=[train], transform=[train, validation])
        context = Executor.Context(
            beam_pipeline_args=_BEAM, tmp_dir=f"{folder}/.temporary/", unique_id=uuid.uuid4().hex
        )
        Executor(context).run(
            {
                standard_component_specs.EXAMPLES_KEY: [_examples(folder / _RAW, self._splits)],
                standard_component_specs.SCHEMA_KEY: [_artifact(standard_artifacts.Schema, folder / SCHEMA)],
            },
            {
                standard_component_specs.TRANSFORM_GRAPH_KEY: [
                    _artifact(standard_artifacts.TransformGraph, folder / GRAPH)
                ],
                standard_component_specs.TRANSFORMED_EXAMPLES_KEY: [
                    _artifact(standard_artifacts.Examples, folder / EXAMPLES)
                ],
            },
            {
                **(recipe.read(self._described) or {}),
                standard_component_specs.SPLITS_CONFIG_KEY: proto_utils.proto_to_json(splits),
                standard_component_specs.DISABLE_STATISTICS_KEY: 1,
                standard_component_specs.FORCE_TF_COMPAT_V1_KEY: 0,
            },
        )

    def _read(self) -> None:
        """Reads the rows, once."""
        if self._examples:
            return
        decoder = ExamplesToRecordBatchDecoder(self._schema.SerializeToString())
        decoded = []
        for use in ("train", "validation"):
            for shard in shards.files_of(self._raw, self._splits[use]):
                for batch in shards.read(shard):
                    self._examples += batch
                    decoded.append(decoder.DecodeBatch(batch))
        (rows,) = pa.Table.from_batches(decoded).combine_chunks().to_batches()
        self._found = self._division.folds_of(rows, self._folds)

    def _parts(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        return self._division.trained_on(self._found, number), self._found == number


def missing(raw: Sequence[Artifact], described: str, splits: Mapping[str, str]) -> str | None:
    """Why there is nothing to divide; None if there is.

    Args:
        raw: `Examples` artifacts with the raw rows; empty if there are none.
        described: See `Folds`.
        splits: See `Folds`.
    """
    if splits["train"] == splits["validation"]:
        return "the rows for training and validation are the same"
    if not raw:
        return "the Tuner has no raw examples"
    if not isinstance(prepared(described), Untransformed) and recipe.read(described) is None:
        return f"Transform left no {recipe.FILE} to fit it anew by"
    known = [artifact_utils.decode_split_names(each.split_names) for each in raw]
    if absent := [name for name in splits.values() if not all(name in names for names in known)]:
        return f"the raw examples have no split {absent[0]!r}"
    return None


def preprocessing_of(described: str) -> str | None:
    """Returns the dotted path of the function that Transform called; None if it is not known.

    Args:
        described: See `Folds`.
    """
    found = None if fileio.exists(f"{described}/{SCHEMA_FILE}") else recipe.read(described)
    return None if found is None else found[standard_component_specs.PREPROCESSING_FN_KEY]


def _artifact(kind: type[Artifact], folder: Path) -> Artifact:
    made = kind()
    made.uri = str(folder)
    return made


def _examples(folder: Path, splits: Mapping[str, str]) -> Artifact:
    made = _artifact(standard_artifacts.Examples, folder)
    made.split_names = json.dumps(sorted(set(splits.values())))
    return made

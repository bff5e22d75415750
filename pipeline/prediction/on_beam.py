"""Predicts the rows of a file on Beam, with the same results as without it.

One worker reads the file as without Beam, all workers predict its batches, each into a separate file, and the
launching process joins these files in the order of the rows. All workers must reach input, model and output under
the same paths.
"""

import functools
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import apache_beam as beam
import pyarrow as pa
from apache_beam.options.pipeline_options import PipelineOptions

from components.errors import UserError
from pipeline.prediction.model import ExportedModel
from pipeline.prediction.readers import open_rows
from pipeline.prediction.stream import PredictedRows, numbered

Numbered = tuple[int, int, bytes]
"""A batch: its position in the file, the number of its first row, and its serialised rows."""

_COUNT = "batches"


def run(model: Path, source: str, predicted: PredictedRows, parts: Path, arguments: Sequence[str]) -> None:
    """Predicts all batches.

    Args:
        model: Folder of the model.
        source: File of rows.
        predicted: Layout of the rows with their predictions.
        parts: Empty folder for the predicted batches.
        arguments: Arguments of the Beam pipeline.

    Raises:
        UserError: Beam rejects the arguments.
    """
    try:
        pipeline = beam.Pipeline(options=PipelineOptions(list(arguments)))
    except ValueError as error:
        raise UserError(f"--beam: {error}") from None
    with pipeline:
        _ = (
            pipeline
            | beam.Create([source])
            | "Read" >> beam.FlatMap(_read, model, parts)
            | beam.Reshuffle()
            | "Answer" >> beam.Map(_answer, model, predicted, parts)
        )


def collect(parts: Path) -> Iterator[pa.RecordBatch]:
    """Yields the batches that `run` predicted, in the order of the file.

    Raises:
        UserError: The file is damaged, or a row does not fit.
    """
    count = int((parts / _COUNT).read_text(encoding="utf-8"))
    for place in range(count):
        if (fault := _fault(parts, place)).exists():
            raise UserError(fault.read_text(encoding="utf-8"))
        with pa.OSFile(str(parts / f"{place}.arrow")) as file, pa.ipc.open_file(file) as reader:
            yield reader.get_batch(0)


def _read(source: str, model: Path, parts: Path) -> Iterator[Numbered]:
    loaded, place = _model(model), 0
    try:
        for batch, first_row in numbered(open_rows(source, loaded.schema.features), loaded.batch_rows):
            yield place, first_row, batch.serialize().to_pybytes()
            place += 1
    except UserError as error:
        # Raised here, it would be wrapped in the runner's own message.
        _write(_fault(parts, place), str(error).encode())
        place += 1
    _write(parts / _COUNT, str(place).encode())


def _answer(numbered: Numbered, model: Path, predicted: PredictedRows, parts: Path) -> None:
    place, first_row, rows = numbered
    batch = pa.ipc.read_record_batch(pa.py_buffer(rows), predicted.columns)
    try:
        answered = predicted.answer(_model(model), batch, first_row)
    except UserError as error:
        _write(_fault(parts, place), str(error).encode())
        return
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, predicted.schema) as writer:
        writer.write_batch(answered)
    _write(parts / f"{place}.arrow", sink.getvalue())


@functools.lru_cache(maxsize=1)
def _model(path: Path) -> ExportedModel:
    """One model per process."""
    return ExportedModel(path)


def _fault(parts: Path, place: int) -> Path:
    return parts / f"{place}.fault"


def _write(path: Path, content: bytes | pa.Buffer) -> None:
    """Writes a file atomically, because runners may do the same work twice."""
    part = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    part.write_bytes(content)
    part.replace(path)

"""Reads and writes files of rows without a model."""

from pathlib import Path

import pyarrow as pa

from components.formats import registry

NOTHING_NEEDED = {}


def read(file: Path) -> list[dict]:
    rows = registry.open_rows(str(file), NOTHING_NEEDED)
    return [row for batch in rows.batches() for row in batch.to_pylist()]


def write(file: Path, *batches: pa.RecordBatch) -> None:
    with file.open("wb") as stream:
        writer = registry.open_writer(str(file), stream, batches[0].schema)
        for batch in batches:
            writer.write(batch)
        writer.close()

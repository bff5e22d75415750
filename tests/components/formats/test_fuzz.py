"""Damaged files of every format in the registry: each is read, or refused in one line that names the file."""

import functools
import gzip
import io
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.errors import UserError
from components.features import RawFeature
from components.formats import registry
from components.formats.tfrecord.records import write_records
from pipeline.data.inspection import inspect
from pipeline.prediction.columns import to_features
from pipeline.prediction.readers import open_rows
from tests import mutations
from tests.components.formats.examples import examples

FEATURES = {"size": RawFeature("float32", None, "size"), "kind": RawFeature("string", None, "kind")}
ROWS = [
    {"size": 0.5 + row, "kind": "ab"[row % 2], "note": f'a "{row}",\nä', "label": row % 3}
    for row in range(12)
]


@functools.cache
def serialised() -> list[bytes]:
    return examples(
        *(
            {key: [value.encode() if isinstance(value, str) else value] for key, value in row.items()}
            for row in ROWS
        )
    )


@functools.cache
def written(suffix: str) -> bytes:
    """A sound file of `ROWS`. A format with a writer needs nothing here."""
    if registry.readable()[suffix].writer is None:
        return framed(suffix, serialised())
    batch, stream = pa.RecordBatch.from_pylist(ROWS), io.BytesIO()
    writer = registry.open_writer(f"rows{suffix}", stream, batch.schema)
    writer.write(batch)
    writer.close()
    content = stream.getvalue()
    return gzip.compress(content, mtime=0) if suffix.endswith(".gz") else content


def framed(suffix: str, payloads: list[bytes]) -> bytes:
    """A file of these records."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"rows{suffix}")
        write_records(file, payloads)
        return file.read_bytes()


@st.composite
def damaged_file(draw, suffix: str) -> bytes:
    """A damaged file. If it is compressed or has checksums, the damage may also be below them."""
    below = draw(st.booleans())
    sound = written(suffix)
    if below and registry.readable()[suffix].writer is None:
        payloads = [draw(mutations.contents(example)) for example in serialised()[: draw(st.integers(1, 4))]]
        return framed(suffix, payloads)
    if below and suffix.endswith(".gz"):
        return gzip.compress(draw(mutations.contents(gzip.decompress(sound))), mtime=0)
    return draw(mutations.contents(sound))


def read(file: Path) -> None:
    """Reads rows as `predict` does, up to the model."""
    first_row = 1
    for batch in open_rows(str(file), FEATURES).batches():
        batch.validate(full=True)
        to_features(batch, FEATURES, first_row)
        first_row += batch.num_rows


def refusal(call, *arguments) -> str | None:
    """The message that refuses the file, if it is refused."""
    try:
        call(*arguments)
    except UserError as error:
        return str(error)
    return None


@pytest.mark.parametrize("suffix", registry.readable())
@settings(max_examples=120, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_in_one_line(tmp_path, suffix, data):
    file = tmp_path / f"rows{suffix}"
    file.write_bytes(data.draw(damaged_file(suffix)))
    messages = [refusal(read, file)]
    if suffix in registry.trainable():
        messages.append(refusal(inspect, file, "label"))
    for message in filter(None, messages):
        assert message.isprintable()  # so it is one line, too
        assert file.name in message or message.startswith(("row ", "data.label: label "))

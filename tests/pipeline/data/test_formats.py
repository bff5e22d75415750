import dataclasses
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pytest

from components.errors import DataError, UserError
from components.features import RawFeature
from components.formats import registry
from components.formats.cells.numbers import Kind
from components.formats.cells.reading import Reading
from components.formats.columns import Column
from components.formats.contents import Contents, require_label
from components.formats.format import Format, Training
from components.formats.registry import open_rows
from components.formats.source import Block, Survey, TableSource
from pipeline.config.sections import DataSection
from pipeline.data.inspection import describe, inspect
from pipeline.prediction.writers import check_output
from tests.components.example_gen.generate import generate
from tests.components.formats.files import NOTHING_NEEDED, read, write


class WordRows:
    """Rows of one column, a line each."""

    done = None
    remarks = ()

    def __init__(self, file: str, features: Mapping[str, RawFeature]) -> None:
        self.name, self.schema = file, pa.schema({"word": pa.string()})

    def batches(self) -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"word": Path(self.name).read_text(encoding="utf-8").split()})


class WordWriter:
    """Writes what `WordRows` reads."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema) -> None:
        self._stream = stream

    def write(self, batch: pa.RecordBatch) -> None:
        self._stream.write("\n".join(batch.column("word").to_pylist()).encode())

    def close(self) -> None: ...


def inspect_words(files: list[Path], label: str, categorical: Collection[str], reading: Reading) -> Contents:
    words = [word for file in files for word in file.read_text().split()]
    require_label(label, ("word",), files[0])
    return Contents(("word",), {"word": 1}, len(set(words)), np.array(words, object))


class WordSource(TableSource):
    """Reads words for training, a file at a time."""

    def blocks(self, file: str) -> Iterator[Block]:
        yield Block(file, 0, 0, ("word",))

    def survey(self, block: Block) -> Survey:
        return Survey(Path(block.file).stat().st_size, {"word": Column(Kind.TEXT)})

    def batches(self, block: Block) -> Iterator[pa.RecordBatch]:
        return WordRows(block.file, {}).batches()

    def convert(self, block: Block, name: str, values: pa.Array, column: Column) -> pa.Array:
        return values.cast(column.type)


@pytest.fixture
def words(monkeypatch) -> Format:
    """One more row in the table."""
    training = Training((".words",), f"{__name__}:inspect_words", f"{__name__}:WordSource")
    added = Format("words", (".words",), f"{__name__}:WordRows", f"{__name__}:WordWriter", training=training)
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, added))
    return added


def test_a_row_in_the_table_is_all_that_a_format_needs(words, tmp_path):
    write(tmp_path / "a.words", pa.record_batch({"word": ["yes", "no", "yes"]}))
    assert [row["word"] for row in read(tmp_path / "a.words")] == ["yes", "no", "yes"]
    check_output(str(tmp_path / "b.words"), overwrite=False)
    for path in (tmp_path, tmp_path / "a.words"):
        data = inspect(path, "word")
        assert (data.format, data.columns, data.label.classes) == (words, ("word",), ("no", "yes"))
    described = describe(Path("/elsewhere"), "*.words", "word", "classification", ["yes", "no"])
    assert described.format == words
    written = generate(tmp_path, ["*.words"], tmp_path / "examples", {})
    assert sorted(row["word"][0] for split in written.values() for row in split) == [b"no", b"yes", b"yes"]
    section = DataSection(path=tmp_path, label="word", pattern="*.words")
    assert section.pattern == "*.words"


def test_a_file_with_an_unknown_suffix_is_refused_everywhere(tmp_path):
    file = tmp_path / "rows.words"
    file.write_text("yes no")
    trained = r"\*.csv, \*.csv.gz, .* or \*.parquet"
    with pytest.raises(UserError, match="rows.words: must end in .csv, .* or .parquet"):
        open_rows(str(file), NOTHING_NEEDED)
    with pytest.raises(UserError, match="rows.words: must end in .csv, .csv.gz, .tsv, .tsv.gz or .parquet"):
        check_output(str(file), overwrite=True)
    with pytest.raises(DataError, match=f"rows.words is not a {trained} file; convert it, or rename it"):
        inspect(file, "word")
    with pytest.raises(DataError, match=f"contains no {trained} files$"):
        inspect(tmp_path, "word")
    with pytest.raises(DataError, match=r"data.pattern: \*.words does not end in .csv, .csv.gz, "):
        describe(Path("/elsewhere"), "*.words", "word", "classification", ["yes", "no"])


def test_a_format_without_training_is_not_trained_on(tmp_path, monkeypatch, words):
    only_predicted = dataclasses.replace(words, training=None)
    monkeypatch.setattr(registry, "FORMATS", (registry.CSV, only_predicted))
    (tmp_path / "rows.words").touch()
    for path in (tmp_path, tmp_path / "rows.words"):
        with pytest.raises(
            DataError, match="convert rows.words, whose format is supported for predictions but not"
        ):
            inspect(path, "word")

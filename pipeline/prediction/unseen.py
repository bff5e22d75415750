"""Columns of new rows whose values all differ from those that the model was trained on."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from components.errors import few
from components.formats.columns import is_text
from components.model_store import model_files
from pipeline.prediction.model import ExportedModel

_SHARE = 0.5
"""Share of different values among the training rows from which on new values are to be expected."""


class Unseen:
    """Watches rows go by; a column counts as unseen until one of its values is known."""

    def __init__(self, model: ExportedModel) -> None:
        """Reads the values of the training data, as far as they are stored with the model."""
        reading = model.reading
        texts = {name for name, each in model.schema.features.items() if each.dtype == "string"}
        categories = texts - {*reading.dates, *reading.texts, *reading.images}
        self._lists = reading.lists
        known = _known(model.path / model_files.STATISTICS, categories)
        self._known = {name: self._parts(name, cells) for name, cells in known.items()}
        self._examples: dict[str, str] = {}

    def add(self, rows: pa.RecordBatch) -> None:
        """Takes more rows into account."""
        for name, known in list(self._known.items()):
            cells = rows.column(name) if name in rows.schema.names else None
            if cells is None or not is_text(cells.type):
                del self._known[name]
                continue
            cells = self._parts(name, pc.unique(cells).drop_null().cast(pa.string()))
            if pc.any(pc.is_in(cells, known)).as_py():
                del self._known[name]
            elif len(cells):
                self._examples.setdefault(name, cells[0].as_py())

    def _parts(self, name: str, cells: pa.Array) -> pa.Array:
        """The values in cells: for a list, its parts."""
        if separator := self._lists.get(name):
            cells = pc.utf8_trim_whitespace(pc.split_pattern(cells, separator).flatten())
        return cells.filter(pc.not_equal(cells, ""))

    def warning(self) -> str | None:
        """A line about the columns without a known value; None if there are none."""
        found = [
            f"{name} (such as {self._examples[name][:40]!r})"
            for name in self._known
            if name in self._examples
        ]
        if not found:
            return None
        column = "these columns" if len(found) > 1 else "this column"
        return f"warning: the model has not seen any value of {column} in training: {few(found)}"


def _known(file: Path, names: set[str]) -> dict[str, pa.Array]:
    """The most frequent values of columns of categories in the training data."""
    from tensorflow_metadata.proto.v0 import statistics_pb2

    if not file.is_file():
        return {}
    statistics = statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read_bytes())
    known = {}
    for feature in statistics.datasets[0].features:
        name, found = feature.name or ".".join(feature.path.step), feature.string_stats
        rows = found.common_stats.num_non_missing
        if name in names and 0 < found.unique < _SHARE * rows:
            known[name] = pa.array([bucket.label for bucket in found.rank_histogram.buckets], pa.string())
    return {name: values for name, values in known.items() if len(values)}

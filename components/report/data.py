"""The data of a run: rows, columns, anomalies, and drift since the model in production."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tensorflow_metadata.proto.v0 import anomalies_pb2

from components.report.columns import Statistics, features, gaps
from components.report.drift import THRESHOLD, Drift
from components.report.health import Finding
from reactive_schedules.pages.content import Block, Facts, Folded, Section, Table, Text, text_of

TRAIN = "train"

_BYTES = "__BYTES_VALUE__"
"""What TensorFlow Data Validation writes instead of a value that is no text."""


def data(
    statistics: Mapping[str, Statistics],
    anomalies: Mapping[str, anomalies_pb2.Anomalies],
    drift: list[Drift] | None,
    version: str,
    remarks: str = "",
) -> Section:
    """Returns the section about the data.

    Args:
        statistics: Statistics by split.
        anomalies: Anomalies by split.
        drift: Drift of each column; None if there is nothing to compare with.
        version: Version in production; empty if there is none.
        remarks: What the ExampleGen says about the rows, in lines.
    """
    return Section(
        "Data",
        [
            Facts([("Rows", _rows(statistics)), ("Anomalies", _anomalies(anomalies))]),
            *(Text(remark) for remark in remarks.splitlines()),
            Folded("Columns", _columns(statistics[TRAIN])),
            *_drift(drift, version),
        ],
    )


def look(findings: Sequence[Finding]) -> Iterator[Block]:
    """Yields what deserves a look; rows that are in several splits are among the remarks."""
    rows = [(each.column, each.finding, each.yaml) for each in findings if each.column]
    if not rows:
        yield Text(
            "Nothing stands out: no column is empty, constant, an id, mostly missing, or predicts the label alone.",
            tone="good",
        )
        return
    yield Table("Worth a look", ("column", "finding", "what changes it in the configuration"), rows)


def read_statistics(uri: str, split: str) -> Statistics:
    """Reads the statistics of a split from the artifact of StatisticsGen."""
    return Statistics.FromString(Path(uri, f"Split-{split}", "FeatureStats.pb").read_bytes())


def read_anomalies(uri: str, split: str) -> anomalies_pb2.Anomalies:
    """Reads the anomalies of a split from the artifact of ExampleValidator."""
    return anomalies_pb2.Anomalies.FromString(Path(uri, f"Split-{split}", "SchemaDiff.pb").read_bytes())


def rows_of(statistics: Mapping[str, Statistics]) -> dict[str, int]:
    """Returns the number of examples by split."""
    return {split: int(found.datasets[0].num_examples) for split, found in statistics.items()}


def _rows(statistics: Mapping[str, Statistics]) -> str:
    rows = rows_of(statistics)
    return f"{sum(rows.values()):,}: " + ", ".join(f"{split} {count:,}" for split, count in rows.items())


def _anomalies(anomalies: Mapping[str, anomalies_pb2.Anomalies]) -> list[str]:
    found = [
        f"{split}, {name}: {info.description}"
        for split, of_split in anomalies.items()
        for name, info in sorted(of_split.anomaly_info.items())
    ]
    return found or ["none against the schema inferred from the data"]


def _columns(statistics: Statistics) -> Table:
    rows = []
    for name, feature in features(statistics):
        kind = feature.Type.Name(feature.type).lower()
        if feature.WhichOneof("stats") == "num_stats":
            numbers = feature.num_stats
            cells = (numbers.mean, numbers.std_dev, numbers.min, numbers.max, None)
        else:
            top = feature.string_stats.top_values[:3]
            shown = [f"{each.value} {text_of(each.frequency)}" for each in top if each.value != _BYTES]
            cells = (
                None,
                None,
                None,
                None,
                ", ".join(shown) if shown or not top else "bytes, such as images",
            )
        rows.append((name, kind, f"{gaps(feature):.1%}", *cells))
    return Table(
        "Columns of the training split",
        ("column", "type", "missing", "mean", "standard deviation", "minimum", "maximum", "most frequent"),
        rows,
    )


def _drift(drift: list[Drift] | None, version: str) -> Iterator[Block]:
    if drift is None:
        yield Text(
            f"Drift: not measured; version {version}, in production, has no statistics to compare with."
            if version
            else "Drift: not measured; no other model is in production to compare with."
        )
        return
    moved = [found for found in drift if found.distance > THRESHOLD]
    against = f"the data that version {version}, in production, was trained on"
    if not moved:
        yield Text(f"Drift: no column differs by more than {THRESHOLD} from {against}.", tone="good")
    else:
        names = ", ".join(found.column for found in moved)
        yield Text(
            f"Drift: columns that differ by more than {THRESHOLD} from {against}: {names}.", tone="bad"
        )
    yield Folded(
        "Drift by column",
        Table(
            f"Distance of the training split from {against}",
            ("column", "distance", "measure"),
            [(found.column, found.distance, found.measure) for found in drift],
            frozenset(range(len(moved))),
        ),
    )

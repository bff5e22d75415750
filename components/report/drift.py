"""Measures the drift between two data sets by column, with TensorFlow Data Validation."""

import dataclasses
from collections.abc import Iterator

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from components.report.columns import Statistics, features, gaps

THRESHOLD = 0.1
"""Distance above which a column has drifted; both measures are between 0 and 1."""

_MEASURES = {
    anomalies_pb2.DriftSkewInfo.Measurement.JENSEN_SHANNON_DIVERGENCE: "Jensen-Shannon divergence",
    anomalies_pb2.DriftSkewInfo.Measurement.L_INFTY: "largest difference in the share of a value",
}


@dataclasses.dataclass(frozen=True)
class Drift:
    """The drift of one column.

    Attributes:
        column: Name of the column.
        distance: Distance between the distributions, from 0 (equal) to 1.
        measure: Name of the measure.
    """

    column: str
    distance: float
    measure: str


def measure(
    now: Statistics,
    before: Statistics,
    schema: schema_pb2.Schema,
) -> list[Drift]:
    """Measures the drift of the columns that both data sets have, largest first.

    Text is measured by the largest difference in the share of a value, numbers by the Jensen-Shannon divergence of
    their histograms. Either kind of histogram may mislead: an outlier leaves everything else in one bin of equal
    width, and frequent values make quantiles coincide. Both rarely fail together, so the smaller divergence counts.
    """
    found: dict[str, Drift] = {}
    for histogram in (schema_pb2.HistogramSelection.STANDARD, schema_pb2.HistogramSelection.QUANTILES):
        for drift in _compare(now, before, schema, histogram):
            if drift.column not in found or drift.distance < found[drift.column].distance:
                found[drift.column] = drift
    earlier = dict(features(before))
    for column, feature in features(now):
        if column in earlier:
            distance = abs(gaps(feature) - gaps(earlier[column]))
            if column in found and distance > found[column].distance:
                found[column] = Drift(column, distance, "difference in the share of gaps")
    return sorted(found.values(), key=lambda drift: -drift.distance)


def _compare(
    now: Statistics,
    before: Statistics,
    schema: schema_pb2.Schema,
    histogram: int,
) -> Iterator[Drift]:
    import tensorflow_data_validation as tfdv

    compared = schema_pb2.Schema()
    compared.CopyFrom(schema)
    known = dict(features(now)).keys() & dict(features(before))
    for feature in compared.feature:
        if feature.name not in known:
            continue
        if feature.type == schema_pb2.FeatureType.BYTES:
            feature.drift_comparator.infinity_norm.threshold = THRESHOLD
        else:
            feature.drift_comparator.jensen_shannon_divergence.threshold = THRESHOLD
            feature.drift_comparator.jensen_shannon_divergence.source.type = histogram
    for info in tfdv.validate_statistics(now, compared, previous_statistics=before).drift_skew_info:
        for measurement in info.drift_measurements:
            yield Drift(".".join(info.path.step), measurement.value, _MEASURES[measurement.type])

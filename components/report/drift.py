"""How far two data sets are apart, column by column, as TensorFlow Data Validation measures it."""

import dataclasses
from collections.abc import Iterator

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

THRESHOLD = 0.1
"""A column further than this has moved; both measures lie between 0 and 1."""

_MEASURES = {
    anomalies_pb2.DriftSkewInfo.Measurement.JENSEN_SHANNON_DIVERGENCE: "Jensen-Shannon divergence",
    anomalies_pb2.DriftSkewInfo.Measurement.L_INFTY: "largest difference of a value's share",
}


@dataclasses.dataclass(frozen=True)
class Drift:
    """Distance of a column from what it was, between 0 (the same) and 1."""

    column: str
    distance: float
    measure: str


def measure(
    now: statistics_pb2.DatasetFeatureStatisticsList,
    before: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
) -> list[Drift]:
    """Columns that both have, the most distant first.

    Text is measured by the largest difference of a value's share, numbers by the Jensen-Shannon divergence of their
    histograms. Either histogram may mislead – an outlier leaves all else in one bin of equal width, frequent values
    make quantiles meet – and hardly ever both, so the smaller divergence counts.
    """
    found: dict[str, Drift] = {}
    for histogram in (schema_pb2.HistogramSelection.STANDARD, schema_pb2.HistogramSelection.QUANTILES):
        for drift in _compare(now, before, schema, histogram):
            if drift.column not in found or drift.distance < found[drift.column].distance:
                found[drift.column] = drift
    return sorted(found.values(), key=lambda drift: -drift.distance)


def _compare(
    now: statistics_pb2.DatasetFeatureStatisticsList,
    before: statistics_pb2.DatasetFeatureStatisticsList,
    schema: schema_pb2.Schema,
    histogram: int,
) -> Iterator[Drift]:
    import tensorflow_data_validation as tfdv

    compared = schema_pb2.Schema()
    compared.CopyFrom(schema)
    known = _names(now) & _names(before)
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


def _names(statistics: statistics_pb2.DatasetFeatureStatisticsList) -> set[str]:
    return {feature.name or ".".join(feature.path.step) for feature in statistics.datasets[0].features}

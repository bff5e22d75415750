"""How far two data sets are apart, column by column, as TensorFlow Data Validation measures it."""

import dataclasses

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
    """Columns that both have, the most distant first: numbers by divergence, text by the largest difference."""
    import tensorflow_data_validation as tfdv

    compared = schema_pb2.Schema()
    compared.CopyFrom(schema)
    known = [set(_names(statistics)) for statistics in (now, before)]
    for feature in compared.feature:
        if any(feature.name not in names for names in known):
            continue
        if feature.type == schema_pb2.FeatureType.BYTES:
            feature.drift_comparator.infinity_norm.threshold = THRESHOLD
        else:
            divergence = feature.drift_comparator.jensen_shannon_divergence
            divergence.threshold = THRESHOLD
            # Bins of equal width, the default, leave all values but an outlier in one of them.
            divergence.source.type = schema_pb2.HistogramSelection.QUANTILES
    found = tfdv.validate_statistics(now, compared, previous_statistics=before).drift_skew_info
    drifts = [
        Drift(".".join(info.path.step), measurement.value, _MEASURES[measurement.type])
        for info in found
        for measurement in info.drift_measurements
    ]
    return sorted(drifts, key=lambda drift: -drift.distance)


def _names(statistics: statistics_pb2.DatasetFeatureStatisticsList) -> list[str]:
    return [feature.name or ".".join(feature.path.step) for feature in statistics.datasets[0].features]

"""What the statistics of a column say."""

from collections.abc import Iterator

from tensorflow_metadata.proto.v0 import statistics_pb2

Statistics = statistics_pb2.DatasetFeatureStatisticsList


def features(statistics: Statistics) -> Iterator[tuple[str, statistics_pb2.FeatureNameStatistics]]:
    """Yields each column's name and statistics."""
    for feature in statistics.datasets[0].features:
        yield feature.name or ".".join(feature.path.step), feature


def common(feature: statistics_pb2.FeatureNameStatistics) -> statistics_pb2.CommonStatistics:
    """The part that columns of numbers and of text have in common."""
    kind = feature.WhichOneof("stats")
    return getattr(feature, kind).common_stats if kind else statistics_pb2.CommonStatistics()


def gaps(feature: statistics_pb2.FeatureNameStatistics) -> float:
    """The share of rows without a value, from 0 to 1; 1 if there are no rows.

    A gap of a table is an empty list, which TensorFlow Data Validation does not count as missing. For columns with
    several values per row, the share of empty lists is an estimate from the histogram of their lengths.
    """
    found = common(feature)
    rows = found.num_missing + found.num_non_missing
    if not rows:
        return 1.0
    if found.max_num_values <= 1:
        filled = found.tot_num_values
    elif found.min_num_values:
        filled = found.num_non_missing
    else:
        buckets = found.num_values_histogram.buckets
        filled = found.num_non_missing - sum(each.sample_count for each in buckets if each.high_value == 0)
    return 1 - filled / rows

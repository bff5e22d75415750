"""What is computed for each column, as generators of TensorFlow Data Validation: parts that add up.

The parts of shards, merged in the order of the shards, give statistics that depend on the data alone.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_data_validation.arrow import arrow_util
from tensorflow_data_validation.statistics.generators import basic_stats_generator, stats_generator
from tensorflow_data_validation.statistics.stats_options import StatsOptions
from tensorflow_data_validation.types import FeaturePath
from tensorflow_data_validation.utils import quantiles_util, stats_util, top_k_uniques_stats_util
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx_bsl.arrow import array_util

from components.counts import Counts
from components.statistics_gen.equal_width import equal_width

OPTIONS = StatsOptions()
"""TFDV's defaults."""

LONGEST_VALUE = 1024
"""Bytes; longer values are counted by their digest, so that no statistics hold the images of a data set."""

_QUANTILES_PER_BUCKET = 100  # as in TFDV


class Basics(basic_stats_generator.BasicStatsGenerator):
    """TFDV's presence, lengths, means, extremes and histograms; the histograms are made on arrays."""

    def extract_output(self, accumulator: Any) -> statistics_pb2.DatasetFeatureStatistics:
        """Returns the statistics; see the base class."""
        taken = {}
        for path, column in accumulator.items():
            numbers = column.numeric_stats
            if np.isfinite([numbers.min, numbers.max]).all():
                taken[path.steps()] = numbers, numbers.quantiles_summary
                numbers.quantiles_summary = None  # TFDV then leaves the histograms out
        result = super().extract_output(accumulator)
        for feature in result.features:
            if found := taken.get(tuple(feature.path.step)):
                _add_histograms(feature.num_stats, *found)
        return result


def _add_histograms(statistics: statistics_pb2.NumericStatistics, numbers: Any, sketch: Any) -> None:
    """Adds the median and the histograms, as TFDV does.

    Args:
        statistics: What to complete.
        numbers: TFDV's `_PartialNumericStats`, all of whose values are finite or NaN.
        sketch: Sketch of the quantiles.
    """
    buckets = OPTIONS.num_quantiles_histogram_buckets
    quantiles, cumulative = (
        found.flatten().to_numpy(zero_copy_only=False)
        for found in sketch.GetQuantilesAndCumulativeWeights(_QUANTILES_PER_BUCKET * buckets)
    )
    statistics.median = float(quantiles_util.find_median(quantiles))
    few = quantiles_util.rebin_quantiles(quantiles, cumulative, _QUANTILES_PER_BUCKET)
    for made in (
        equal_width(quantiles, cumulative, numbers.min, numbers.max, OPTIONS.num_histogram_buckets),
        quantiles_util.generate_quantiles_histogram(*few),
    ):
        made.num_nan = numbers.num_nan
        statistics.histograms.append(made)


ByColumn = dict[FeaturePath, Counts]


class Values(stats_generator.CombinerStatsGenerator):
    """How many different values a column of text has, and the most frequent ones: exact."""

    def __init__(self) -> None:
        super().__init__("Values")

    def create_accumulator(self) -> ByColumn:
        """Returns the counts of no examples."""
        return {}

    def add_input(self, accumulator: ByColumn, input_record_batch: pa.RecordBatch) -> ByColumn:
        """Adds examples."""
        for path, array, _ in arrow_util.enumerate_arrays(
            input_record_batch, example_weight_map=None, enumerate_leaves_only=True
        ):
            kind = stats_util.get_feature_type_from_arrow_type(path, array.type)
            if kind == statistics_pb2.FeatureNameStatistics.STRING:
                values, _ = array_util.flatten_nested(array)
                found = _short(values).value_counts()
                accumulator.setdefault(path, Counts()).add(found.field("values"), found.field("counts"))
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[ByColumn]) -> ByColumn:
        """Puts counts together."""
        merged: ByColumn = {}
        for accumulator in accumulators:
            for path, counts in accumulator.items():
                merged.setdefault(path, Counts()).merge(counts)
        return merged

    def compact(self, accumulator: ByColumn) -> ByColumn:
        """Adds the counts up."""
        for counts in accumulator.values():
            counts.table()
        return accumulator

    def extract_output(self, accumulator: ByColumn) -> statistics_pb2.DatasetFeatureStatistics:
        """Returns the statistics."""
        result = statistics_pb2.DatasetFeatureStatistics()
        for path, counted in accumulator.items():
            counts = counted.table()
            most = max(OPTIONS.num_top_values, OPTIONS.num_rank_histogram_buckets)
            order = [("counts", "descending"), ("values", "descending")]  # equal counts as in TFDV
            # Arrow cannot select from nothing.
            best = pc.select_k_unstable(counts, most, order) if counts.num_rows else pa.array([], pa.uint64())
            top = counts.take(best).to_pylist()
            result.features.append(
                top_k_uniques_stats_util.make_feature_stats_proto_topk_uniques(
                    path,
                    num_top_values=OPTIONS.num_top_values,
                    num_rank_histogram_buckets=OPTIONS.num_rank_histogram_buckets,
                    num_unique=counts.num_rows,
                    value_count_list=[
                        top_k_uniques_stats_util.FeatureValueCount(pair["values"], pair["counts"])
                        for pair in top
                    ],
                )
            )
        return result


def _short(values: pa.Array) -> pa.Array:
    """Replaces long values by digests that are no valid UTF-8, so that TFDV shows them as bytes."""
    long = pc.greater(pc.binary_length(values), LONGEST_VALUE)
    if not pc.any(long).as_py():
        return values
    digests = [b"\xff" + hashlib.sha256(value.as_buffer()).digest() for value in values.filter(long)]
    return pc.replace_with_mask(values, long, pa.array(digests, values.type))


GENERATORS = (Basics(), Values())

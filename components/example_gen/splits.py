"""The splits of an ExampleGen, and the rule that decides which of them each row belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfx.components.example_gen import utils
from tfx.proto import example_gen_pb2

from components.example_gen.ranked import Stratified, Timed
from components.example_gen.rules import Hashed, Named, Rule
from components.example_gen.settings import PLAIN, Settings
from components.formats.cells import dates

TRAIN = "train"


@dataclass(frozen=True)
class Splits:
    """The output splits of an ExampleGen.

    Attributes:
        names: Names of the splits.
        rule: Decides which of them a row belongs to.
    """

    names: tuple[str, ...]
    rule: Rule

    @classmethod
    def configured(
        cls, source: example_gen_pb2.Input, target: example_gen_pb2.Output, settings: Settings = PLAIN
    ) -> "Splits":
        """Reads the input and output configurations of TFX, and what our settings add to them."""
        names = tuple(utils.generate_output_split_names(source, target))
        config, split = target.split_config, settings.split
        buckets = tuple(split.hash_buckets for split in config.splits)
        shares = dict(zip(names, buckets, strict=False))
        if column := split.get("time"):
            return cls(names, Timed(shares, column, split.get("format") or dates.ISO))
        if column := split.get("column"):
            return cls(names, Named(names, column))
        if split.get("stratify"):
            return cls(names, Stratified(shares, settings.label))
        if buckets:
            key = "data.split.group" if split.get("group") else "partition_feature_name"
            return cls(names, Hashed((buckets,), config.partition_feature_name, key))
        return _given(names, split.get("shares", {}))


def _given(inputs: Sequence[str], shares: Mapping[str, Any]) -> Splits:
    """The input splits are the output splits; those that have no input are a share of the training rows."""
    missing = [name for name in shares if name not in inputs]
    names = (*inputs, *missing)
    carved = {name: int(shares[name]) for name in (TRAIN, *missing)} if missing else {}
    buckets = []
    for origin in inputs:
        own = carved if origin == TRAIN and carved else {origin: 1}
        buckets.append(tuple(own.get(name, 0) for name in names))
    return Splits(names, Hashed(tuple(buckets), own=True))

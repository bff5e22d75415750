"""What in the data deserves a look before a model is trusted, with the line of the configuration that changes it."""

import dataclasses
import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx.utils import io_utils

from components.features import LabelFeature
from components.metrics.balance import RARE_LABEL, is_rare
from components.report.columns import Statistics, common, features, gaps
from components.report.raw import Look

MANY_GAPS = 0.5
"""Share of rows without a value from which a column is named."""

ENOUGH_ROWS = 20
"""Rows from which different values in each row are no coincidence."""

LONGEST_ID = 40
"""Characters on average above which a text is not taken for an id."""

PREDICTS = 0.95
"""Skill from which a single column predicts the label suspiciously well; see `components.report.leakage`."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        kind: `empty`, `constant`, `id`, `gaps`, `leakage`, `imbalance` or `duplicates`.
        column: Column; empty if it is about rows.
        finding: What was found, as a sentence without subject.
        yaml: What changes it in the configuration.
    """

    kind: str
    column: str
    finding: str
    yaml: str


@dataclasses.dataclass(frozen=True)
class Known:
    """What is known about the columns, so that it is not found again.

    Attributes:
        ignored: Columns that the model does not see.
        distinct: Columns whose values may well be different in every row: dates, free text and lists.
    """

    ignored: Collection[str] = ()
    distinct: Collection[str] = ()

    @classmethod
    def from_json(cls, text: str) -> "Known":
        """Returns what `to_json` wrote."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """Returns the attributes as JSON."""
        return json.dumps({"ignored": sorted(self.ignored), "distinct": sorted(self.distinct)})


def health(
    statistics: Statistics,
    seen: Look,
    label: LabelFeature,
    duplicates: Mapping[str, int],
    known: Known,
) -> list[Finding]:
    """Returns all findings, those that can spoil the verdict first.

    Args:
        statistics: Statistics of the training split.
        seen: What a look at the examples showed.
        label: Label of the data.
        duplicates: Rows of each split that are in the training split, too.
        known: What is known about the columns.
    """
    return [
        *_duplicates(duplicates),
        *_leakage(seen, label, known.ignored),
        *_imbalance(seen, label),
        *(
            finding
            for name, feature in features(statistics)
            if name not in {label.name, *known.ignored}
            for finding in _of_column(name, feature, seen, name in known.distinct)
        ),
    ]


def write(findings: Sequence[Finding], file: Path) -> None:
    """Writes findings as JSON."""
    io_utils.write_string_file(
        str(file), json.dumps({"findings": [dataclasses.asdict(each) for each in findings]}, indent=2)
    )


def _duplicates(counts: Mapping[str, int]) -> Iterator[Finding]:
    for split, count in counts.items():
        if count:
            text = f"{count:,} row{'s' * (count > 1)} of {split} {'are' if count > 1 else 'is'} in train, too"
            yield Finding("duplicates", "", text, "data: {split: {hash: true}}")


def _leakage(seen: Look, label: LabelFeature, ignored: Collection[str]) -> Iterator[Finding]:
    for name, skill in sorted(seen.skills.items(), key=lambda item: -item[1]):
        if skill >= PREDICTS and name not in ignored:
            avoided = f"{skill:.0%} of the errors avoided"
            text = f"predicts {label.name} almost alone ({avoided}); will you know it when you predict?"
            yield Finding("leakage", name, text, _ignore(name))


def _imbalance(seen: Look, label: LabelFeature) -> Iterator[Finding]:
    if len(seen.classes) < 2:
        return
    rarest = min(seen.classes, key=lambda name: seen.classes[name])
    if label.is_multilabel:
        if (count := seen.classes[rarest]) < RARE_LABEL * seen.rows:
            text = f"has {rarest} in {count / seen.rows:.2%} of the rows, too few to learn or judge it well"
            yield Finding("imbalance", label.name, text, "evaluation: {metric: micro_f1}")
        return
    if is_rare(seen.classes[rarest], seen.rows, len(seen.classes)):
        text = (
            f"is {rarest} in {seen.classes[rarest] / seen.rows:.1%} of the rows, so that accuracy says little"
        )
        yield Finding("imbalance", label.name, text, "evaluation: {metric: balanced_accuracy}")


def _of_column(
    name: str, feature: statistics_pb2.FeatureNameStatistics, seen: Look, may_differ: bool
) -> Iterator[Finding]:
    missing, found = gaps(feature), common(feature)
    if missing == 1:
        yield Finding("empty", name, "has no values", _ignore(name))
        return
    if missing >= MANY_GAPS:
        yield Finding("gaps", name, f"has no value in {missing:.1%} of the rows", _ignore(name))
    if found.max_num_values > 1:
        return
    numbers, texts = feature.num_stats, feature.string_stats
    is_text = feature.WhichOneof("stats") == "string_stats"
    if texts.unique == 1 if is_text else numbers.min == numbers.max:
        value = texts.top_values[0].value if is_text else f"{numbers.min:.6g}"
        text = f"is {value} wherever it has a value" if missing else f"is {value} in every row"
        yield Finding("constant", name, text, _ignore(name))
    if may_differ:
        return
    rows, different = (
        (found.tot_num_values, texts.unique) if is_text else (seen.rows, seen.distinct.get(name))
    )
    if different == rows >= ENOUGH_ROWS and texts.avg_length <= LONGEST_ID:
        yield Finding("id", name, "is different in every row, as an id is", _ignore(name))


def _ignore(name: str) -> str:
    section = yaml.safe_dump({"ignore": [name]}, default_flow_style=True, allow_unicode=True, width=math.inf)
    return f"data: {section.strip()}"

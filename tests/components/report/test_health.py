"""What deserves a look in the data, from statistics and examples as the pipeline has them."""

import dataclasses
import json
import random
from pathlib import Path

import pytest

from components import shards
from components.features import LabelFeature
from components.report import drift
from components.report.columns import Statistics, features, gaps
from components.report.health import Known, health
from components.report.raw import look
from components.schema import read_schema
from components.statistics_gen import executor
from tests.components.transform.running import write_raw

ROWS = 400
IGNORED = Known(["ignored"])
LABEL = LabelFeature("label", "classification", ("common", "rare"))


def table(seed: int = 0, share_of_gaps: float = 0.74) -> dict[str, list]:
    chance = random.Random(seed)
    rare = [chance.random() < 0.06 for _ in range(ROWS)]
    return {
        "label": [[b"rare" if each else b"common"] for each in rare],
        "good": [[chance.gauss(0, 1)] for _ in range(ROWS)],
        "holes": [[] if chance.random() < share_of_gaps else [chance.random()] for _ in range(ROWS)],
        "some holes": [[] if chance.random() < 0.2 else [b"%d" % chance.randrange(3)] for _ in range(ROWS)],
        "number": [[1000 + 3 * row] for row in range(ROWS)],
        "code": [[b"row %d" % row] for row in range(ROWS)],
        "sentence": [[b"a text of many words that is different each time, number %d" % row] for row in range(ROWS)],
        "no": [[5] for _ in range(ROWS)],
        "only a": [[] if chance.random() < 0.3 else [b"a"] for _ in range(ROWS)],
        "after": [[chance.gauss(9, 1) if each else chance.gauss(-9, 1)] for each in rare],
        "refund": [[b"r%d" % chance.randrange(3)] if each else [] for each in rare],
        "ignored": [[7] for _ in range(ROWS)],
        "pixels": [[0.0, 1.0] for _ in range(ROWS)],
    }  # fmt: skip


def statistics_of(inputs, folder: Path) -> Statistics:
    (shard,) = shards.files_of(inputs["examples"], "train")
    executor._write(str(folder / "statistics.pb"), [(0, executor.accumulated(shard))])
    return Statistics.FromString((folder / "statistics.pb").read_bytes())


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    splits = {"train": [list(range(ROWS))], "eval": [[]], "test": [[1]]}
    return write_raw(tmp_path_factory.mktemp("raw"), table(), splits)


@pytest.fixture(scope="module")
def statistics(inputs, tmp_path_factory):
    return statistics_of(inputs, tmp_path_factory.mktemp("statistics"))


def found(inputs, statistics, known: Known = IGNORED, **equal: int) -> list[tuple[str, str, str, str]]:
    seen = look(inputs["examples"], read_schema(inputs["schema"]), LABEL, "train")
    return [dataclasses.astuple(each) for each in health(statistics, seen, LABEL, equal, known)]


def test_what_deserves_a_look(inputs, statistics):
    leaks = "predicts label almost alone (100% of the errors avoided); will you know it when you predict?"
    seen = found(inputs, statistics)
    assert {finding[1:] for finding in seen if finding[0] == "leakage"} == {
        (name, leaks, f"data: {{ignore: [{name}]}}") for name in ("after", "refund")
    }
    assert [finding[:3] for finding in seen if finding[0] != "leakage"] == [
        ("imbalance", "label", "is rare in 6.5% of the rows, so that accuracy says little"),
        *sorted(
            [
                ("id", "code", "is different in every row, as an id is"),
                ("id", "number", "is different in every row, as an id is"),
                ("constant", "no", "is 5 in every row"),
                ("constant", "only a", "is a wherever it has a value"),
                ("gaps", "holes", "has no value in 72.8% of the rows"),
                ("gaps", "refund", "has no value in 93.5% of the rows"),
            ],
            key=lambda finding: [name for name, _ in features(statistics)].index(finding[1]),
        ),
    ]


def test_names_are_quoted_where_yaml_reads_them_otherwise(inputs, statistics):
    remedies = {name: remedy for _, name, _, remedy in found(inputs, statistics)}
    assert remedies["no"] == "data: {ignore: ['no']}"
    assert remedies["only a"] == "data: {ignore: [only a]}"


def test_rows_of_other_splits_that_train_as_well(inputs, statistics):
    seen = found(inputs, statistics, train=0, eval=1, test=3000)
    remedy = "data: {split: {hash: true}}"
    assert seen[:2] == [
        ("duplicates", "", "1 row of eval is in train, too", remedy),
        ("duplicates", "", "3,000 rows of test are in train, too", remedy),
    ]


def test_what_is_known_is_not_found_again(inputs, statistics):
    known = Known(["ignored", "no", "only a", "holes", "after", "refund"], ["code", "number"])
    known = Known.from_json(known.to_json())
    assert [finding[0] for finding in found(inputs, statistics, known)] == ["imbalance"]


def test_numbers_beyond_float64_are_compared(tmp_path):
    """Arrow refuses to convert them without being told that they may be rounded."""
    columns = {"label": [[b"a"], [b"b"]] * 50, "large": [[2**60 + row] for row in range(100)]}
    raw = write_raw(tmp_path, columns, {"train": [list(range(100))]})
    seen = look(raw["examples"], read_schema(raw["schema"]), LABEL, "train")
    assert seen.skills["large"] == 0


def test_findings_are_plain_json(inputs, statistics):
    assert json.loads(json.dumps(found(inputs, statistics)))


def test_gaps_are_rows_without_a_value(statistics):
    expected = {name: sum(not values for values in column) / ROWS for name, column in table().items()}
    assert {name: pytest.approx(gaps(feature)) for name, feature in features(statistics)} == expected


def test_a_column_that_lost_its_values_has_drifted(inputs, statistics, tmp_path):
    """The values that are left are like the earlier ones."""
    before = write_raw(tmp_path, table(seed=1, share_of_gaps=0.1), {"train": [list(range(ROWS))]})
    earlier = statistics_of(before, tmp_path)
    measured = {
        each.column: each for each in drift.measure(statistics, earlier, read_schema(inputs["schema"]))
    }
    assert measured["holes"].measure == "difference in the share of gaps"
    assert measured["holes"].distance == pytest.approx(0.64, abs=0.05)
    assert measured["good"].distance < drift.THRESHOLD

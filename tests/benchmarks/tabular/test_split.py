import pandas as pd
import pytest

from benchmarks.tabular.split import HELD_OUT, Table, read_manifest, split


def write(path, rows):
    path.write_text("x,y\n" + "\n".join(rows) + "\n", encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "rows.csv", [f"{n},{'ab'[n % 4 == 0]}" for n in range(100)])
    return tmp_path


def test_each_row_is_on_one_side_and_classes_keep_their_shares(folder):
    found = split(Table("t", "y", "classification", "rows.csv"), folder, 0)
    assert sorted(map(int, [*found.train["x"], *found.test["x"]])) == list(range(100))
    assert len(found.test) == 100 * HELD_OUT
    assert dict(found.test["y"].value_counts()) == {"a": 15, "b": 5}


def test_the_seed_decides_which_rows_are_held_out(folder):
    table = Table("t", "y", "classification", "rows.csv")
    first, again, other = (split(table, folder, seed).test for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)


def test_a_class_with_a_single_row_is_no_obstacle(folder):
    write(folder / "rare.csv", [f"{n},{'rare' if n == 7 else 'a'}" for n in range(50)])
    found = split(Table("t", "y", "classification", "rare.csv"), folder, 0)
    assert len(found.test) == 10


def test_rows_without_a_label_are_dropped_and_cells_are_the_text_of_the_file(folder):
    write(folder / "gaps.csv", ["NA,1.50", "007,", ",2"] * 10)
    found = split(Table("t", "y", "regression", "gaps.csv"), folder, 0)
    both = pd.concat([found.train, found.test])
    assert set(both["x"]) == {"NA", ""}
    assert set(both["y"]) == {"1.50", "2"}


def test_a_table_with_a_file_to_predict_is_not_split(folder):
    write(folder / "test.csv", ["1000,a"])
    found = split(Table("t", "y", "classification", "rows.csv", test="test.csv"), folder, 3)
    assert len(found.train) == 100
    assert list(found.test["x"]) == ["1000"]


@pytest.mark.parametrize(
    "table", [table for table in read_manifest().values() if table.bundled], ids=lambda t: t.name
)
def test_bundled_tables_have_their_label(table):
    found = split(table, None, 0)
    kinds = found.train[table.label].nunique()
    assert 2 <= kinds <= 3 if table.task == "classification" else kinds > 50

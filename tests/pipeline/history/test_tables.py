"""The tables of `runs` and `models`."""

import pytest

from pipeline.history import tables
from pipeline.history.facts import differences


def run(number: int, value: float, test_rows: str | None, **more) -> dict:
    return {
        "id": f"r{number}",
        "started": "2026-01-01T00:00:00+00:00",
        "state": "done",
        "cached": 0,
        "components": 1,
        "metric": "accuracy",
        "value": value,
        "interval": [value - 0.02, value + 0.01],
        "test_rows": test_rows,
        "schedule": "constant",
        "data": "d",
        "model": "m1",
        **more,
    }


def shown(*rows: dict) -> tuple[list[str], dict[str, list[str]]]:
    """The headings, and the cells of each row by its first one."""
    table = tables.runs_table(list(rows))
    cells = zip(*(list(column.cells) for column in table.columns), strict=True)
    return [str(column.header) for column in table.columns], {row[0]: list(map(str, row)) for row in cells}


def test_scores_on_the_same_rows_are_lined_up_with_their_intervals():
    headings, rows = shown(run(1, 0.9, "abc"), run(2, 0.95, "abc"))
    place = headings.index("accuracy")
    assert [rows[name][place] for name in ("r1", "r2")] == ["0.9 (0.880 to 0.910)", "0.95 (0.930 to 0.960)"]
    assert "test rows" not in headings


@pytest.mark.parametrize(("earlier", "named"), [("abcdefgh", "abcdefg"), (None, "unknown")])
def test_scores_on_other_rows_are_in_a_column_of_their_own(earlier, named):
    headings, rows = shown(run(1, 0.9, earlier), run(2, 0.95, "xyz"), run(3, 0.96, "xyz"))
    here, elsewhere, which = (
        headings.index(name) for name in ("accuracy", "on other test rows", "test rows")
    )
    assert [rows[name][here][:4] for name in ("r1", "r2", "r3")] == ["", "0.95", "0.96"]
    assert [rows[name][elsewhere][:4] for name in ("r1", "r2", "r3")] == ["0.9 ", "", ""]
    assert [rows[name][which] for name in ("r1", "r2", "r3")] == [named, "xyz", "xyz"]


def test_runs_of_earlier_releases_are_listed_as_before():
    headings, rows = shown(run(1, 0.9, None, interval=None), run(2, 0.95, None, interval=None))
    assert rows["r2"][headings.index("accuracy")] == "0.95"
    assert "test rows" not in headings


def test_a_run_without_an_evaluation_has_no_score():
    missing = {"metric": None, "value": None, "interval": None, "test_rows": None}
    headings, rows = shown(run(1, 0.9, "abc"), {**run(2, 0.0, None), **missing})
    assert rows["r2"][headings.index("accuracy")] == ""
    assert "test rows" not in headings


def test_different_metrics_are_named_in_each_row():
    headings, rows = shown(run(1, 0.9, "abc"), run(2, 0.3, "abc", metric="cross_entropy"))
    assert rows["r2"][headings.index("metric")] == "cross_entropy 0.3 (0.280 to 0.310)"


VALUES = {
    "layers": [64, 32],
    "rates": [0.3, 1e-6],
    "names": ["relu", "[b]"],
    "blocks": [{"units": 8}],
    "none": [],
}


def printed(table, capsys) -> str:
    tables.console().print(table)
    return capsys.readouterr().out


def test_lists_of_hyperparameters_are_shown(capsys):
    facts = {
        "schedule": "constant",
        "hyperparameters": {"training": {"epochs": 3}, "model": VALUES},
        "result": None,
    }
    table = tables.Table.grid(padding=(0, 2))
    for row in tables._learning(facts):
        table.add_row(*row)
    assert "layers [64, 32], rates [0.3, 1e-06], names [relu, [b]], blocks [{units: 8}], none []" in printed(
        table, capsys
    )


def test_lists_of_hyperparameters_are_compared(capsys):
    def side(**values: object) -> dict:
        same = dict.fromkeys(("data", "schema", "config", "state", "result"))
        model = {**VALUES, **values}
        return {"kind": "run", **same, "code": {}, "evaluation": {}, "hyperparameters": {"model": model}}

    found = differences(side(), side(layers=[64, 16], blocks=None, names={"a": [1]}))
    assert found == {
        "hyperparameters.model.layers": ([64, 32], [64, 16]),
        "hyperparameters.model.names": (["relu", "[b]"], {"a": [1]}),
        "hyperparameters.model.blocks": ([{"units": 8}], None),
    }
    shown = [
        line.split() for line in printed(tables.differences_table(found, "r1", "r2"), capsys).splitlines()
    ]
    assert shown[1:] == [
        ["hyperparameters.model.layers", "[64,", "32]", "[64,", "16]"],
        ["hyperparameters.model.names", "[relu,", "[b]]", "set"],
        ["hyperparameters.model.blocks", "[{units:", "8}]", "–"],
    ]
    assert differences(side(), side()) == {}


def test_a_running_search_is_shown_below_the_table_and_in_the_details():
    running = {"rung": None, "attempt": 1, "epochs": 30}
    search = {
        "objective": "val_loss",
        "trials": 8,
        "done": 3,
        "failed": 0,
        "reason": None,
        "running": [
            {**running, "number": 4, "worker": 1, "epoch": 5, "score": 0.31, "fold": None},
            {**running, "number": 5, "worker": 2, "epoch": None, "score": None, "fold": None},
        ],
        "best": {"number": 2, "score": 0.29},
        "confirmations": 0,
        "confirmed": 0,
        "page": "study.html",
    }
    (line,) = tables.searches_in(
        [
            run(1, 0.9, None, search=search, state="interrupted"),
            run(2, 0.9, None, search=search, state="running"),
            run(3, 0.9, None, search=None, state="running"),
        ]
    )
    assert line.plain == (
        "r2 searches: 3 of 8 trials; trial 4, epoch 5 of at most 30, val_loss 0.31 (process 1); trial 5 (process 2); "
        "best val_loss 0.29 (trial 2); study.html"
    )

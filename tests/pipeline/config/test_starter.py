"""A configuration that is written for data says what would be guessed without it."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from pipeline.__main__ import main
from pipeline.config.load import load
from pipeline.config.own_data import TEMPLATE, overrides
from pipeline.config.prepare import inspected

ROWS = 60
TAGS = ("red", "red|blue", "green", "red|green|blue", "blue", "green|blue", "blue|red")


def many_kinds() -> pd.DataFrame:
    rows = range(ROWS)
    return pd.DataFrame(
        {
            "customer id": rows,
            "joined: on": [f"{1 + row % 28:02}.{1 + row % 12:02}.2024" for row in rows],
            "price": [f"{row},50 €" for row in rows],
            "zip": [f"0{row % 7:04}" for row in rows],
            "tags": [TAGS[row % 7] for row in rows],
            "note #": [f"the order number {row} came late and was sent back" for row in rows],
            "size": [("1", "NA", "3")[row % 3] for row in rows],
            "same": ["yes"] * ROWS,
            "x": [row / 7 for row in rows],
            "bought": [("no", "yes")[row % 5 == 0] for row in rows],
            "amount": [row * 1.5 for row in rows],
            "kind": [("a", "b", "c")[row % 3] for row in rows],
        }
    )


def written(folder: Path, data: Path, label: str) -> Path:
    file = folder / "own.yaml"
    done = CliRunner().invoke(
        main, ["init", "--data", str(data), "--label", label, "--output", str(file)], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    assert done.output.endswith(
        f"Wrote {file}; edit it, and run it with: python local_runner.py --config {file}\n"
    )
    return file


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("label", ["bought", "amount", "kind"])
def test_it_says_what_would_be_guessed(tmp_path, suffix, label):
    data = tmp_path / f"orders{suffix}"
    getattr(many_kinds(), f"to_{suffix[1:]}")(data, index=False)
    guessed = inspected(load(TEMPLATE, overrides(data, label)), tmp_path)
    file = written(tmp_path, data, label)
    said = inspected(load(file), tmp_path)
    assert said.config.name == "orders"
    for name in ("dates", "lists", "numbers", "marks", "gaps"):
        assert getattr(said.understanding, name) == getattr(guessed.understanding, name), name
    for name in ("text", "categorical"):
        assert set(getattr(said.understanding, name)) == set(getattr(guessed.understanding, name)), name
    assert guessed.understanding.dropped
    assert guessed.understanding.lists == {"tags": "|"}
    assert (said.ignored, said.label, said.metric) == (guessed.ignored, guessed.label, guessed.metric)
    assert said.data.fingerprint == guessed.data.fingerprint
    assert set(said.lines) <= set(guessed.lines)


def test_every_guess_is_explained(tmp_path):
    data = tmp_path / "orders.csv"
    many_kinds().to_csv(data, index=False)
    text = written(tmp_path, data, "bought").read_text(encoding="utf-8")
    assert all(len(line) <= 120 for line in text.splitlines())
    assert "    - customer id   # every row has a number of its own" in text
    assert "    'joined: on': '%d.%m.%Y'" in text
    assert "# split: {time: 'joined: on'}" in text
    assert "  positive: 'yes'" in text
    for line in inspected(load(TEMPLATE, overrides(data, "bought")), tmp_path).lines:
        assert line in " ".join(part.removeprefix("#").strip() for part in text.splitlines())
    assert set(yaml.safe_load(text)) == {
        "name",
        "data",
        "evaluation",
        "model",
        "training",
        "search",
        "threads",
    }


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "own.yaml").write_text("mine", encoding="utf-8")
    done = CliRunner().invoke(
        main, ["init", "--data", "x", "--label", "y", "--output", str(tmp_path / "own.yaml")]
    )
    assert (done.exit_code, (tmp_path / "own.yaml").read_text(encoding="utf-8")) == (2, "mine")
    assert "own.yaml exists; choose another file with --output, or remove it" in done.output


def test_what_is_wrong_with_the_data_is_said(tmp_path):
    done = CliRunner().invoke(main, ["init", "--data", str(tmp_path / "nowhere"), "--label", "y"])
    assert done.exit_code == 2
    assert "data.path:" in done.output
    assert "nowhere does not exist" in done.output

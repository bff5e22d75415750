"""Mistakes that only a component can find."""

import datetime

from tests.conftest import run_local


def test_a_mistake_that_a_component_finds_is_one_line_with_exit_code_2(tmp_path):
    first = datetime.date(2024, 1, 1)
    rows = [
        f"{first + datetime.timedelta(row)},{row % 7},{'no' if row < 80 else 'yes'}" for row in range(100)
    ]
    (tmp_path / "rows.csv").write_text("\n".join(["day,x,bought", *rows]))
    (tmp_path / "run.yaml").write_text(
        f"name: late\ndata: {{path: {tmp_path / 'rows.csv'}, label: bought, split: {{time: day}}}}\n"
        "training: {learning_rate: {family: constant, peak: 0.02}, epochs: 1, plateau: {patience: 2}}\n"
    )
    finished = run_local(
        "--config", tmp_path / "run.yaml", "--workspace", tmp_path / "workspace", is_new=True
    )
    assert finished.code == 2
    assert finished.stdout.splitlines()[-1] == (
        "ExampleGen failed: data.split: all 70 rows of train have bought 'no', so there is nothing to learn; split in "
        "another way"
    )
    assert "Log:" not in finished.stdout

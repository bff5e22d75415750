"""What the console says about the page of a run."""

from pathlib import Path

from components.artifacts import UNDRAWN, Report
from pipeline.run.console import Terminal
from pipeline.run.local import Finished
from pipeline.run.report import undrawn


def finished(faults: str | None) -> Finished:
    report = Report()
    if faults is not None:
        report.set_string_custom_property(UNDRAWN, faults)
    return Finished("1", {"Report": {"report": [report]}})


def test_a_page_that_is_whole_has_no_line():
    for faults in (None, ""):  # of a cached run of an earlier release; of this one
        assert undrawn(finished(faults), Path("Report.log")) == []


def test_each_part_that_is_missing_has_a_line_on_the_console(tmp_path, capfd):
    terminal = Terminal(tmp_path / "logs")
    try:
        for line in undrawn(
            finished("Training: KeyError: 'loss'\nData: ValueError: [x]"), Path("Report.log")
        ):
            terminal.print_remark(line)
    finally:
        terminal.close()
    assert capfd.readouterr().out.splitlines() == [
        "The report lacks a part: Training: KeyError: 'loss'; log: Report.log",
        "The report lacks a part: Data: ValueError: [x]; log: Report.log",
    ]

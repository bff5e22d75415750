import logging

import plotly.graph_objects as go

from reactive_schedules.pages import shell
from reactive_schedules.pages.content import Page, Plot, Table, Text
from reactive_schedules.pages.sections import Sections


def half():
    yield Text("The first half.")
    raise KeyError("second half")


def test_a_part_that_fails_is_missing_and_the_others_are_there(caplog):
    sections = Sections()
    sections.add("Whole", lambda: [Text("All of it.")])
    sections.add("Half", half, lambda: [Text("What follows.")])
    sections.add("Nothing", lambda: [])
    assert [section.title for section in sections.drawn] == ["Whole", "Half"]
    texts = [block.text for block in sections.drawn[1].blocks if isinstance(block, Text)]
    fault = "KeyError: 'second half' (tests/reactive_schedules/pages/test_sections.py, line 12, in half)"
    missing = f"A part is missing: {fault}. The log has the traceback."
    assert texts == ["The first half.", missing, "What follows."]
    assert sections.faults == [f"Half: {fault}"]
    (record,) = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert record.exc_info


def test_a_plot_of_values_that_cannot_be_shown_does_not_break_the_page():
    figure = go.Figure().add_scatter(x=[1], y=[1], customdata=[object()])
    sections = Sections()
    sections.add("Plot", lambda: [Plot("Plot", figure, "", Table("Data", ("a",), []))])
    assert len(sections.faults) == 1
    assert "A part is missing" in shell.render(Page("Page", "", sections.drawn))

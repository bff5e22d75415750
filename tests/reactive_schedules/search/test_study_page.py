"""The page of a study, in a browser."""

import dataclasses
import json

import pytest

from reactive_schedules.pages import shell
from reactive_schedules.pages.content import Folded, Table
from reactive_schedules.search.confirmation import asks, confirmed, plan
from reactive_schedules.search.page import study_page, tables, whereabouts
from reactive_schedules.search.page.curves import short_name
from reactive_schedules.search.progress import Progress
from reactive_schedules.search.study import varying
from tests.browser import PHONE, check_page
from tests.hostile import EVERY, check_hostile_page
from tests.reactive_schedules.search.made_study import study

LOST = "the process of the trial was killed by SIGKILL; the machine may have run out of memory"


def in_processes(made: dict) -> dict:
    """The study, run in two processes; an attempt at the second trial was lost, and one at the third cut short."""
    for trial in made["trials"]:
        attempts = [{"worker": 1 + trial["number"] % 2, "epochs": 0, "end": "finished"}]
        lost = {2: LOST, 3: None}
        if trial["number"] in lost:
            attempts = [
                {"worker": 2, "epochs": 0, "end": lost[trial["number"]]},
                {**attempts[0], "epochs": 3},
            ]
        trial["attempts"] = attempts
    return made


def with_confirmation() -> dict:
    """A study whose best trial was no better than the first, which is the configuration as written."""
    made = study(12)
    for trial in made["trials"]:
        trial["validation"] = {"rows": 40, "limit": None, "divisible": True}
    planned = plan(made, 1, 3, divides=True)
    results = [
        {**ask, "score": 0.3 + 0.1 * ((ask["number"] + ask["fold"]) % 3), "validation": trial["validation"]}
        for ask in map(dataclasses.asdict, asks(planned, made, None))
    ]
    return confirmed(made, planned, results)


RUNNING: Progress = {
    "objective": "val_loss",
    "trials": 20,
    "done": 9,
    "failed": 1,
    "reason": None,
    "running": [
        {
            "number": 10,
            "rung": 0,
            "worker": 1,
            "attempt": 1,
            "epoch": None,
            "epochs": 3,
            "score": None,
            "fold": None,
        },
        {
            "number": 11,
            "rung": 1,
            "worker": 2,
            "attempt": 2,
            "epoch": 4,
            "epochs": 9,
            "score": 0.3125,
            "fold": None,
        },
    ],
    "best": None,
    "confirmations": 0,
    "confirmed": 0,
}

STUDIES = {
    "without rungs": study(12),
    "with rungs, a second objective and failures": study(27, 2, (3, 9, 27), "updates", executions=2),
    "larger is better": study(9, 1, second="seconds", direction="max"),
    "one trial": study(1),
    "one trial of one epoch": study(1, epochs=1),
    "failures only": study(3, 3),
    "confirmed": with_confirmation(),
}
BEST, PARAMETERS, IMPORTANCE, CURVES, RATES, PARETO = (
    "Best val_loss so far",
    "Parameters and score",
    "Parameter importance",
    "Learning curves",
    "Learning rates of the best 5 trials",
    "val_loss against updates",
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, made in STUDIES.items():
        study_page.write(made, folder / f"{name}.html")
    study_page.write(in_processes(study(9, 1)), folder / "running.html", RUNNING)
    return {file.stem: file for file in folder.iterdir()}


def headings(browser, level: str) -> list[str]:
    return browser.script(f"return [...document.querySelectorAll('{level}')].map((h) => h.textContent)")


@pytest.mark.parametrize("name", [*STUDIES, "running"])
def test_every_study_has_a_page(browser, pages, name):
    check_page(browser, pages[name])


def test_all_there_is_to_see(browser, pages):
    browser.open(pages["with rungs, a second objective and failures"])
    assert headings(browser, "h2") == ["Best score", "Parameters", "Curves", "Trials", "Failures"]
    assert headings(browser, "h3") == [BEST, PARETO, PARAMETERS, IMPORTANCE, CURVES, RATES]


def test_without_rungs_and_second_objective(browser, pages):
    browser.open(pages["without rungs"])
    assert headings(browser, "h2") == ["Best score", "Parameters", "Curves", "Trials"]
    assert headings(browser, "h3") == [BEST, PARAMETERS, IMPORTANCE, CURVES, RATES]


def test_failures_only(browser, pages):
    browser.open(pages["failures only"])
    text = browser.script("return document.body.innerText")
    assert "No trial has a score" in text
    # What a trial says is text, not markup.
    assert text.count("ValueError: width 13 brings <b>bad</b> luck") == 3
    assert headings(browser, "h3") == []


def test_a_running_search_says_what_runs_where_and_is_loaded_again(browser, pages):
    browser.open(pages["running"], PHONE)
    assert headings(browser, "h2")[:2] == ["Running", "Best score"]
    text = browser.script("return document.body.innerText")
    assert "The smallest val_loss among 9 of 20 trials, 1 failed so far." in text
    rows = browser.script("return [...document.querySelector('table').rows].map((row) => row.innerText)")
    assert [row.split("\t") for row in rows[1:]] == [
        ["10", "1", "starting", "", "0", "1"],
        ["11", "2", "4 of at most 9", "0.3125", "1", "2"],
    ]
    assert browser.script("return document.querySelector('meta[http-equiv=refresh]').content") == "30"


def test_a_confirmed_search_says_what_was_chosen_and_why(browser, pages):
    made = STUDIES["confirmed"]
    browser.open(pages["confirmed"], PHONE)
    assert headings(browser, "h2")[:2] == ["Best score", "Confirmation"]
    text = browser.script("return document.body.innerText")
    assert f"{made['choice'][0].upper()}{made['choice'][1:]}." in text
    assert made["best"] == 1
    table, folded = tables.confirmation(made)
    assert isinstance(table, Table)
    assert table.columns == ("trial", "mean", "gain", "error")
    assert isinstance(folded, Folded)
    assert isinstance(folded.block, Table)
    scores = [each["scores"] for each in made["confirmation"]["finalists"]]
    assert [row[1:] for row in folded.block.rows] == list(zip(*scores, strict=True))
    assert is_narrow(browser, "confirmation")
    assert [row[0] for row in table.rows] == [
        "1, as written",
        *(str(each["number"]) for each in made["confirmation"]["finalists"][1:]),
    ]
    assert table.strong == {0}
    assert f"Trial 1 was chosen, with {made['trials'][0]['score']:.4g}: {made['choice']}." in text
    assert "The chosen one, trial 1, is orange: " in text
    assert "The chosen trial is orange" in text


def is_narrow(browser, section: str) -> bool:
    """Whether the first table of a section is no wider than its place."""
    table = f"document.querySelector('section[aria-labelledby={section}] .scroll')"
    inner, outer = browser.script(f"return [{table}.scrollWidth, {table}.clientWidth]")
    return 0 < inner <= outer


def test_trials_fit_on_a_phone_and_all_of_their_values_are_a_click_away(browser, pages):
    made = STUDIES["with rungs, a second objective and failures"]
    browser.open(pages["with rungs, a second objective and failures"], 390)
    table, folded = tables.trials(made)
    assert isinstance(table, Table)
    assert isinstance(folded, Folded)
    names = varying(made["trials"])
    assert table.columns == ["trial", "val_loss", *map(short_name, names[:3])]
    assert len(table.rows) == len(made["trials"])
    for row in table.rows:
        values = made["trials"][int(str(row[0])) - 1]["values"]
        assert list(row[2:]) == [values.get(name) for name in names[:3]]
    assert is_narrow(browser, "trials")


def test_where_trials_ran_and_what_happened_to_them():
    made = in_processes(study(9, 1))
    table = tables.all_trials(made)
    rows = {row[0]: row for row in table.rows}
    assert table.columns[-1] == "process"
    assert [rows[number][-1] for number in (1, 2, 3)] == ["2", "2, 1", "2"]
    (lost,) = whereabouts.lost_attempts(made)
    assert isinstance(lost, Table)
    assert lost.rows == [(2, 1, 2, 0, LOST), (3, 1, 2, 0, "the search ended before it")]


def test_a_search_in_one_process_says_nothing_about_processes():
    made = study(9)
    for trial in made["trials"]:
        trial["attempts"] = [{"worker": 1, "epochs": 0, "end": "finished"}]
    assert tables.all_trials(made).columns[-1] == "seconds"
    assert list(whereabouts.lost_attempts(made)) == []


def test_best_so_far_only_gets_better_and_ends_at_the_best_trial(browser, pages):
    made = STUDIES["with rungs, a second objective and failures"]
    browser.open(pages["with rungs, a second objective and failures"])
    line = browser.script("return document.querySelector('[data-figure]').data[1]")
    assert line["y"] == sorted(line["y"], reverse=True)
    assert line["y"][-1] == min(trial["score"] for trial in made["trials"] if trial["score"] is not None)
    assert line["x"] == sorted(line["x"])
    # Every epoch of a trial is counted once, however many rungs it climbed.
    assert line["x"][-1] == sum(trial["epochs"] for trial in made["trials"])


def test_pareto_front_holds_what_nothing_beats(browser, pages):
    made = STUDIES["with rungs, a second objective and failures"]
    browser.open(pages["with rungs, a second objective and failures"])
    front = browser.script("return document.querySelectorAll('[data-figure]')[1].data[1].customdata")
    trials = [trial for trial in made["trials"] if trial["score"] is not None]
    beaten = [
        any(
            other["score"] <= trial["score"]
            and other["updates"] <= trial["updates"]
            and (other["score"], other["updates"]) != (trial["score"], trial["updates"])
            for other in trials
        )
        for trial in trials
    ]
    assert set(front) == {t["number"] for t, lost in zip(trials, beaten, strict=True) if not lost}


def test_the_parameter_that_decides_is_the_most_important(browser, pages):
    browser.open(pages["with rungs, a second objective and failures"])
    first = browser.script(
        """return [...document.querySelectorAll("figure")]
          .find((figure) => figure.querySelector("h3").textContent.startsWith("Parameter importance"))
          .querySelector("tbody th").textContent"""
    )
    assert first == "peak"


def test_plots_follow_the_theme(browser, pages):
    colour = "return getComputedStyle(document.querySelector('.scatterlayer .lines path')).stroke"
    browser.open(pages["without rungs"])
    light = browser.script(colour)
    browser.emulate(dark=True)
    assert browser.script(colour) != light


def test_printed_in_light_colours_on_the_width_of_paper(browser, pages):
    browser.open(pages["without rungs"], dark=True)
    seen = browser.script(
        """
        dispatchEvent(new Event("beforeprint"));
        const plot = document.querySelector("[data-figure] svg");
        const printed = [getComputedStyle(document.documentElement).backgroundColor, plot.clientWidth];
        dispatchEvent(new Event("afterprint"));
        return [...printed, getComputedStyle(document.documentElement).backgroundColor];"""
    )
    assert seen[0] == "rgb(246, 247, 248)"
    assert 500 < seen[1] < 720
    assert seen[2] == "rgb(18, 22, 26)"
    assert len(browser.driver.execute_cdp_cmd("Page.printToPDF", {})["data"]) > 20_000


def test_wide_tables_scroll_by_themselves(browser, pages):
    browser.open(pages["with rungs, a second objective and failures"], PHONE)
    assert browser.script(
        "return [...document.querySelectorAll('.scroll')].some((e) => e.scrollWidth > e.clientWidth)"
    )


def test_hostile_names_values_and_errors_are_shown_as_they_are(browser, tmp_path):
    text = json.dumps(study(9, 1, (3, 9), "updates", epochs=9))
    for name in ("val_loss", "one_cycle", "plateau.patience", "<b>bad</b>"):
        hostile = f"model.{EVERY} patience" if name == "plateau.patience" else f"{EVERY} {name}"
        text = text.replace(name, json.dumps(hostile)[1:-1])
    study_page.write(json.loads(text), tmp_path / "study.html")
    drawn = [f"{EVERY} val_loss", f"{EVERY} one_cycle", f"{EVERY} patience"]
    check_hostile_page(browser, tmp_path / "study.html", drawn, [*drawn, f"{EVERY} <b>bad</b>"])


@pytest.mark.parametrize("second", [None, "updates"])
def test_values_of_any_type_are_shown(second):
    """Lists and the like come from algorithms and models of one's own."""
    made = study(12, 1, second=second)
    odd = [[64, 32], [], {"a": 1}, None, True, False, "50%", 1, 0.5, [None], [[1], [2]], float("nan")]
    for trial, value in zip(made["trials"], odd, strict=True):
        trial["values"] |= {"model.odd": value, "model.list": odd[:3], "model.flag": value is None}
    page = study_page.page_of(made)
    text = shell.render(page)
    assert [section.title for section in page.sections] == [
        "Best score",
        "Parameters",
        "Curves",
        "Trials",
        "Failures",
    ]
    assert "A part is missing" not in text
    assert "[64, 32]" in text

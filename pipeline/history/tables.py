"""Shows facts as tables."""

import datetime
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from components.evaluator import words
from pipeline.history.facts import Facts, flat
from pipeline.plain_console import PlainConsole
from pipeline.result_files import SearchProgress
from reactive_schedules.pages.content import text_of
from reactive_schedules.search.progress import best_words, counted, trial_words

_COLOURS = {
    "in production": "green",
    "failed": "red",
    "interrupted": "yellow",
    "running": "yellow",
    "withdrawn": "yellow",
    "superseded": "dim",
    "removed": "dim",
}


def console() -> PlainConsole:
    """The console that commands print to; a file or a pipe gets 200 columns."""
    return PlainConsole(width=None if sys.stdout.isatty() else 200)


def runs_table(rows: list[Facts]) -> Table:
    """The table of `runs`, newest first."""
    scores = _scores(rows)
    table = _table("run", "started", "state", "cached", *scores, "schedule", "data", "model")
    for row in reversed(rows):
        table.add_row(
            row["id"],
            _time(row["started"]),
            _state(row["state"]),
            f"{row['cached']}/{row['components']}",
            *(cell(row) for cell in scores.values()),
            row["schedule"],
            short(row["data"]),
            row["model"],
        )
    return table


def searches_in(rows: list[Facts]) -> Iterator[Text]:
    """Lines about the searches of runs that are in progress, newest first; a page of its own has more."""
    for row in reversed(rows):
        if row["search"] and row["state"] == "running":
            yield Text(f"{row['id']} searches: {'; '.join(_search(row['search']))}")


def models_table(rows: list[Facts]) -> Table:
    """The table of `models`, newest first."""
    scores = _scores(rows)
    table = _table("model", "version", "state", *scores, "trained", "run", "schedule")
    for row in reversed(rows):
        table.add_row(
            row["id"],
            "\n".join(map(str, reversed(row["versions"]))),
            _state(row["state"]),
            *(cell(row) for cell in scores.values()),
            _time(row["trained"]),
            row["run"],
            row["schedule"],
        )
    return table


def facts_table(facts: Facts) -> Table:
    """The upper part of `show`."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for heading, text in [*_head(facts), *_origin(facts), *_learning(facts), *_verdict(facts)]:
        table.add_row(heading, text)
    return table


def steps_table(steps: Iterable[Facts], of_model: bool) -> Table:
    """The lower part of `show`: the components, with the run of each for a model."""
    table = _table("component", "run" if of_model else "state", "seconds")
    table.columns[2].justify = "right"
    for step in steps:
        second = step["run"] if of_model else _state(step["state"])
        table.add_row(step["component"], second, "" if step["seconds"] is None else f"{step['seconds']:.1f}")
    return table


def differences_table(found: dict[str, tuple[Any, Any]], a: str, b: str) -> Table:
    """The table of `diff`."""
    table = _table("", a, b)
    for key, pair in found.items():
        show = short if key.endswith((".fingerprint", ".commit")) else _cell
        table.add_row(key, *(_side(value, show) for value in pair))
    return table


def _side(value: Any, show: Callable[[Any], str]) -> str:
    if isinstance(value, Mapping):
        return "set"
    return "–" if value is None else show(value)


def short(fingerprint: str | None) -> str:
    """The beginning of a fingerprint or a commit."""
    return (fingerprint or "")[:7]


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _scores(rows: list[Facts]) -> dict[str, Callable[[Facts], str]]:
    """Columns of scores. Those on other test rows than the newest have a column of their own, and one names the rows.

    A metric that all rows share becomes the heading.
    """
    judged = [row for row in rows if row["metric"]]
    names = {row["metric"] for row in judged}
    heading = names.pop() if len(names) == 1 else "metric"
    tests = {row["test_rows"] for row in judged}
    newest = judged[-1]["test_rows"] if judged else None

    def cell(row: Facts) -> str:
        if not row["metric"]:
            return ""
        around = f" ({words.interval(row['interval'])})" if row["interval"] else ""
        return f"{'' if heading != 'metric' else row['metric'] + ' '}{_cell(row['value'])}{around}"

    if len(tests) < 2:
        return {heading: cell}
    return {
        heading: lambda row: cell(row) if row["test_rows"] == newest else "",
        "on other test rows": lambda row: cell(row) if row["test_rows"] != newest else "",
        "test rows": lambda row: (short(row["test_rows"]) or "unknown") if row["metric"] else "",
    }


def _head(facts: Facts) -> Iterator[tuple[str, Any]]:
    if facts["kind"] == "run":
        yield "Run", f"{facts['id']}, {facts['run']}"
        yield "State", _state(facts["state"])
        if facts["error"]:
            yield "", facts["error"]
        yield "Started", f"{_time(facts['started'])}, {facts['seconds']:.1f} s in components"
        if facts["search"]:
            first, *more = _search(facts["search"])
            yield "Search", first
            yield from (("", line) for line in more)
        yield "Model", facts["model"] or "none"
        if facts["report"]:
            yield "Report", facts["report"]
        return
    versions = ", ".join(map(str, facts["versions"]))
    yield "Model", facts["id"] + (f", version {versions}" if versions else "")
    yield "State", _state(facts["state"])
    yield "Trained", f"{_time(facts['trained'])} in run {facts['run']}"
    if facts["base_model"]:
        yield "", f"from the weights of version {facts['base_model']}"
    yield "Files", facts["path"]


def _search(progress: SearchProgress) -> Iterator[str]:
    """What is done, what runs where, the best result, and the page."""
    yield counted(progress)
    for each in progress["running"]:
        yield f"{trial_words(each, progress['objective'])} (process {each['worker']})"
    yield from filter(None, [best_words(progress), progress["page"]])


def _origin(facts: Facts) -> Iterator[tuple[str, str]]:
    data, schema, code = facts["data"], facts["schema"], facts["code"]
    yield (
        "Data",
        f"{_known(data['fingerprint'])}: {data['path']}, span {data['span']}" if data["path"] else "none",
    )
    if schema:
        columns = [f"{name} {kind}" for name, kind in schema["columns"].items()]
        shown = ", ".join(columns[:8]) + (f" and {len(columns) - 8} more" if len(columns) > 8 else "")
        yield "Schema", f"{short(schema['fingerprint'])}: {shown}"
    commit = ""
    if code.get("commit"):
        commit = f", commit {short(code['commit'])}{' with uncommitted changes' if code['modified'] else ''}"
    yield "Code", f"{_known(code.get('fingerprint'))}: {code.get('build') or 'not recorded'}{commit}"


def _learning(facts: Facts) -> Iterator[tuple[str, str]]:
    if facts["schedule"]:
        yield "Schedule", facts["schedule"]
    training = facts["hyperparameters"]["training"] or {}
    sections = {key: value for key, value in training.items() if isinstance(value, Mapping)}
    sections["training"] = {key: value for key, value in training.items() if key not in sections}
    sections["model"] = facts["hyperparameters"]["model"]
    for key, section in sections.items():
        if values := flat(section):
            text = ", ".join(f"{name} {_cell(value)}" for name, value in values.items())
            yield f"  {key.replace('_', ' ')}", text
    result = facts["result"]
    if result:
        best = f", the best was epoch {result['best_epoch']}" if result["best_epoch"] else ""
        if ensemble := facts["ensemble"]:
            yield "Ensemble", f"{words.ensemble(ensemble)}; {words.seeds(ensemble)}"
            best += ", of the first model"
        yield "Epochs", f"{result['epochs']}{best}"
        for decision in result["decisions"]:
            yield "", f"{decision['when']}: {decision['reason']}"


def _verdict(facts: Facts) -> Iterator[tuple[str, str]]:
    found = facts["evaluation"]
    if not found:
        return
    for name in found["candidate"]:
        rival = (found["baseline"] or {}).get(name)
        against = "" if rival is None else f"; version {found['baseline_version']}: {words.number(rival)}"
        yield f"Test {name}", f"{words.score(found, name)}{against}"
    if written := words.configured(found):
        yield "As configured", f"{found['metric']} {written}"
    if answered := words.threshold(found):
        yield "Answers", answered
    for note in found.get("notes", ()):
        yield "Note", note
    yield "Blessed" if found["blessed"] else "Not blessed", "; ".join(found["reasons"])


def _known(fingerprint: str | None) -> str:
    return short(fingerprint) or "not recorded"


def _state(state: str) -> Text:
    return Text(state, _COLOURS.get(state, ""))


def _time(iso: str) -> str:
    return f"{datetime.datetime.fromisoformat(iso).astimezone():%m-%d %H:%M}"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | Mapping):
        return text_of(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)

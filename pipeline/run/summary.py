"""Prints the results of a run, as text and small tables."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2
from tfx.types import Artifact

from components.artifacts import RECORD_FILE, REMARKS, STUDY_FILE, STUDY_PAGE_FILE
from components.evaluator import metrics, words
from components.model_store import serving
from pipeline.config.fit import FittedConfig
from pipeline.remote.place import shown
from pipeline.result_files import Evaluation, Record, Study, read
from pipeline.run.local import Outputs
from reactive_schedules.pages.content import text_of
from reactive_schedules.plateau.description import describe, when
from reactive_schedules.printable import one_line
from reactive_schedules.search.dimensions import from_text
from reactive_schedules.search.study import common_reason, varying

Row = tuple[str, str]
"""A heading, empty if it is the same as above, and a text."""

SHOWN_TRIALS = 10
"""Rows of the table of trials, best first; the study's page has all trials."""

SHOWN_VALUES = 4
"""Columns of that table with values in which trials differ, so that 80 columns suffice."""


def print_summary(fitted: FittedConfig, outputs: Outputs, report: Path, console: Console) -> None:
    """Prints the trials, the data, the chosen schedule, every action, the verdict, and where to read more."""
    console.print()
    if "Tuner" in outputs:
        study = read(Path(_uri(outputs, "Tuner", "study"), STUDY_FILE), Study)
        console.print(_trials(study))
        console.print(_search(study, _uri(outputs, "Tuner", "study")), soft_wrap=True)
        reason = common_reason(study["trials"])
        for said in filter(None, (reason, study.get("ended_early"), study.get("choice"))):
            console.print(f"{said[0].upper()}{said[1:]}.", soft_wrap=True)
        console.print()
    record = read(Path(_uri(outputs, "Trainer", "training_record"), RECORD_FILE), Record)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column(overflow="fold")
    for heading, text in [
        *_data(fitted, outputs),
        *training_rows(record),
        *_verdict(fitted, outputs),
        ("Report", str(report)),
    ]:
        facts.add_row(heading, text)
    console.print(facts)


def _uri(outputs: Outputs, component: str, key: str) -> str:
    return outputs[component][key][0].uri


def _data(fitted: FittedConfig, outputs: Outputs) -> Iterator[Row]:
    counts = {}
    for split in fitted.config.data.splits:
        file = _split_file(outputs, "StatisticsGen", "statistics", split, "FeatureStats.pb")
        datasets = statistics_pb2.DatasetFeatureStatisticsList.FromString(file.read_bytes()).datasets
        counts[split] = int(datasets[0].num_examples)
    splits = ", ".join(f"{split} {count:,}" for split, count in counts.items())
    yield "Data", f"{sum(counts.values()):,} examples: {splits}"
    remarks = outputs["ExampleGen"]["examples"][0].get_string_custom_property(REMARKS)
    yield from (("", remark) for remark in remarks.splitlines())
    for split in counts:
        file = _split_file(outputs, "ExampleValidator", "anomalies", split, "SchemaDiff.pb")
        found = anomalies_pb2.Anomalies.FromString(file.read_bytes()).anomaly_info
        for name, anomaly in sorted(found.items()):
            yield "", f"anomaly in {split}, {name}: {anomaly.description}"


def _split_file(outputs: Outputs, component: str, key: str, split: str, name: str) -> Path:
    return Path(_uri(outputs, component, key), f"Split-{split}", name)


def _trials(study: dict[str, Any]) -> Table:
    objective, direction = study["objective"]["name"], study["objective"]["direction"]
    trials = sorted(study["trials"], key=lambda trial: _rank(trial["score"], direction))
    searched = varying(trials)[:SHOWN_VALUES]
    trials = trials[:SHOWN_TRIALS]
    failures = any(trial["error"] for trial in trials)
    table = Table(box=None, pad_edge=False)
    for heading in ("trial", objective, "epochs", *(name.split(".", 1)[-1] for name in searched)):
        table.add_column(heading, justify="right", overflow="fold")
    if failures:
        table.add_column("error", overflow="fold")
    for trial in trials:
        values = map(from_text, map(trial["values"].get, searched))
        cells = [trial["number"], trial["score"], trial["epochs"], *values]
        if failures:
            cells.append(one_line(trial["error"] or "", 100))
        table.add_row(*map(_short, cells), style="bold" if trial["number"] == study["best"] else "")
    return table


def _search(study: dict[str, Any], uri: str) -> str:
    """The cost of the search, and the path of its page."""
    trials, cost = study["trials"], study["cost"]
    states = Counter(trial["state"] for trial in trials)
    words = {"stopped": "stopped at a rung", "failed": "failed"}
    parts = [f"{len(trials)} trial{'' if len(trials) == 1 else 's'}"]
    parts += [f"{states[state]} {text}" for state, text in words.items() if states[state]]
    return (
        f"{', '.join(parts)}; {cost['epochs']:,} epochs, {cost['updates']:,} updates: {uri}/{STUDY_PAGE_FILE}"
    )


def _rank(score: float | None, direction: str) -> float:
    if score is None:
        return math.inf
    return score if direction == "min" else -score


def training_rows(record: dict[str, Any]) -> Iterator[Row]:
    """The schedule, the reaction, and every decision; `record` is a Trainer's `record.json`."""
    training = record["training"]
    rate = {key: value for key, value in training["learning_rate"].items() if value is not None}
    family = rate.pop("family")
    yield "Schedule", f"{family}: " + ", ".join(f"{key} {_short(value)}" for key, value in rate.items())
    if plateau := training["plateau"]:
        yield "", describe(plateau)
    best = "" if record["best_epoch"] is None else f", the best was epoch {record['best_epoch'] + 1}"
    base = f" from the weights of version {record['base_model']}" if record.get("base_model") else ""
    ensemble, which = record.get("ensemble"), ""
    if ensemble:
        lengths = ", ".join(str(len(member["history"]["loss"])) for member in record["members"])
        yield "Training", f"{ensemble['members']} models, {words.seeds(ensemble)}, of {lengths} epochs{base}"
        yield "", words.ensemble(ensemble)
        which = "first model, "
    else:
        yield "Training", f"{_epochs(len(record['history']['loss']))}{base}{best}"
    for decision in record["decisions"]:
        yield "", f"{which}{when(decision)}: {decision['reason']}"


def _verdict(fitted: FittedConfig, outputs: Outputs) -> Iterator[Row]:
    found = read(Path(_uri(outputs, "Evaluator", "evaluation"), metrics.FILE), Evaluation)
    version, rival, judged = found["baseline_version"], found["baseline"], found["metric"]
    against = f"; version {version} in production: {words.number(rival[judged])}" if rival else ""
    yield f"Test {judged}", f"{words.score(found, judged)}{against}"
    others = [
        (name, value) for name, value in found["candidate"].items() if name != judged and value is not None
    ]
    yield "", ", ".join(f"{name} {words.number(value)}" for name, value in others)
    if written := words.configured(found):
        yield "As configured", f"{judged} {written}"
    if answered := words.threshold(found):
        yield "Answers", answered
    for note in found.get("notes", ()):
        yield "Note", note
    if found["blessed"]:
        yield "Blessed", ", and ".join(found["reasons"])
        yield "Model", _model(fitted, outputs["Pusher"]["pushed_model"][0])
        return
    yield "Not blessed", f"{'; '.join(found['reasons'])}; nothing was pushed"
    if version:
        yield "Model", f"version {version} stays in production: {_place(fitted, version)}"


def _model(fitted: FittedConfig, pushed: Artifact) -> str:
    """Where a blessed model was pushed; a cached run may have pushed it long ago."""
    version = pushed.get_string_custom_property("pushed_version")
    if not version:
        return f"not pushed: {pushed.get_string_custom_property('reason')}"
    folder, production = fitted.serving_dir, serving.production(fitted.serving_dir)
    if int(version) == production:
        return _place(fitted, version)
    if int(version) in serving.withdrawn(folder):
        state = "was withdrawn"
    else:
        state = "was superseded" if (folder / version).is_dir() else "was removed"
    now = "nothing is in production" if production is None else f"in production: {_place(fitted, production)}"
    return f"version {version} {state}; {now}"


def _place(fitted: FittedConfig, version: str | int) -> str:
    return shown(fitted.workspace, fitted.serving_dir / str(version))


def _epochs(count: int) -> str:
    return f"{count} epoch{'' if count == 1 else 's'}"


def _short(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | Mapping):
        return text_of(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)

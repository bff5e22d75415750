"""The quality of the model: metrics, slices, errors and calibration."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from components.evaluator import words
from components.evaluator.metrics import SHOWN_SLICES
from components.features import LabelFeature
from components.metrics.rows import Rows
from components.report.answers import AnsweredExamples
from components.report.classification import confusion_plot, reliability_plot
from components.report.multilabel import label_table
from components.report.regression import prediction_plot, residual_plot
from reactive_schedules.pages.charts import new_figure
from reactive_schedules.pages.content import Block, Plot, Section, Table, Text, text_of


def quality(
    found: Mapping[str, Any], label: LabelFeature, answered: AnsweredExamples, temperature: float = 1.0
) -> Section:
    """Returns the section about the evaluation.

    Args:
        found: Contents of the Evaluator's `metrics.json`, see `components.evaluator.metrics`.
        label: Label that the model predicts.
        answered: Predictions for the test split.
        temperature: Temperature of a classifier's predictions.
    """
    blocks: list[Block] = [_overall(found), *_slices(found)]
    if found.get("weight"):
        blocks.append(
            Text(f"Each row weighs its {found['weight']} so far; the following figures count every row once.")
        )
    if not answered.complete:
        blocks.append(
            Text(f"The following figures show the first {len(answered.labels):,} examples of the test split.")
        )
    if not np.isfinite(answered.answers).all():
        blocks.append(
            Text("Some of the model's predictions are not numbers, so there are no figures.", tone="bad")
        )
    elif label.is_multilabel:
        rows = Rows(answered.labels, answered.answers, threshold=found.get("decision_threshold"))
        blocks.append(label_table(rows, label, words.threshold(found)))
    elif label.task == "classification":
        rows = Rows(answered.labels, answered.answers, label.positive, found.get("decision_threshold"))
        blocks.append(confusion_plot(rows, label, words.threshold(found)))
        blocks.append(reliability_plot(rows, label, temperature))
    else:
        blocks += [prediction_plot(answered, label), residual_plot(answered, label)]
    return Section("Evaluation", blocks)


def _overall(found: Mapping[str, Any]) -> Table:
    version, rival, judged = found["baseline_version"], found["baseline"], found["metric"]
    intervals, differences = found.get("intervals", {}), found.get("differences", {})
    constants = found.get("constants") or {judged: found["constant"]}
    columns: dict[str, Callable[[str], Any]] = {"metric": str, "this model": found["candidate"].get}
    if intervals:
        columns["95 % interval"] = lambda name: _interval(intervals.get(name))
    if rival:
        columns[f"version {version}"] = rival.get
    if differences:
        columns["better by"] = lambda name: differences.get(name, {}).get("value")
        columns["95 % interval of it"] = lambda name: _interval(differences.get(name, {}).get("interval"))
    if written := found.get("configured"):
        columns["as configured"] = written["scores"].get
    if found["constant"] is not None:
        columns["best constant"] = constants.get
    rows = [[cell(name) for cell in columns.values()] for name in found["candidate"]]
    marked = frozenset(place for place, name in enumerate(found["candidate"]) if name == judged)
    return Table(f"On {found['examples']:,} examples of the test split", list(columns), rows, marked)


def _interval(around: Sequence[float] | None) -> str | None:
    return words.interval(around) if around else None


def _slices(found: Mapping[str, Any]) -> Iterator[Block]:
    name, slices = found["metric"], found["slices"]
    if not slices:
        yield Text("No slices; name columns in evaluation.slices to evaluate the model by slice.")
        return
    if not name:
        return
    slices = sorted(slices, key=lambda each: -each["examples"])
    shown = slices[:SHOWN_SLICES]
    names = [_called(each["slice"]) for each in shown]
    figure = new_figure(name, "")
    series = [("this model", [each["metrics"].get(name) for each in shown], "blue", "circle")]
    if found["baseline"]:
        rival = [(each["baseline"] or {}).get(name) for each in shown]
        series.append((f"version {found['baseline_version']}", rival, "orange", "diamond-open"))
    for label, values, colour, symbol in series:
        figure.add_scatter(
            x=values,
            y=names,
            mode="markers",
            name=label,
            marker={"color": f"var(--{colour})", "symbol": symbol, "size": 10, "line": {"width": 2}},
            customdata=[each["examples"] for each in shown],
            meta=[label, name],
            hovertemplate="%{meta[0]}, %{y}\n%{meta[1]} %{x:.4g}\n%{customdata:,} examples",
        )
    overall = found["candidate"][name]
    if overall is not None:
        figure.add_vline(x=overall, line={"color": "var(--grey)", "dash": "dot", "width": 1})
    figure.update_yaxes(autorange="reversed", type="category")
    columns = ["slice", "examples", name, *([f"{name} of the baseline"] if found["baseline"] else [])]
    columns.append("95 % interval")
    rows = [
        (
            called,
            each["examples"],
            *(values[place] for _, values, _, _ in series),
            _interval(each.get("interval")),
        )
        for place, (called, each) in enumerate(zip(names, shown, strict=True))
    ]
    rest = (
        f" The figure shows the {SHOWN_SLICES} largest of {len(slices)} slices."
        if len(slices) > SHOWN_SLICES
        else ""
    )
    yield Plot(
        f"{name} by slice",
        figure,
        f"The dotted line marks {text_of(overall)}, the value for all examples.{rest}",
        Table(f"{name} by slice", columns, rows),
        height=130 + 26 * len(shown),
    )


def _called(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{column} {value}" for column, value in values.items())

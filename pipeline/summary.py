"""What came out of a run, in words and small tables."""

import json
import math
from pathlib import Path
from typing import Any

import tensorflow_model_analysis as tfma
from rich.console import Console
from rich.table import Table

from components.tuner.executor import STUDY_FILE
from pipeline.config import Run
from pipeline.evaluation import TFMA, value_threshold
from pipeline.local import Outputs


def print_summary(run: Run, outputs: Outputs, console: Console) -> None:
    """Prints trials, the chosen schedule, every action, the evaluation, the verdict, and where the model lies."""
    console.print()
    if "Tuner" in outputs:
        _search(json.loads(Path(_uri(outputs, "Tuner", "study"), STUDY_FILE).read_text()), console)
    record = json.loads(Path(_uri(outputs, "Trainer", "training_record"), "record.json").read_text())
    _training(record, console)
    _verdict(run, outputs, console)


def _uri(outputs: Outputs, component: str, key: str) -> str:
    return outputs[component][key][0].uri


def _search(study: dict[str, Any], console: Console) -> None:
    objective = study["objective"]["name"]
    names = list(dict.fromkeys(name for trial in study["trials"] for name in trial["values"]))
    table = Table(title=f"Trials, by {objective}", title_justify="left", box=None, pad_edge=False)
    for name in ("trial", objective, "epochs", *(name.split(".", 1)[-1] for name in names)):
        table.add_column(name, justify="right")
    sign = 1 if study["objective"]["direction"] == "min" else -1
    for trial in sorted(study["trials"], key=lambda t: math.inf if t["score"] is None else sign * t["score"]):
        score = "failed" if trial["score"] is None else f"{trial['score']:.4f}"
        epochs = str(len(next(iter(trial.get("history", {}).values()), [])))
        cells = [_short(trial["values"].get(name, "")) for name in names]
        table.add_row(str(trial["number"]), score, epochs, *cells, style="bold" if trial["number"] == study["best"] else "")
    console.print(table)
    for trial in study["trials"]:
        if trial["error"]:
            console.print(f"Trial {trial['number']} failed: {trial['error'].splitlines()[0]}")
    console.print()


def _training(record: dict[str, Any], console: Console) -> None:
    training = record["training"]
    rate = {key: value for key, value in training["learning_rate"].items() if key != "family" and value is not None}
    console.print(f"Schedule   {training['learning_rate']['family']}: " + ", ".join(f"{k} {_short(v)}" for k, v in rate.items()))
    if plateau := training["plateau"]:
        console.print(
            f"           then {plateau['action']} (factor {_short(plateau['factor'])}) when {plateau['monitor']} "
            f"has not improved for {plateau['patience']} epochs, at most {plateau['max_actions']} times"
        )
    epochs = len(record["history"]["loss"])
    best = "" if record["best_epoch"] is None else f", best after epoch {record['best_epoch'] + 1}"
    console.print(f"Training   {epochs} epochs{best}")
    for decision in record["decisions"]:
        console.print(f"           epoch {decision['epoch'] + 1}: {decision['reason']}")


def _verdict(run: Run, outputs: Outputs, console: Console) -> None:
    evaluation = _uri(outputs, "Evaluator", "evaluation")
    blessing = outputs["Evaluator"]["blessing"][0]
    version = outputs["Baseline"]["model"][0].get_string_custom_property("version")
    values = {
        model or "candidate": _overall(tfma.load_eval_result(evaluation, model_name=model or None))
        for model in (["candidate", "baseline"] if version else [""])
    }
    candidate = values["candidate"]
    label = run.data.label
    for name in candidate:
        if name not in TFMA:
            continue
        against = f", in production (version {version}) {values['baseline'][name]:.4f}" if version else ""
        console.print(f"{'Test ' + name:<10} {candidate[name]:.4f}{against}")
    required = value_threshold(label, run.metric, run.config.evaluation)
    side = "at least" if TFMA[run.metric].larger_is_better else "at most"
    if blessing.get_int_custom_property("blessed") == 1:
        than = f", and no worse than version {version}" if version else ""
        console.print(f"[green]Blessed[/]    {run.metric} is {side} {required:.4f}{than}")
        pushed = outputs["Pusher"]["pushed_model"][0]
        console.print(f"Model      {pushed.get_string_custom_property('pushed_destination')}")
        return
    reasons = []
    sign = 1 if TFMA[run.metric].larger_is_better else -1
    if sign * candidate[run.metric] < sign * required:
        reasons.append(f"{run.metric} {candidate[run.metric]:.4f} is not {side} {required:.4f}")
    if version and sign * (candidate[run.metric] - values["baseline"][run.metric]) < run.config.evaluation.min_improvement:
        reasons.append(f"{run.metric} {candidate[run.metric]:.4f} does not reach the {values['baseline'][run.metric]:.4f} of version {version}")
    console.print(f"[red]Not blessed[/] {'; '.join(reasons)}; nothing was pushed")
    if version:
        console.print(f"Model      version {version} stays in production: {run.serving_dir / version}")


def _overall(result) -> dict[str, float]:
    metrics = dict(result.slicing_metrics)[()][""][""]
    return {name: value["doubleValue"] for name, value in metrics.items() if "doubleValue" in value}


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)

"""Facts about runs and models as plain JSON: the `--json` output of the commands, and the source of the tables."""

import datetime
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from components.evaluator import metrics
from components.model_store import model_files
from pipeline.history import searches
from pipeline.history.records import Artifact, Run, Step, TrainedModel
from pipeline.history.workspace import History
from pipeline.remote import place
from pipeline.result_files import Card, Evaluation, Health, Record
from reactive_schedules.plateau.description import describe_briefly, when

Facts = dict[str, Any]

_OF_GOAL = ("loss", "from_logits", "label_smoothing", "class_weight", "weight")
"""What a training minimises, beside its spec; only what was configured is shown."""


def run_row(history: History, run: Run) -> Facts:
    """One row of `runs`."""
    model, record = history.model_of(run), training_record(run.output("Trainer", "training_record"))
    found = evaluation(run.step("Evaluator"))
    return {
        "id": run.id,
        "run": run.name,
        "pipeline": run.pipeline,
        "state": run.state,
        "error": run.error or None,
        "started": _iso(run.started),
        "seconds": round(sum(step.seconds or 0 for step in run.steps), 3),
        "components": len(run.record.get("components", run.steps)),
        "cached": sum(step.state == "cached" for step in run.steps),
        "metric": found.get("metric"),
        **_score(found),
        "blessed": found.get("blessed"),
        "schedule": schedule(record.get("training") or run.record.get("config", {}).get("training")),
        "data": run.record.get("data", {}).get("fingerprint"),
        "model": model and model.id,
        "search": searches.in_progress(history.workspace, run),
    }


def model_row(history: History, model: TrainedModel) -> Facts:
    """One row of `models`."""
    card, found = _card(model), evaluation(model.evaluated)
    return {
        "id": model.id,
        "versions": model.versions,
        "state": history.state_of(model),
        "run": model.run.id,
        "trained": _iso(model.run.started),
        "metric": found.get("metric"),
        **_score(found),
        "blessed": found.get("blessed"),
        "schedule": schedule(card.get("training")),
        "data": _fingerprint(card, "data"),
    }


def of(history: History, found: Run | TrainedModel) -> Facts:
    """The content of `show`."""
    return run_facts(history, found) if isinstance(found, Run) else model_facts(history, found)


def run_facts(history: History, run: Run) -> Facts:
    """The content of `show` for a run."""
    record = training_record(run.output("Trainer", "training_record"))
    return {
        "kind": "run",
        **run_row(history, run),
        **_data(run.record.get("data", {}), run.step("ExampleGen"), run.output("SchemaGen", "schema")),
        "code": {**run.record.get("code", {}), **_functions(run.record.get("config", {}).get("model", {}))},
        "hyperparameters": hyperparameters(record),
        "result": _result(record),
        "ensemble": record.get("ensemble"),
        "evaluation": evaluation(run.step("Evaluator")),
        "config": run.record.get("config"),
        "health": health(run.output("Report", "report")),
        "report": place.found(history.workspace, f"reports/{run.name}.html"),
        "steps": [_step(run, step) for step in run.steps],
    }


def model_facts(history: History, model: TrainedModel) -> Facts:
    """The content of `show` for a model."""
    card, record = _card(model), training_record(model.step("Trainer").outputs["training_record"][0])
    schema = model.step("SchemaGen")
    return {
        "kind": "model",
        **model_row(history, model),
        **_data(card.get("data", {}), model.step("ExampleGen"), schema and schema.outputs["schema"][0]),
        "code": {**card.get("code", {}), "build": card.get("model", {}).get("build")},
        "candidate": card.get("candidate"),
        "base_model": card.get("base_model"),
        "hyperparameters": hyperparameters(record),
        "result": _result(record),
        "ensemble": record.get("ensemble"),
        "evaluation": evaluation(model.evaluated),
        "path": model.artifact.place,
        "steps": [_step(run, step) for run, step in model.steps],
    }


def schedule(training: Mapping[str, Any] | None) -> str | None:
    """The schedule in a few words: family, peak, and reaction to a plateau."""
    if not training:
        return None
    rate, plateau = training["learning_rate"], training["plateau"]
    peak = f" {rate['peak']:.3g}" if isinstance(rate.get("peak"), float | int) else ""
    reaction = f", {describe_briefly(plateau)}" if plateau else ""
    return f"{rate['family']}{peak}{reaction}"


def evaluation(step: Step | None) -> Facts:
    """`metrics.json` of an Evaluator step; empty if there is none."""
    found = step.outputs.get("evaluation") if step else None
    return found[0].json(metrics.FILE, Evaluation) if found else {}


def _score(found: Facts) -> Facts:
    """The value of the metric that the model is judged by, the interval around it, and the rows that it is of."""
    name = found.get("metric")
    return {
        "value": found.get("candidate", {}).get(name),
        "interval": found.get("intervals", {}).get(name),
        "test_rows": found.get("test_rows"),
    }


def training_record(artifact: Artifact | None) -> Facts:
    """`record.json` of a Trainer; empty if there is none."""
    return artifact.json("record.json", Record) if artifact else {}


def health(artifact: Artifact | None) -> list[Facts] | None:
    """`health.json` of a Report; None if there is none, as in runs of earlier releases."""
    return artifact.json("health.json", Health).get("findings") if artifact else None


def _card(model: TrainedModel) -> Facts:
    return model.artifact.json(f"Format-Serving/{model_files.CARD}", Card)


def _fingerprint(card: Mapping[str, Any], key: str) -> str | None:
    return (card.get(key) or {}).get("fingerprint")


def _data(known: Mapping[str, Any], example_gen: Step | None, schema: Artifact | None) -> Facts:
    """`data` and `schema`: fingerprints, path, span and columns."""
    examples = (example_gen.outputs.get("examples") if example_gen else None) or [None]
    return {
        "data": {
            "fingerprint": known.get("fingerprint"),
            "path": example_gen and example_gen.properties.get("input_base"),
            "span": examples[0] and examples[0].properties.get("span"),
        },
        "schema": _schema(schema),
    }


def _schema(artifact: Artifact | None) -> Facts | None:
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import schema_pb2

    file = artifact and artifact.file("schema.pbtxt")
    if not file or not file.exists():
        return None
    text = file.read_bytes()
    try:
        columns = text_format.Parse(text, schema_pb2.Schema()).feature
    except (text_format.ParseError, UnicodeDecodeError):
        return None  # as for a damaged JSON file
    return {
        "fingerprint": hashlib.sha256(text).hexdigest(),
        "columns": {column.name: schema_pb2.FeatureType.Name(column.type).lower() for column in columns},
    }


def _functions(model: Mapping[str, Any]) -> Facts:
    return {name: model[name] for name in ("build", "preprocessing") if name in model}


def hyperparameters(record: Mapping[str, Any]) -> Facts:
    """How a model was trained and built; `record` is a `record.json`, which earlier releases wrote without a goal."""
    goal = {key: value for key, value in record.get("goal", {}).items() if value and key in _OF_GOAL}
    if ensemble := record.get("ensemble"):
        goal["ensemble"] = ensemble["members"]
    training = record.get("training")
    return {
        "training": training and {**training, **goal},
        "model": record.get("model", {}).get("hyperparameters"),
    }


def _result(record: Mapping[str, Any]) -> Facts | None:
    if not record:
        return None
    best = record["best_epoch"]
    return {
        "epochs": len(record["history"]["loss"]),
        "best_epoch": None if best is None else best + 1,
        "best_metric": record["best_metric"],
        "stopped_by": record["stopped_by"],
        "decisions": [
            {"epoch": decision["epoch"] + 1, "when": when(decision), "reason": decision["reason"]}
            for decision in record["decisions"]
        ],
    }


def _step(run: Run, step: Step) -> Facts:
    return {
        "component": step.component,
        "run": run.id,
        "execution": step.id,
        "state": step.state,
        "seconds": None if step.seconds is None else round(step.seconds, 3),
        "outputs": {key: [each.place for each in found] for key, found in sorted(step.outputs.items())},
    }


def _iso(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat(timespec="seconds")


def flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """Flattens nested mappings to dotted keys; empty mappings and missing values have none."""
    if isinstance(value, Mapping):
        return {
            key: item
            for name, inner in value.items()
            for key, item in flat(inner, f"{prefix}.{name}").items()
        }
    return {} if value is None else {prefix.removeprefix("."): value}


def differences(a: Facts, b: Facts) -> dict[str, tuple[Any, Any]]:
    """The differences between the facts of two runs or two models: dotted key to both values.

    The keys are from `run_facts` and `model_facts`, except for those that always differ (ids, times, output paths)
    and those that follow from the configuration.
    """
    found = dict(_differences(_compared(a), _compared(b), ""))
    for key, pair in list(found.items()):
        # Without a search, the hyperparameters only repeat the configuration.
        if key.startswith("hyperparameters.") and found.get(_configured(key)) == pair:
            del found[key]
    return found


def _differences(a: Any, b: Any, key: str) -> Iterator[tuple[str, tuple[Any, Any]]]:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for name in dict.fromkeys((*a, *b)):
            yield from _differences(a.get(name), b.get(name), f"{key}.{name}" if key else name)
    elif a != b:
        # A section that one side lacks is one difference, not one per value in it.
        yield key, (a, b)


def _configured(key: str) -> str:
    section, _, rest = key.removeprefix("hyperparameters.").partition(".")
    return f"config.training.{rest}" if section == "training" else f"config.model.hyperparameters.{rest}"


def _compared(facts: Facts) -> Facts:
    a_run = facts["kind"] == "run"
    found, result = facts["evaluation"], facts["result"]
    return {
        "data": facts["data"],
        "schema": facts["schema"],
        # The configuration of a run already names the functions.
        "code": {key: facts["code"].get(key) for key in ("fingerprint", "commit", "modified")},
        "config": facts["config"] if a_run else {"model": {"build": facts["code"].get("build")}},
        "hyperparameters": facts["hyperparameters"],
        "base_model": None if a_run else facts["base_model"],
        "state": facts["state"] if a_run else None,
        "result": result and {key: value for key, value in result.items() if key != "decisions"},
        "metrics": found.get("candidate"),
        "blessed": found.get("blessed"),
    }


def dumps(value: Any) -> str:
    """JSON as the commands print it."""
    return json.dumps(value, indent=2)

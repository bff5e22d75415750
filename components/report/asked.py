"""The configuration of a run, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from components.evaluator import verdict
from components.features import LabelFeature
from reactive_schedules.pages.content import Code, Facts, Folded, Section, text_of
from reactive_schedules.plateau.description import describe

# The order in which people write the sections; the configuration has its keys sorted, as part of the cache key.
_SECTIONS = ("name", "data", "model", "training", "search", "evaluation")
_SPLITS = ("train", "eval", "test")


def asked(config: Mapping[str, Any], label: LabelFeature, larger_is_better: bool) -> Section:
    """Returns the section about the configuration.

    Args:
        config: Sections `data`, `model`, `training`, `search` and `evaluation` of a configuration file, with all
            defaults filled in.
        label: Label that the model predicts.
        larger_is_better: Whether larger values of the metric are better.
    """
    data, model, training = config["data"], config["model"], config["training"]
    rows = [
        ("Task", _task(label)),
        (
            "Data",
            [
                str(data["path"] or data["source"]),
                _split(data),
                *([f"each row weighs its {data['weight']}"] if data.get("weight") else []),
            ],
        ),
        ("Model", [model["build"], ", ".join(given(model["hyperparameters"]))]),
        ("Schedule", list(_schedule(training))),
        ("Search", list(_search(config["search"]))),
        ("Blessed if", _bar(config["evaluation"], larger_is_better)),
    ]
    if model["warm_start"]:
        rows[2][1].append("starts with the weights of the model in production")
    ordered = sorted(config, key=lambda key: _SECTIONS.index(key) if key in _SECTIONS else len(_SECTIONS))
    whole = yaml.safe_dump({key: config[key] for key in ordered}, sort_keys=False, allow_unicode=True)
    return Section(
        "Configuration", [Facts(rows), Folded("Full configuration", Code("With all defaults", whole))]
    )


def _task(label: LabelFeature) -> str:
    if label.task == "regression":
        return f"predict the number {label.name}"
    shown = ", ".join(map(str, label.classes[:12])) + (", …" if len(label.classes) > 12 else "")
    if label.is_multilabel:
        return f"predict {label.name}, any of {len(label.classes)} labels per row: {shown}"
    return f"predict {label.name}, one of {len(label.classes)} classes: {shown}"


def _schedule(training: Mapping[str, Any]) -> Iterator[str]:
    rate, plateau = dict(training["learning_rate"]), training["plateau"]
    optimizer = training["optimizer"]
    yield f"{rate.pop('family')}: {', '.join(given(rate))}"
    yield f"{', '.join([optimizer['name'], *given({k: v for k, v in optimizer.items() if k != 'name'})])}"
    yield f"batch size {training['batch_size']}, at most {_length(training['epochs'])}, seed {training['seed']}"
    if plateau:
        yield describe(plateau)
    if training.get("loss"):
        yield f"loss {training['loss']}{', of logits' if training.get('from_logits') else ''}"
    if training.get("label_smoothing"):
        yield f"label smoothing {training['label_smoothing']}"
    if training.get("ensemble", 1) > 1:
        yield f"average of {training['ensemble']} models with seeds that follow each other"
    if training.get("strategy"):
        yield f"{training['strategy']}: a copy of the model on each GPU, which share each batch"
    if training.get("calibrate") is False:
        yield "probabilities as the model gives them, not calibrated"
    if training.get("class_weight"):
        weights = training["class_weight"]
        yield f"class weights in the loss: {weights if isinstance(weights, str) else ', '.join(given(weights))}"


def _search(search: Mapping[str, Any] | None) -> Iterator[str]:
    if not search:
        yield "none: the schedule as configured"
        return
    elsewhere = ("algorithm", "space", "trials", "start", "prior")
    options = {"algorithm": search["algorithm"]} | {
        key: value for key, value in search.items() if key not in elsewhere
    }
    trials = f"{search['trials']} trials: " if "trials" in search else ""
    yield f"{trials}{', '.join(given(options))}"
    yield from _ranges(search["space"])


def _ranges(space: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for key, value in space.items():
        match value:
            case {"low": low, "high": high, **rest}:
                scale = ", on a logarithmic scale" if rest.get("log") else ""
                yield f"{path}{key}: {text_of(low)} to {text_of(high)}{scale}"
            case Mapping():
                yield from _ranges(value, f"{path}{key}.")
            case list():
                yield f"{path}{key}: {', '.join(map(text_of, value))}"
            case _:
                yield f"{path}{key}: {value}"


def _split(data: Mapping[str, Any]) -> str:
    """What decides which split a row belongs to."""
    splits = sorted(data["splits"].items(), key=lambda item: _SPLITS.index(item[0]))
    shares = f"{' : '.join(str(share) for _, share in splits)} into {', '.join(name for name, _ in splits)}"
    match {key: value for key, value in data.get("split", {}).items() if value}:
        case {"time": column}:
            return f"split {shares} by time, {column}"
        case {"group": column}:
            return f"split {shares} by a hash of {column}, whose rows stay together"
        case {"column": column}:
            return f"split by the column {column}"
        case {"stratify": True}:
            return f"split {shares} within each class"
        case {"files": files}:
            return "split by files: " + ", ".join(
                f"{name} {files[name]}" for name in _SPLITS if name in files
            )
    return f"split {shares}, by a hash or as the files say"


def _bar(evaluation: Mapping[str, Any], larger: bool) -> str:
    metric, threshold, gain = (evaluation[key] for key in ("metric", "threshold", "min_improvement"))
    required = f"{'at least' if larger else 'at most'} {text_of(threshold)}"
    if threshold is None:
        required = f"{'above' if larger else 'below'} the best constant prediction"
    sure = f"with {100 * evaluation['confidence']:g} % confidence"
    return f"{metric} {required}, and, {sure}, {verdict.asked(gain)} the model in production"


def given(values: Mapping[str, Any]) -> list[str]:
    """Returns options in words, without those that are None, empty or false."""
    return [
        f"{key} {text_of(value)}"
        for key, value in values.items()
        if value is not None and value is not False and value not in ([], {})
    ]


def _length(epochs: int | str) -> str:
    return epochs if isinstance(epochs, str) else f"{epochs} epochs"

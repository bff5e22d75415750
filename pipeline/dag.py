"""The pipeline as a graph of TFX components, the same for every orchestrator."""

import json
from collections.abc import Mapping
from typing import Any

from tfx.components import (
    ExampleValidator,
    SchemaGen,
)
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.proto import example_gen_pb2, transform_pb2

from components import code
from components.baseline.component import Baseline
from components.evaluator.component import Evaluator
from components.evaluator.settings import Settings as Evaluation
from components.example_gen.component import ExampleGen
from components.example_gen.settings import Settings
from components.features import LabelFeature
from components.metrics import is_own
from components.pusher.component import Pusher
from components.report.component import Report
from components.report.health import Known
from components.statistics_gen.component import StatisticsGen
from components.trainer.component import Trainer
from components.transform.component import Transform
from components.tuner.component import Tuner
from pipeline.config.credentials import recordable
from pipeline.config.fit import FittedConfig
from pipeline.config.goal import own_code, search_goal, training_goal
from pipeline.config.search import SearchSection
from pipeline.config.sections import Config
from pipeline.data.files import ALL

TEST = "test"
"""The split that neither the search nor the training sees."""

VALIDATION = "eval"
"""The split that the search and the training choose by."""


def create_components(fitted: FittedConfig) -> list[BaseComponent]:
    """Builds the graph.

    Args:
        fitted: Configuration that fits its data.

    Returns:
        The components in an order in which they can run.
    """
    config, data, understood = fitted.config, fitted.data, fitted.understanding
    label = fitted.label

    example_gen = _example_gen(fitted)
    statistics_gen = StatisticsGen(examples=example_gen.outputs["examples"])
    schema_gen = SchemaGen(statistics=statistics_gen.outputs["statistics"], infer_feature_shape=True)
    example_validator = ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema_gen.outputs["schema"]
    )
    transform = Transform(
        examples=example_gen.outputs["examples"],
        schema=schema_gen.outputs["schema"],
        preprocessing_fn=config.model.preprocessing,
        custom_config={
            "label": label.name,
            "task": label.task,
            "classes": list(label.classes),
            "shapes": config.data.shapes,
            "categorical": list(understood.categorical),
            "dates": dict(understood.dates),
            "texts": list(understood.text),
            "lists": dict(understood.lists),
            "gaps": list(understood.gaps),
            "ignore": fitted.ignored,
            "weight": config.data.weight,
            "code": code.fingerprint(config.model.preprocessing),
        },
        splits_config=transform_pb2.SplitsConfig(analyze=["train"], transform=["train", "eval"]),
    )
    learning = {
        "examples": transform.outputs["transformed_examples"],
        "transform_graph": transform.outputs["transform_graph"],
        "spec": config.training.spec,
        "build_model": config.model.build,
        "custom_config": config.model.hyperparameters,
        "strategy": config.training.strategy,
        "label": label.without_classes(),
        "depends_on": [config.model.preprocessing, *own_code(config, fitted.metric)],
    }
    tuner = None
    if config.search:
        division = "given" if ALL not in data.inputs or config.data.split.column else _division(fitted.split)
        divides = division != "given" and config.search.folds != 0
        raw = {"raw_examples": example_gen.outputs["examples"]} if divides else {}
        tuner = _tuner(config, config.search, {**learning, **raw}, label, fitted.metric, division)
    baseline = Baseline(serving_dir=str(fitted.serving_dir), candidate=fitted.candidate)
    trainer = Trainer(
        **learning,
        goal=training_goal(config, label, fitted.metric),
        candidate=fitted.candidate,
        data=data.fingerprint,
        reading=data.reading,
        ensemble=config.training.ensemble,
        statistics=statistics_gen.outputs["statistics"],
        hyperparameters=tuner.outputs["best_hyperparameters"] if tuner else None,
        with_configured=tuner is not None,
        base_model=baseline.outputs["model"] if config.model.warm_start else None,
    )
    evaluator = Evaluator(
        examples=example_gen.outputs["examples"],
        model=trainer.outputs["model"],
        baseline_model=baseline.outputs["model"],
        schema=schema_gen.outputs["schema"],
        example_splits=[TEST],
        settings=_evaluation(fitted, label.without_classes()),
    )
    pusher = Pusher(
        model=trainer.outputs["model"],
        model_blessing=evaluator.outputs["blessing"],
        evaluation=evaluator.outputs["evaluation"],
        serving_dir=str(fitted.serving_dir),
        keep=config.serving.keep,
    )
    report = Report(
        examples=example_gen.outputs["examples"],
        statistics=statistics_gen.outputs["statistics"],
        schema=schema_gen.outputs["schema"],
        anomalies=example_validator.outputs["anomalies"],
        study=tuner.outputs["study"] if tuner else None,
        training_record=trainer.outputs["training_record"],
        model=trainer.outputs["model"],
        baseline_model=baseline.outputs["model"],
        evaluation=evaluator.outputs["evaluation"],
        pushed_model=pusher.outputs["pushed_model"],
        config=_canonical(_with_metric(fitted)),
        label=label.without_classes().to_json(),
        test_split=TEST,
        known=Known(fitted.ignored, (*understood.dates, *understood.text, *understood.lists)).to_json(),
    )
    before = [example_gen, statistics_gen, schema_gen, example_validator, transform]
    return [*before, *([tuner] if tuner else []), baseline, trainer, evaluator, pusher, report]


def _evaluation(fitted: FittedConfig, label: LabelFeature) -> Evaluation:
    section, data = fitted.config.evaluation, fitted.config.data
    return Evaluation(
        label,
        fitted.metric,
        section.threshold,
        section.min_improvement,
        section.confidence,
        tuple(section.slices),
        data.weight,
        data.split.group,
        VALIDATION,
        code.fingerprint(fitted.metric) if is_own(fitted.metric) else "",
    )


def _with_metric(fitted: FittedConfig) -> dict[str, Any]:
    """The configuration as the store may keep it, with the default metric filled in, and without the classes."""
    config = recordable(fitted.config)
    data = {key: value for key, value in config["data"].items() if key != "classes" or not value}
    return {**config, "data": data, "evaluation": {**config["evaluation"], "metric": fitted.metric}}


def _tuner(
    config: Config,
    search: SearchSection,
    learning: dict[str, Any],
    label: LabelFeature,
    metric: str,
    division: str | dict[str, str] = "given",
) -> Tuner:
    """The Tuner; its cache key also covers the code of a user's own algorithm, start points and prior trials."""
    goal = search_goal(config, label, metric)
    return Tuner(
        **{**learning, "depends_on": [config.model.preprocessing, *own_code(config, goal.metric or "")]},
        **search.model_dump(mode="json"),
        goal=goal,
        division=division,
    )


def _division(split: Mapping[str, Any]) -> str | dict[str, str]:
    """How a confirmation divides the rows anew: as the ExampleGen did."""
    if "group" in split:
        return {"group": split["group"]}
    return {name: split[name] for name in ("time", "format") if name in split} or "rows"


def _canonical(value: Any) -> str:
    """JSON with sorted keys, because it becomes part of a cache key."""
    return json.dumps(value, sort_keys=True)


def _example_gen(fitted: FittedConfig) -> BaseComponent:
    data, section = fitted.data, fitted.config.data
    output = None  # the input splits are the output splits
    if ALL in data.inputs:
        output = example_gen_pb2.Output(
            split_config=example_gen_pb2.SplitConfig(
                splits=[
                    example_gen_pb2.SplitConfig.Split(name=name, hash_buckets=buckets)
                    for name, buckets in sorted(section.splits.items())
                ],
                partition_feature_name=section.split.group,
            )
        )
    return ExampleGen(
        input_base=str(data.directory),
        input_config=example_gen_pb2.Input(
            splits=[
                example_gen_pb2.Input.Split(name=name, pattern=pattern)
                for name, pattern in data.inputs.items()
            ]
        ),
        output_config=output,
        custom_config=Settings(
            data.label.name,
            fitted.split,
            data.reading,
            data.label.task,
            data.span and data.span.number,
            data.span and data.span.version,
        ).to_proto(),
    )

"""The Tuner component."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.channel import BaseChannel, Channel
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.artifacts import Study
from components.features import LabelFeature
from components.learning import given
from components.learning.given import Function, Spec, Splits
from components.learning.goal import DEFAULT, Goal
from components.learning.replicas import Strategy
from components.tuner import executor, search

Division = Literal["rows", "given"] | Mapping[str, str]


class TunerSpec(ComponentSpec):
    """Inputs, outputs and parameters of `Tuner`."""

    PARAMETERS = {
        "training": ExecutionParameter(type=str),
        "build_model": ExecutionParameter(type=str),
        "model_hyperparameters": ExecutionParameter(type=str),
        "code": ExecutionParameter(type=str),
        "label": ExecutionParameter(type=str),
        "goal": ExecutionParameter(type=str),
        "splits": ExecutionParameter(type=str),
        "search": ExecutionParameter(type=str),
        "division": ExecutionParameter(type=str),
        "strategy": ExecutionParameter(type=str),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "transform_graph": ChannelParameter(type=standard_artifacts.TransformGraph, optional=True),
        "schema": ChannelParameter(type=standard_artifacts.Schema, optional=True),
        "raw_examples": ChannelParameter(type=standard_artifacts.Examples, optional=True),
    }
    OUTPUTS = {
        "best_hyperparameters": ChannelParameter(type=standard_artifacts.HyperParameters),
        "tuner_results": ChannelParameter(type=standard_artifacts.TunerResults),
        "study": ChannelParameter(type=Study),
    }


class Tuner(base_component.BaseComponent):
    """Searches for the hyperparameters of a schedule, in the place of TFX's Tuner.

    ```python
    tuner = Tuner(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        spec="training.yaml",
        build_model="my_module.build_model",
        label="tips_xf",
        space={"learning_rate": {"peak": {"low": 0.001, "high": 0.1, "log": True}}},
        algorithm="halving",
        trials=27,
    )
    ```

    Each trial runs alone in a process; the environment variable SEARCH_PROCESSES is the number of trials at a time. The
    next run resumes a search that was killed, from files in the pipeline root.

    Outputs:
        best_hyperparameters: One file, a KerasTuner `HyperParameters` config as JSON, as TFX's Tuner writes it.
        tuner_results: One file, a JSON list with one record per trial, as TFX's Tuner writes it.
        study: `study.json`, see `reactive_schedules.search.study`, `study.html`, and a log file per attempt.
    """

    SPEC_CLASS = TunerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self,
        examples: BaseChannel,
        spec: Spec,
        build_model: Function,
        label: str | LabelFeature,
        space: Mapping[str, Any],
        algorithm: str = "random",
        *,
        transform_graph: BaseChannel | None = None,
        schema: BaseChannel | None = None,
        raw_examples: BaseChannel | None = None,
        train_args: Splits = None,
        eval_args: Splits = None,
        custom_config: Mapping[str, Any] | None = None,
        goal: Goal = DEFAULT,
        division: Division = "given",
        strategy: Strategy | None = None,
        depends_on: Iterable[Function] = (),
        **options: Any,
    ) -> None:
        """Wires the component.

        Args:
            examples: Examples to train and to validate on, transformed or as they are.
            spec: How to train, as for the Trainer: the first trial, which the others vary.
            build_model: Function of (hyperparameters, schema) that returns a Keras model, as for the Trainer.
            label: Name of the label in the examples, as for the Trainer.
            space: Values to try, in the layout of the spec, with a list or a range `{low: …, high: …, log: True}`
                instead of a value; and `model` for `custom_config`. See `reactive_schedules.search.space`.
            algorithm: Name of an algorithm, such as "random", "halving" or "tpe", or the dotted path of your own.
            transform_graph: Graph from the Transform component, if it made the examples.
            schema: Schema of the examples, without Transform.
            raw_examples: Examples before this project's Transform, so that a confirmation can divide them anew.
            train_args: Splits to train on, as for the Trainer.
            eval_args: Splits to validate on, as for the Trainer.
            custom_config: First argument of `build_model`, plain JSON.
            goal: Loss, weights, and the metric whose threshold counts.
            division: How the rows of the splits were divided, and a confirmation divides them anew: "rows" at random,
                `{"group": column}` by whole groups, `{"time": column, "format": format}` forward in time, with the
                format of dates that are text; "given" leaves them as they are.
            strategy: How a trial uses several GPUs, as for the Trainer; trials at the same time divide them.
            depends_on: Further functions that the model depends on, as for the Trainer.
            **options: Other keys of a search that docs/tuner.md lists, such as `objective`, `epochs`, `start` or
                `seed`, and options of the algorithm, such as `trials`.

        Raises:
            UserError: An argument cannot be used; names it.
            rs.SpecError: The spec, the space or an option is invalid.
        """
        given.check_described(transform_graph, schema)
        found = search.complete(
            algorithm, space, options, given.spec_of(spec, train_args), custom_config or {}
        )
        shared = given.properties(
            spec,
            build_model,
            label,
            train_args,
            eval_args,
            custom_config,
            goal,
            depends_on,
            strategy,
            search.own_code(found),
        )
        super().__init__(
            TunerSpec(
                examples=examples,
                transform_graph=transform_graph,
                schema=schema,
                raw_examples=raw_examples,
                **shared,
                search=given.canonical(found),
                division=given.canonical(division),
                best_hyperparameters=Channel(type=standard_artifacts.HyperParameters),
                tuner_results=Channel(type=standard_artifacts.TunerResults),
                study=Channel(type=Study),
            )
        )

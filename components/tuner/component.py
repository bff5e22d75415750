"""The Tuner component."""

import json
from typing import Literal

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.channel import BaseChannel, Channel
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.artifacts import Study
from components.learning.splits import SPLITS
from components.tuner import executor

Division = Literal["rows", "given"]


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
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "transform_graph": ChannelParameter(type=standard_artifacts.TransformGraph),
    }
    OUTPUTS = {
        "best_hyperparameters": ChannelParameter(type=standard_artifacts.HyperParameters),
        "tuner_results": ChannelParameter(type=standard_artifacts.TunerResults),
        "study": ChannelParameter(type=Study),
    }


class Tuner(base_component.BaseComponent):
    """Searches for the hyperparameters of a schedule with an algorithm of `reactive_schedules.search.algorithms`.

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
        transform_graph: BaseChannel,
        training: str,
        build_model: str,
        model_hyperparameters: str,
        code: str,
        label: str,
        goal: str,
        search: str,
        division: Division = "given",
    ) -> None:
        """Wires the component.

        Args:
            examples: Transformed examples with the splits `train` and `eval`.
            transform_graph: Graph from the Transform component.
            training: `rs.TrainingSpec` as JSON: the first trial, which the others vary.
            build_model: Dotted path of a function of (hyperparameters, schema) that returns a Keras model.
            model_hyperparameters: First argument of `build_model`, as JSON.
            code: Fingerprint of the source of `build_model`, so that a code change is a new cache key.
            label: `components.features.LabelFeature` as JSON; without classes, it has those that Transform wrote.
            goal: `components.learning.goal.Goal` as JSON: loss, weights, and the metric whose threshold counts.
            search: Section `search` of the configuration as JSON, with complete start points by path.
            division: "rows" if the rows of `train` and `eval` were divided at random, so that a confirmation may divide
                them anew; "given" if it must leave them as they are, because they are of different groups or times.
        """
        super().__init__(
            TunerSpec(
                examples=examples,
                transform_graph=transform_graph,
                training=training,
                build_model=build_model,
                model_hyperparameters=model_hyperparameters,
                code=code,
                label=label,
                goal=goal,
                splits=json.dumps(SPLITS),
                search=search,
                division=division,
                best_hyperparameters=Channel(type=standard_artifacts.HyperParameters),
                tuner_results=Channel(type=standard_artifacts.TunerResults),
                study=Channel(type=Study),
            )
        )

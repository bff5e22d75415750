"""The Trainer component."""

import json

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.channel import BaseChannel, Channel
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.artifacts import TrainingRecord
from components.learning.splits import SPLITS
from components.trainer import executor


class TrainerSpec(ComponentSpec):
    """Inputs, outputs and parameters of `Trainer`."""

    PARAMETERS = {
        "training": ExecutionParameter(type=str),
        "build_model": ExecutionParameter(type=str),
        "model_hyperparameters": ExecutionParameter(type=str),
        "code": ExecutionParameter(type=str),
        "label": ExecutionParameter(type=str),
        "goal": ExecutionParameter(type=str),
        "splits": ExecutionParameter(type=str),
        "candidate": ExecutionParameter(type=str),
        "data": ExecutionParameter(type=str),
        "reading": ExecutionParameter(type=str),
        "ensemble": ExecutionParameter(type=int),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "transform_graph": ChannelParameter(type=standard_artifacts.TransformGraph),
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
        "hyperparameters": ChannelParameter(type=standard_artifacts.HyperParameters, optional=True),
        "base_model": ChannelParameter(type=standard_artifacts.Model, optional=True),
    }
    OUTPUTS = {
        "model": ChannelParameter(type=standard_artifacts.Model),
        "model_run": ChannelParameter(type=standard_artifacts.ModelRun),
        "training_record": ChannelParameter(type=TrainingRecord),
    }


class Trainer(base_component.BaseComponent):
    """Trains a Keras model with a schedule that reacts to a plateau.

    The user writes `build_model(hyperparameters, schema)`; the component reads the data, trains, exports the model and
    writes the record.

    Outputs:
        model: `Format-Serving/`, a SavedModel with the signatures of `components.trainer.export`; its
            `assets.extra/` contains `model.json` and `model.keras`.
        model_run: TensorBoard logs, see `components.trainer.tensorboard`.
        training_record: Record of the training, see `components.trainer.record`.

    With an ensemble, what belongs to one of its models is in a folder `member_1`, `member_2`, … of `model_run` and
    `training_record`.
    """

    SPEC_CLASS = TrainerSpec
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
        candidate: str,
        data: str,
        reading: str = "{}",
        ensemble: int = 1,
        statistics: BaseChannel | None = None,
        hyperparameters: BaseChannel | None = None,
        base_model: BaseChannel | None = None,
    ) -> None:
        """Wires the component.

        Args:
            examples: Transformed examples with the splits `train` and `eval`.
            transform_graph: Graph from the Transform component.
            training: `rs.TrainingSpec` as JSON.
            build_model: Dotted path of a function of (hyperparameters, schema) that returns a Keras model.
            model_hyperparameters: First argument of `build_model`, as JSON.
            code: Fingerprint of the user's source files, so that a code change is a new cache key.
            label: `components.features.LabelFeature` as JSON; without classes, it has those that Transform wrote.
            goal: `components.learning.goal.Goal` as JSON: loss, weights, and the metric to be judged by.
            candidate: Fingerprint of the run, stored with the model.
            data: Fingerprint of the data set, stored with the model.
            reading: `components.formats.cells.reading.Reading` as JSON, stored with the model.
            ensemble: Number of models to train, with seeds that follow each other, whose average is the model.
            statistics: Statistics of the raw examples; those of the training split are stored with the model for
                comparison with later data.
            hyperparameters: Hyperparameters from a Tuner; they take precedence over `training` and
                `model_hyperparameters`.
            base_model: Model from this component that provides the initial weights; an empty artifact counts as None.
        """
        super().__init__(
            TrainerSpec(
                examples=examples,
                transform_graph=transform_graph,
                statistics=statistics,
                hyperparameters=hyperparameters,
                base_model=base_model,
                training=training,
                build_model=build_model,
                model_hyperparameters=model_hyperparameters,
                code=code,
                label=label,
                goal=goal,
                splits=json.dumps(SPLITS),
                candidate=candidate,
                data=data,
                reading=reading,
                ensemble=ensemble,
                model=Channel(type=standard_artifacts.Model),
                model_run=Channel(type=standard_artifacts.ModelRun),
                training_record=Channel(type=TrainingRecord),
            )
        )

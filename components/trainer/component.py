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
        "splits": ExecutionParameter(type=str),
        "candidate": ExecutionParameter(type=str),
        "data": ExecutionParameter(type=str),
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
    """Trains with early-stopping-driven decay over a step schedule.

    The user writes `build_model(hyperparameters, schema)`; reading, training, export and record are the
    component's.

    Outputs:
        model: `Format-Serving/`, a SavedModel with the signatures `serving_default` and `transform_features`
            on serialised `tf.Example`s; in its `assets.extra/`, `model.json` and `model.keras`.
        model_run: TensorBoard logs, see `components.trainer.tensorboard`.
        training_record: see `components.trainer.record`.
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
        candidate: str,
        data: str,
        statistics: BaseChannel | None = None,
        hyperparameters: BaseChannel | None = None,
        base_model: BaseChannel | None = None,
    ) -> None:
        """Wires the component.

        Args:
            examples: transformed examples with the splits train and eval.
            transform_graph: of Transform.
            training: a `rs.TrainingSpec` as JSON.
            build_model: dotted path of a function of (hyperparameters, schema) that returns a Keras model.
            model_hyperparameters: first argument of `build_model`, as JSON.
            code: fingerprint of the user's source files, so that a change of them is a new cache key.
            label: a `components.features.LabelFeature` as JSON.
            candidate: fingerprint of the run, kept with the model.
            data: fingerprint of the data set, kept with the model.
            statistics: of the raw examples; those of the training split are kept with the model, so that later data
                can be compared with them.
            hyperparameters: of a Tuner; they take precedence over `training` and `model_hyperparameters`.
            base_model: a model of this component, whose weights the training starts from; an empty artifact
                stands for none.
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
                splits=json.dumps(SPLITS),
                candidate=candidate,
                data=data,
                model=Channel(type=standard_artifacts.Model),
                model_run=Channel(type=standard_artifacts.ModelRun),
                training_record=Channel(type=TrainingRecord),
            )
        )

"""The Trainer component."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts
from tfx.types.channel import BaseChannel, Channel
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from components.artifacts import TrainingRecord
from components.errors import UserError
from components.features import LabelFeature
from components.formats.cells.reading import Reading
from components.learning import given
from components.learning.given import Function, Spec, Splits
from components.learning.goal import DEFAULT, Goal
from components.learning.replicas import Strategy
from components.shards import SEVERAL
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
        "strategy": ExecutionParameter(type=str),
        "with_configured": ExecutionParameter(type=int),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "transform_graph": ChannelParameter(type=standard_artifacts.TransformGraph, optional=True),
        "schema": ChannelParameter(type=standard_artifacts.Schema, optional=True),
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
    """Trains a Keras model with a schedule that reacts to a plateau, in the place of TFX's Trainer.

    The user writes `build_model(hyperparameters, schema)`; the component reads the data, trains, exports the model and
    writes the record.

    ```python
    trainer = Trainer(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        spec="training.yaml",
        build_model="my_module.build_model",
        label="tips_xf",
    )
    ```

    Outputs:
        model: `Format-Serving/`, a SavedModel with the signatures of `components.trainer.export`; its
            `assets.extra/` contains `model.json` and `model.keras`. The same in `as_configured/`, if the spec was
            trained as it is, too.
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
        spec: Spec,
        build_model: Function,
        label: str | LabelFeature,
        *,
        transform_graph: BaseChannel | None = None,
        schema: BaseChannel | None = None,
        train_args: Splits = None,
        eval_args: Splits = None,
        custom_config: Mapping[str, Any] | None = None,
        goal: Goal = DEFAULT,
        ensemble: int = 1,
        strategy: Strategy | None = None,
        hyperparameters: BaseChannel | None = None,
        base_model: BaseChannel | None = None,
        statistics: BaseChannel | None = None,
        depends_on: Iterable[Function] = (),
        candidate: str = "",
        data: str = "",
        reading: Reading | None = None,
        with_configured: bool = False,
    ) -> None:
        """Wires the component.

        Args:
            examples: Examples to train and to validate on, transformed or as they are.
            spec: How to train: an `rs.TrainingSpec`, the same as a mapping, or the path of a YAML or JSON file.
            build_model: Function of (hyperparameters, schema) that returns a Keras model; see
                `components.features.ModelSchema`. Or its dotted path. It must be possible to import it.
            label: Name of the label in the examples. Task and classes follow from them, see
                `components.learning.label.label_of`; a `LabelFeature` says what does not.
            transform_graph: Graph from the Transform component, if it made the examples.
            schema: Schema of the examples, without Transform.
            train_args: Splits to train on, by their names or as TFX's `TrainArgs`; "train" by default. Several are
                read as one. Their `num_steps` are the length of the training, if the spec has no `epochs`.
            eval_args: Splits to validate on, in the same way; "eval" by default. All of them count in each epoch,
                whatever `num_steps` is.
            custom_config: First argument of `build_model`, plain JSON.
            goal: Loss, weights, and the metric to be judged by.
            ensemble: Number of models to train, with seeds that follow each other, whose average is the model.
            strategy: "mirrored" trains on all GPUs of the machine, which share each batch; None trains on one device.
            hyperparameters: Hyperparameters from our Tuner or from TFX's; they take precedence over `spec` and
                `custom_config`.
            base_model: Model from this component that provides the initial weights; an empty artifact counts as None.
            statistics: Statistics of the raw examples; those of the training split are stored with the model for
                comparison with later data.
            depends_on: Further functions that the model depends on, such as `preprocessing_fn`. A change of these, of
                `build_model`, or of anything of yours that they import, trains again.
            candidate: Fingerprint of the run, stored with the model; by default, one of all that it was trained with.
            data: Fingerprint of the data set, stored with the model; by default, that of the examples.
            reading: How cells of raw data were read, stored with the model.
            with_configured: Whether `spec` and `custom_config` are trained as they are, too, if `hyperparameters`
                change them, so that this project's Evaluator compares both; it costs a second training.

        Raises:
            UserError: An argument cannot be used; names it.
            rs.SpecError: The spec is invalid.
        """
        given.check_described(transform_graph, schema)
        properties = given.properties(
            spec, build_model, label, train_args, eval_args, custom_config, goal, depends_on, strategy
        )
        if statistics is not None and SEVERAL in json.loads(properties["splits"])["train"]:
            raise UserError(
                "statistics: are of one split each, but train_args names several; leave out the statistics"
            )
        super().__init__(
            TrainerSpec(
                examples=examples,
                transform_graph=transform_graph,
                schema=schema,
                statistics=statistics,
                hyperparameters=hyperparameters,
                base_model=base_model,
                **properties,
                candidate=candidate,
                data=data,
                reading=given.canonical(reading.to_json() if reading else {}),
                ensemble=ensemble,
                with_configured=int(with_configured),
                model=Channel(type=standard_artifacts.Model),
                model_run=Channel(type=standard_artifacts.ModelRun),
                training_record=Channel(type=TrainingRecord),
            )
        )

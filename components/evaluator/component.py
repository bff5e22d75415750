"""The Evaluator component."""

import json

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts, standard_component_specs
from tfx.types.channel import BaseChannel, Channel
from tfx.types.component_spec import ComponentSpec, ExecutionParameter

from components.evaluator import executor
from components.evaluator.settings import Settings


class EvaluatorSpec(ComponentSpec):
    """The inputs and outputs of TFX's Evaluator, and the parameters of `Evaluator`."""

    PARAMETERS = {
        standard_component_specs.EXAMPLE_SPLITS_KEY: ExecutionParameter(type=str),
        "settings": ExecutionParameter(type=str),
    }
    INPUTS = standard_component_specs.EvaluatorSpec.INPUTS
    OUTPUTS = standard_component_specs.EvaluatorSpec.OUTPUTS


class Evaluator(base_component.BaseComponent):
    """Evaluates a model against a threshold, and against a baseline unless that artifact is empty.

    Every metric of the task is computed in columns, a shard at a time, in float64, and does not depend on the order of
    the examples. A model that gives one answer for all examples is never blessed.

    Outputs:
        evaluation: `metrics.json`, see `components.evaluator.metrics`, and the same in TFMA's files.
        blessing: The same as for TFX's Evaluator.
    """

    SPEC_CLASS = EvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(executor.Executor)

    def __init__(
        self,
        examples: BaseChannel,
        model: BaseChannel,
        baseline_model: BaseChannel,
        schema: BaseChannel,
        example_splits: list[str],
        settings: Settings,
    ) -> None:
        """Wires the component.

        Args:
            examples: Raw examples.
            model: Model to evaluate, as the Trainer exports it.
            baseline_model: Model to compare with, exported alike; may be an empty artifact.
            schema: Schema of `examples`.
            example_splits: Name of the split to evaluate on.
            settings: What to evaluate, and what makes the model good enough.
        """
        super().__init__(
            EvaluatorSpec(
                examples=examples,
                model=model,
                baseline_model=baseline_model,
                schema=schema,
                example_splits=json.dumps(example_splits),
                settings=settings.to_json(),
                evaluation=Channel(type=standard_artifacts.ModelEvaluation),
                blessing=Channel(type=standard_artifacts.ModelBlessing),
            )
        )

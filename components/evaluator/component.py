"""The Evaluator component."""

import json

import tensorflow_model_analysis as tfma
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts, standard_component_specs
from tfx.types.channel import BaseChannel, Channel
from tfx.types.component_spec import ComponentSpec, ExecutionParameter

from components.evaluator import executor


class EvaluatorSpec(ComponentSpec):
    """The inputs and outputs of TFX's Evaluator, and the parameters of `Evaluator`."""

    PARAMETERS = {
        standard_component_specs.EVAL_CONFIG_KEY: ExecutionParameter(type=tfma.EvalConfig),
        standard_component_specs.EXAMPLE_SPLITS_KEY: ExecutionParameter(type=str),
        "label": ExecutionParameter(type=str),
    }
    INPUTS = standard_component_specs.EvaluatorSpec.INPUTS
    OUTPUTS = standard_component_specs.EvaluatorSpec.OUTPUTS


class Evaluator(base_component.BaseComponent):
    """Evaluates a model against thresholds, and against a baseline unless that artifact is empty.

    The metrics of `components.evaluator.means` and slices by one column are computed in columns, a shard at a time,
    in float64 and from exact sums; a configuration that asks for anything else is evaluated by TFMA, row by row.

    Outputs:
        evaluation: TFMA's files, and `metrics.json`; see `components.evaluator.metrics`.
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
        eval_config: tfma.EvalConfig,
        label: str,
    ) -> None:
        """Wires the component.

        Args:
            examples: Raw examples.
            model: Model to evaluate, with the signatures that `eval_config` names.
            baseline_model: Model to compare with, with the same signatures; may be an empty artifact.
            schema: Schema of `examples`.
            example_splits: Names of the splits to evaluate on.
            eval_config: Metrics, thresholds and slices. Exactly one metric has a threshold on all examples; if the
                threshold has no value, the model must beat the best constant prediction on these examples.
            label: Name of the raw label.
        """
        super().__init__(
            EvaluatorSpec(
                examples=examples,
                model=model,
                baseline_model=baseline_model,
                schema=schema,
                example_splits=json.dumps(example_splits),
                eval_config=eval_config,
                label=label,
                evaluation=Channel(type=standard_artifacts.ModelEvaluation),
                blessing=Channel(type=standard_artifacts.ModelBlessing),
            )
        )

"""The Evaluator component."""

import json

import tensorflow_model_analysis as tfma
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import standard_artifacts, standard_component_specs
from tfx.types.channel import BaseChannel, Channel
from tfx.types.component_spec import ComponentSpec, ExecutionParameter

from components.evaluator import executor


class EvaluatorSpec(ComponentSpec):
    """Inputs and outputs of TFX's Evaluator, and the parameters of `Evaluator`."""

    PARAMETERS = {
        standard_component_specs.EVAL_CONFIG_KEY: ExecutionParameter(type=tfma.EvalConfig),
        standard_component_specs.EXAMPLE_SPLITS_KEY: ExecutionParameter(type=str),
        "label": ExecutionParameter(type=str),
    }
    INPUTS = standard_component_specs.EvaluatorSpec.INPUTS
    OUTPUTS = standard_component_specs.EvaluatorSpec.OUTPUTS


class Evaluator(base_component.BaseComponent):
    """Evaluates the model against thresholds, and against the baseline unless that artifact is empty.

    Outputs:
        evaluation: what TFMA writes, and `metrics.json`; see `components.evaluator.metrics`.
        blessing: as of TFX's Evaluator.
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
            examples: raw examples.
            model: with the signatures that `eval_config` names.
            baseline_model: the same, or an empty artifact.
            schema: of `examples`.
            example_splits: names of the splits to evaluate on.
            eval_config: metrics, thresholds and slices. One metric has a threshold on all examples; where it
                lacks the value, the model must do better than the best constant answer on these examples.
            label: name of the raw label.
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

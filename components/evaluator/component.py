"""The Evaluator component."""

from tfx.components.evaluator import component as tfx_component
from tfx.components.evaluator import executor as tfx_executor
from tfx.dsl.components.base import executor_spec
from tfx.dsl.io import fileio
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import path_utils


class Executor(tfx_executor.Executor):
    """TFX's executor, which without a baseline applies the value thresholds only."""

    def Do(self, input_dict, output_dict, exec_properties) -> None:
        """Drops an empty baseline, then evaluates."""
        baseline = artifact_utils.get_single_uri(input_dict[standard_component_specs.BASELINE_MODEL_KEY])
        if not fileio.exists(path_utils.serving_model_dir(baseline)):
            input_dict = {**input_dict, standard_component_specs.BASELINE_MODEL_KEY: []}
        super().Do(input_dict, output_dict, exec_properties)


class Evaluator(tfx_component.Evaluator):
    """Same inputs, outputs and parameters as `tfx.components.Evaluator`."""

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

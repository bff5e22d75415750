"""Evaluates, and writes what came out as one JSON file."""

from pathlib import PurePosixPath

import tensorflow_model_analysis as tfma
from tfx.components.evaluator import executor as tfx_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils, path_utils, proto_utils

from components import plain_json
from components.evaluator import metrics


class Executor(tfx_executor.Executor):
    """TFX's executor, which without a baseline applies the value thresholds only."""

    def Do(self, input_dict, output_dict, exec_properties) -> None:
        """Drops an empty baseline, evaluates, and writes `metrics.json`."""
        key = standard_component_specs.BASELINE_MODEL_KEY
        baseline = artifact_utils.get_single_instance(input_dict[key])
        version = baseline.get_string_custom_property("version") or baseline.uri
        if not fileio.exists(path_utils.serving_model_dir(baseline.uri)):
            input_dict, version = {**input_dict, key: []}, None
        super().Do(input_dict, output_dict, exec_properties)
        config = tfma.EvalConfig()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.EVAL_CONFIG_KEY], config)
        directory = artifact_utils.get_single_uri(output_dict[standard_component_specs.EVALUATION_KEY])
        blessing = artifact_utils.get_single_instance(output_dict[standard_component_specs.BLESSING_KEY])
        found = metrics.summarise(
            directory,
            config,
            blessed=bool(blessing.get_int_custom_property("blessed")),
            constant=exec_properties.get("constant"),
            baseline=version,
        )
        io_utils.write_string_file(
            str(PurePosixPath(directory, metrics.FILE)), plain_json.dumps(found, indent=2)
        )

"""Evaluates a model and writes the results as one JSON file."""

import json
from pathlib import PurePosixPath
from typing import Any

import tensorflow_model_analysis as tfma
from tfx.components.evaluator import executor as tfx_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils, standard_component_specs
from tfx.utils import io_utils, path_utils, proto_utils

from components import plain_json
from components.artifacts import Artifacts
from components.evaluator import metrics
from components.evaluator.constant import best_constant, read_labels

ROUNDING = 1e-6


class Executor(tfx_executor.Executor):
    """TFX's executor; without a baseline, it applies the value thresholds only."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Ignores an empty baseline, evaluates, and writes `metrics.json`."""
        key = standard_component_specs.BASELINE_MODEL_KEY
        baseline = artifact_utils.get_single_instance(input_dict[key])
        version = baseline.get_string_custom_property("version") or baseline.uri
        if not fileio.exists(path_utils.serving_model_dir(baseline.uri)):
            input_dict, version = {**input_dict, key: []}, None
        config = tfma.EvalConfig()
        proto_utils.json_to_proto(exec_properties[standard_component_specs.EVAL_CONFIG_KEY], config)
        name, threshold = metrics.judged(config)
        (split,) = json.loads(exec_properties[standard_component_specs.EXAMPLE_SPLITS_KEY])
        labels = read_labels(
            input_dict[standard_component_specs.EXAMPLES_KEY],
            split,
            input_dict[standard_component_specs.SCHEMA_KEY],
            exec_properties["label"],
        )
        constant = best_constant(name, labels)
        beats_constant = not threshold.HasField("value_threshold")
        if beats_constant:
            _ask_for_more_than(constant, threshold)
        asked = {standard_component_specs.EVAL_CONFIG_KEY: proto_utils.proto_to_json(config)}
        super().Do(input_dict, output_dict, {**exec_properties, **asked})
        directory = artifact_utils.get_single_uri(output_dict[standard_component_specs.EVALUATION_KEY])
        blessing = artifact_utils.get_single_instance(output_dict[standard_component_specs.BLESSING_KEY])
        found = metrics.summarise(
            directory,
            config,
            blessed=bool(blessing.get_int_custom_property("blessed")),
            constant=constant,
            beats_constant=beats_constant,
            baseline=version,
        )
        io_utils.write_string_file(
            str(PurePosixPath(directory, metrics.FILE)), plain_json.dumps(found, indent=2)
        )


def _ask_for_more_than(constant: float, threshold: tfma.MetricThreshold) -> None:
    """Sets the threshold slightly beyond `constant`: bounds are inclusive, and TFMA sums in float32."""
    if threshold.change_threshold.direction == tfma.MetricDirection.HIGHER_IS_BETTER:
        threshold.value_threshold.lower_bound.value = constant * (1 + ROUNDING)
    else:
        threshold.value_threshold.upper_bound.value = constant * (1 - ROUNDING)

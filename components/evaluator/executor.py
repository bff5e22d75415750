"""Evaluates a model and writes the results as one JSON file."""

import json
from pathlib import PurePosixPath
from typing import Any

import tensorflow_model_analysis as tfma
from tfx.components.evaluator import constants
from tfx.components.evaluator import executor as tfx_executor
from tfx.dsl.io import fileio
from tfx.types import Artifact, artifact_utils, standard_component_specs
from tfx.utils import io_utils, path_utils, proto_utils

from components import plain_json
from components.artifacts import Artifacts
from components.evaluator import columnar, metrics
from components.evaluator.constant import best_constant, feature_types, read_labels
from components.evaluator.plan import Plan, plan
from components.shards import files_of

ROUNDING = 1e-6


class Executor(tfx_executor.Executor):
    """Evaluates in columns; what only TFMA can compute is left to TFX's executor, which takes row by row."""

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
        directory = artifact_utils.get_single_uri(output_dict[standard_component_specs.EVALUATION_KEY])
        blessing = artifact_utils.get_single_instance(output_dict[standard_component_specs.BLESSING_KEY])
        if planned := plan(config, exec_properties["label"]):
            self._evaluate(planned, config, input_dict, split, directory)
            _bless(blessing, input_dict, directory, exec_properties)
        else:
            asked = {standard_component_specs.EVAL_CONFIG_KEY: proto_utils.proto_to_json(config)}
            super().Do(input_dict, output_dict, {**exec_properties, **asked})
        found = metrics.summarise(
            directory,
            config,
            blessed=bool(blessing.get_int_custom_property(constants.ARTIFACT_PROPERTY_BLESSED_KEY)),
            constant=constant,
            beats_constant=beats_constant,
            baseline=version,
        )
        io_utils.write_string_file(
            str(PurePosixPath(directory, metrics.FILE)), plain_json.dumps(found, indent=2)
        )

    def _evaluate(
        self, planned: Plan, config: "tfma.EvalConfig", input_dict: Artifacts, split: str, directory: str
    ) -> None:
        """Writes TFMA's files."""
        baselines = input_dict[standard_component_specs.BASELINE_MODEL_KEY]
        complete = tfma.utils.update_eval_config_with_defaults(
            config, has_baseline=bool(baselines), rubber_stamp=True
        )
        models = {
            spec.name: path_utils.serving_model_path(
                artifact_utils.get_single_uri(
                    baselines if spec.is_baseline else input_dict[standard_component_specs.MODEL_KEY]
                )
            )
            for spec in complete.model_specs
        }
        types = feature_types(input_dict[standard_component_specs.SCHEMA_KEY])
        read = [*planned.columns, *([] if planned.transform else [planned.label])]
        with self._make_beam_pipeline() as pipeline:
            columnar.evaluate(
                pipeline,
                files_of(input_dict[standard_component_specs.EXAMPLES_KEY], split),
                planned,
                complete,
                models,
                {name: types[name] for name in read},
                directory,
            )


def _ask_for_more_than(constant: float, threshold: "tfma.MetricThreshold") -> None:
    """Sets the threshold slightly beyond `constant`: bounds are inclusive, and predictions are float32."""
    if threshold.change_threshold.direction == tfma.MetricDirection.HIGHER_IS_BETTER:
        threshold.value_threshold.lower_bound.value = constant * (1 + ROUNDING)
    else:
        threshold.value_threshold.upper_bound.value = constant * (1 - ROUNDING)


def _bless(
    blessing: Artifact, input_dict: Artifacts, directory: str, exec_properties: dict[str, Any]
) -> None:
    """Writes TFMA's verdict as TFX's Evaluator does."""
    for key, uri, id_ in (
        (
            standard_component_specs.MODEL_KEY,
            constants.ARTIFACT_PROPERTY_CURRENT_MODEL_URI_KEY,
            constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY,
        ),
        (
            standard_component_specs.BASELINE_MODEL_KEY,
            constants.ARTIFACT_PROPERTY_BASELINE_MODEL_URI_KEY,
            constants.ARTIFACT_PROPERTY_BASELINE_MODEL_ID_KEY,
        ),
    ):
        for model in input_dict[key]:
            blessing.set_string_custom_property(uri, model.uri)
            blessing.set_int_custom_property(id_, model.id)
    if "current_component_id" in exec_properties:
        blessing.set_string_custom_property("component_id", exec_properties["current_component_id"])
    blessed = tfma.load_validation_result(directory).validation_ok
    name = constants.BLESSED_FILE_NAME if blessed else constants.NOT_BLESSED_FILE_NAME
    io_utils.write_string_file(str(PurePosixPath(blessing.uri, name)), "")
    blessing.set_int_custom_property(
        constants.ARTIFACT_PROPERTY_BLESSED_KEY,
        constants.BLESSED_VALUE if blessed else constants.NOT_BLESSED_VALUE,
    )

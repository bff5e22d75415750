"""Evaluates a model and decides whether it is blessed."""

import dataclasses
import json
from pathlib import PurePosixPath
from typing import Any

import tensorflow as tf
from tensorflow_transform.tf_metadata import schema_utils
from tfx.components.evaluator import constants
from tfx.dsl.components.base import base_beam_executor
from tfx.dsl.io import fileio
from tfx.types import Artifact, artifact_utils, standard_component_specs
from tfx.utils import io_utils, path_utils

from components import shards
from components.artifacts import CONFIGURED, Artifacts
from components.errors import DataError, no_examples
from components.evaluator import columnar, metrics
from components.evaluator.scoring import answering
from components.evaluator.settings import Settings
from components.schema import read_schema


class Executor(base_beam_executor.BaseBeamExecutor):
    """Scores the examples in columns, a shard at a time, and judges them in one place."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Ignores an empty baseline, evaluates, and blesses the model or not."""
        settings = Settings.from_json(exec_properties["settings"])
        (split,) = json.loads(exec_properties[standard_component_specs.EXAMPLE_SPLITS_KEY])
        examples = input_dict[standard_component_specs.EXAMPLES_KEY]
        files = {columnar.TEST: shards.files_of(examples, split)}
        if not any(True for _ in shards.batches(files[columnar.TEST], rows=1).take(1)):
            raise no_examples(split)
        if settings.validation:
            files[columnar.VALIDATION] = shards.files_of(examples, settings.validation)
        candidate = artifact_utils.get_single_instance(input_dict[standard_component_specs.MODEL_KEY])
        baseline = artifact_utils.get_single_instance(input_dict[standard_component_specs.BASELINE_MODEL_KEY])
        has_baseline = fileio.exists(path_utils.serving_model_dir(baseline.uri))
        models = {"": path_utils.serving_model_path(candidate.uri)}
        if has_baseline:
            _check_task(path_utils.serving_model_path(baseline.uri), settings)
            models = {"candidate": models[""], "baseline": path_utils.serving_model_path(baseline.uri)}
        configured = str(PurePosixPath(candidate.uri, CONFIGURED))
        if fileio.exists(path_utils.serving_model_dir(configured)):
            models[CONFIGURED] = path_utils.serving_model_path(configured)
        settings = _with_classes(settings, next(iter(models.values())))
        directory = artifact_utils.get_single_uri(output_dict[standard_component_specs.EVALUATION_KEY])
        with self._make_beam_pipeline() as pipeline:
            columnar.evaluate(
                pipeline,
                files,
                settings,
                models,
                _types(settings, input_dict[standard_component_specs.SCHEMA_KEY]),
                (baseline.get_string_custom_property("version") or baseline.uri) if has_baseline else None,
                directory,
            )
        with fileio.open(str(PurePosixPath(directory, metrics.FILE)), "rb") as file:
            blessed = json.loads(file.read())["blessed"]
        blessing = artifact_utils.get_single_instance(output_dict[standard_component_specs.BLESSING_KEY])
        _bless(blessing, blessed, candidate, baseline if has_baseline else None, exec_properties)


def _with_classes(settings: Settings, model: str) -> Settings:
    """The settings with the classes of the model, unless they have their own."""
    if settings.label.classes:
        return settings
    label = dataclasses.replace(settings.label, classes=answering(model).classes)
    return dataclasses.replace(settings, label=label)


def _check_task(baseline: str, settings: Settings) -> None:
    """Checks that the model in production has the task of the label.

    Raises:
        DataError: It has another one.
    """
    if (task := answering(baseline).task) not in ("", settings.label.task):
        raise DataError(
            f"data.task: the model in production is for {task}, the new one for {settings.label.task} of "
            f"{settings.label.name!r}, so they cannot be compared; use another workspace"
        )


def _types(settings: Settings, schema: list[Artifact]) -> dict[str, tf.DType]:
    """The types of the raw columns that are read.

    Raises:
        DataError: The data does not have a column.
    """
    spec = schema_utils.schema_as_feature_spec(read_schema(schema)).feature_spec
    read = {
        "evaluation.slices": settings.slices,
        "data.weight": [settings.weight],
        "data.split": [settings.group],
    }
    if settings.label.task == "regression":
        read["data.label"] = [settings.label.name]
    for key, names in read.items():
        for name in names:
            if name is not None and name not in spec:
                raise DataError(f"{key}: the examples have no column {name!r}")
    return {name: spec[name].dtype for names in read.values() for name in names if name is not None}


def _bless(
    blessing: Artifact, blessed: bool, candidate: Artifact, baseline: Artifact | None, asked: dict[str, Any]
) -> None:
    """Writes the verdict as TFX's Evaluator does."""
    for model, uri, id_ in (
        (
            candidate,
            constants.ARTIFACT_PROPERTY_CURRENT_MODEL_URI_KEY,
            constants.ARTIFACT_PROPERTY_CURRENT_MODEL_ID_KEY,
        ),
        (
            baseline,
            constants.ARTIFACT_PROPERTY_BASELINE_MODEL_URI_KEY,
            constants.ARTIFACT_PROPERTY_BASELINE_MODEL_ID_KEY,
        ),
    ):
        if model is not None:
            blessing.set_string_custom_property(uri, model.uri)
            blessing.set_int_custom_property(id_, model.id)
    if "current_component_id" in asked:
        blessing.set_string_custom_property("component_id", asked["current_component_id"])
    name = constants.BLESSED_FILE_NAME if blessed else constants.NOT_BLESSED_FILE_NAME
    io_utils.write_string_file(str(PurePosixPath(blessing.uri, name)), "")
    blessing.set_int_custom_property(
        constants.ARTIFACT_PROPERTY_BLESSED_KEY,
        constants.BLESSED_VALUE if blessed else constants.NOT_BLESSED_VALUE,
    )

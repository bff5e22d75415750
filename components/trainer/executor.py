"""Trains a model, exports it and writes the record."""

import dataclasses
import json
import logging
import shutil
from pathlib import Path
from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.types import Artifact, artifact_utils
from tfx.utils import io_utils, path_utils

from components import code
from components.artifacts import CONFIGURED, Artifacts
from components.errors import UserError
from components.learning.attempt import checkpoint_dir
from components.learning.best_hyperparameters import by_path, read_best
from components.learning.ensemble import Ensemble
from components.learning.goal import Goal
from components.learning.label import label_of
from components.learning.learn import Learned
from components.learning.prepared import prepared, uri_of
from components.learning.task import label_card, load_task, schema_fingerprint
from components.learning.warm_start import base_folder
from components.model_store import model_files
from components.shards import digest_of
from components.trainer.export import export
from components.trainer.record import write_record
from components.trainer.training import Training
from reactive_schedules import TrainingSpec
from reactive_schedules.failures import summary_of
from reactive_schedules.search import space

logger, progress = logging.getLogger(__name__), logging.getLogger("progress")


class Executor(base_executor.BaseExecutor):
    """Runs the training of the Trainer component."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Runs one training, or resumes the one that an earlier attempt did not finish."""
        goal, splits = Goal.from_json(exec_properties["goal"]), json.loads(exec_properties["splits"])
        examples, described = input_dict["examples"], uri_of(input_dict)
        label = label_of(exec_properties["label"], prepared(described), examples, splits.values())
        task = load_task(examples, described, label, splits, goal=goal)
        spec, hyperparameters = _settings(input_dict, exec_properties, task.examples)
        record_dir = Path(artifact_utils.get_single_uri(output_dict["training_record"]))
        model_uri = artifact_utils.get_single_uri(output_dict["model"])
        checkpoints = checkpoint_dir(model_uri, input_dict, exec_properties)
        base, build_model = base_folder(input_dict.get("base_model")), exec_properties["build_model"]
        training = Training(
            task,
            build_model,
            hyperparameters,
            goal,
            base,
            int(exec_properties.get("ensemble") or 1),
            exec_properties.get("strategy") or None,
            records=record_dir,
            logs=Path(artifact_utils.get_single_uri(output_dict["model_run"])),
            checkpoints=checkpoints,
        )
        card = {
            "candidate": exec_properties.get("candidate") or checkpoints.name,
            "data": {"fingerprint": exec_properties.get("data") or digest_of(examples, splits.values())},
            "schema": {"fingerprint": schema_fingerprint(task)},
            "code": {
                "fingerprint": exec_properties["code"],
                **code.checkout(build_model),
            },
            "reading": json.loads(exec_properties.get("reading") or "{}"),
            "goal": dataclasses.asdict(goal),
            "base_model": base and _name(input_dict["base_model"]),
        }
        written = _settings({}, exec_properties, task.examples)
        if exec_properties.get("with_configured") and written != (spec, hyperparameters):
            _export_configured(training, *written, card, model_uri)
        learned, ensemble = training.run(spec)
        card = _card(card, training, spec, learned, ensemble)
        export(learned, task, card, path_utils.serving_model_dir(model_uri))
        _keep_statistics(input_dict, exec_properties, path_utils.serving_model_dir(model_uri))
        write_record(record_dir, card, learned.result, ensemble.members if ensemble else ())
        shutil.rmtree(checkpoints)


def _card(
    known: dict[str, Any], training: Training, spec: TrainingSpec, learned: Learned, ensemble: Ensemble | None
) -> dict[str, Any]:
    """Returns the description of a model, see `components.trainer.export`."""
    outputs, label = learned.outputs, training.task.schema.label
    return {
        **known,
        "label": label_card(label, outputs.scale, learned.threshold, outputs.temperature),
        "model": {"build": training.build_model, "hyperparameters": training.hyperparameters},
        "training": spec.model_dump(mode="json"),
        **({"ensemble": ensemble.card()} if ensemble else {}),
    }


def _export_configured(
    training: Training, spec: TrainingSpec, hyperparameters: dict, known: dict[str, Any], model_uri: str
) -> None:
    """Trains the configuration as written, and exports it beside the model; a failure is told, and no more."""
    progress.info("the configuration as written is trained, too, to compare what the search chose with it")
    training = dataclasses.replace(
        training,
        hyperparameters=hyperparameters,
        title="as configured",
        **{name: getattr(training, name) / CONFIGURED for name in ("records", "logs", "checkpoints")},
    )
    try:
        learned, ensemble = training.run(spec)
    except Exception as error:
        logger.exception("The configuration as written could not be trained.")
        progress.info(f"the configuration as written could not be trained: {summary_of(error)}")
        return
    card = _card(known, training, spec, learned, ensemble)
    export(learned, training.task, card, path_utils.serving_model_dir(f"{model_uri}/{CONFIGURED}"))


def _keep_statistics(input_dict: Artifacts, exec_properties: dict[str, Any], model_dir: str) -> None:
    """Copies the statistics of the training split into the model."""
    if not input_dict.get("statistics"):
        return
    split = json.loads(exec_properties["splits"])["train"]
    folder = artifact_utils.get_split_uri(input_dict["statistics"], split)
    io_utils.copy_file(str(Path(folder, "FeatureStats.pb")), str(Path(model_dir, model_files.STATISTICS)))


def _name(artifacts: list[Artifact]) -> str:
    """Returns the version of a model in production; the URI of any other model."""
    artifact = artifact_utils.get_single_instance(artifacts)
    return artifact.get_string_custom_property("version") or artifact.uri


def _settings(
    input_dict: Artifacts, exec_properties: dict[str, Any], examples: int
) -> tuple[TrainingSpec, dict]:
    """Returns the spec and the model's hyperparameters, overridden by the values from a Tuner."""
    best = read_best(input_dict["hyperparameters"]) if input_dict.get("hyperparameters") else {}
    training = space.in_whole_epochs(json.loads(exec_properties["training"]), examples)
    spec, hyperparameters = space.from_hyperparameters(
        training, json.loads(exec_properties["model_hyperparameters"]), by_path(best)
    )
    if "learning_rate" in best and not hasattr(spec.learning_rate, "peak"):
        raise UserError(
            f"hyperparameters: learning_rate is the peak of a schedule, but {spec.learning_rate.family} has none; use "
            "another family in the spec, or do not search it"
        )
    return spec.at(examples), hyperparameters

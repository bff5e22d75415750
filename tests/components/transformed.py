"""The artifacts of a real Transform, and the executors of Trainer and Tuner run on them."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from unittest import mock

from tfx.types import standard_artifacts

from components.artifacts import Study, TrainingRecord
from components.features import LabelFeature
from components.learning.goal import Goal
from components.learning.splits import SPLITS
from components.trainer import executor as trainer
from components.tuner import executor as tuner
from components.tuner import settings
from pipeline.config.search import SearchSection
from reactive_schedules import TrainingSpec

TRAINING = {
    "optimizer": {"name": "sgd", "momentum": 0.9},
    "learning_rate": {"family": "constant", "peak": 0.03},
    "batch_size": 64,
    "epochs": 4,
    "plateau": {"monitor": "val_loss", "patience": 1, "factor": 0.25, "max_actions": 2},
}
LABEL = LabelFeature("digit", "classification", tuple(range(10)))


def inputs(workspace: Path) -> dict:
    """Returns the raw and the transformed examples, and the transform graph, of the run in `workspace`."""
    (folder,) = workspace.glob("artifacts/*/Transform")
    examples, graph = standard_artifacts.Examples(), standard_artifacts.TransformGraph()
    raw = standard_artifacts.Examples()
    (raw.uri,) = map(str, workspace.glob("artifacts/*/ExampleGen/examples/*"))
    raw.split_names = json.dumps(["eval", "test", "train"])
    (examples.uri,) = map(str, folder.glob("transformed_examples/*"))
    (graph.uri,) = map(str, folder.glob("transform_graph/*"))
    examples.split_names = json.dumps(["train", "eval"])
    return {"examples": [examples], "transform_graph": [graph], "raw_examples": [raw]}


MODEL = {"images": "plain", "augment": "none", "width": 16, "depth": 1, "filters": 4}
"""Hyperparameters of a network that is trained in seconds."""


def properties(**values) -> dict:
    """Execution properties of a Trainer; values that are not strings become JSON."""
    given = {
        "training": TRAINING,
        "build_model": "pipeline.models.build_model",
        "model_hyperparameters": MODEL,
        "code": "0",
        "label": LABEL.to_json(),
        "goal": Goal().to_json(),
        "splits": SPLITS,
        "candidate": "a",
        "data": "d",
        "reading": "{}",
        "with_configured": 1,
        **values,
    }
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()}


def train(folder: Path, input_dict: dict, **values) -> dict[str, Path]:
    """Runs the Trainer's executor in a pipeline root `folder`; returns the output folders by key."""
    outputs = {
        "model": [standard_artifacts.Model()],
        "model_run": [standard_artifacts.ModelRun()],
        "training_record": [TrainingRecord()],
    }
    for key, (artifact,) in outputs.items():
        artifact.uri = str(folder / "Trainer" / key / "1")
    context = trainer.Executor.Context(tmp_dir=str(folder / "tmp"), unique_id="1")
    trainer.Executor(context).Do(input_dict, outputs, properties(**values))
    return {key: Path(artifact.uri) for key, (artifact,) in outputs.items()}


def tune(
    folder: Path,
    input_dict: dict,
    search: dict,
    training: dict = TRAINING,
    build_model: str = "tests.components.user_models.dense",
    processes: int = 1,
    division: str | dict[str, str] = "rows",
    environment: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Path]:
    """Runs the Tuner's executor in a pipeline root `folder`; returns the output folders by key.

    Args:
        folder: Pipeline root.
        input_dict: Input artifacts.
        search: Section `search` of a configuration, without a confirmation unless it says so.
        training: Spec that the trials vary.
        build_model: Dotted path of a function that builds a model with the hyperparameter `width`.
        processes: Number of trials at a time.
        division: How the rows were divided, see `Tuner`.
        environment: Environment variables, see `components.tuner.settings`.
    """
    outputs = {
        "best_hyperparameters": [standard_artifacts.HyperParameters()],
        "tuner_results": [standard_artifacts.TunerResults()],
        "study": [Study()],
    }
    for key, (artifact,) in outputs.items():
        artifact.uri = str(folder / "Tuner" / key / "1")
    context = tuner.Executor.Context(tmp_dir=str(folder / "tmp"), unique_id="1")
    given = {
        "training": TrainingSpec.parse(training).model_dump(mode="json"),
        "build_model": build_model,
        "model_hyperparameters": {"width": 16},
        "search": SearchSection(**{"folds": 0, **search}).model_dump(mode="json"),
        "division": json.dumps(division),
    }
    with mock.patch.dict(os.environ, {settings.PROCESSES: str(processes), **environment}):
        tuner.Executor(context).Do(input_dict, outputs, properties(**given))
    return {key: Path(artifact.uri) for key, (artifact,) in outputs.items()}

"""A search that kills its own process at a chosen moment."""

import json
import sys
from pathlib import Path

from tfx.types import standard_artifacts
from victim import Moment, Watch

from components.artifacts import Study
from components.tuner.executor import Executor
from pipeline.config import SearchSection
from schedules import TrainingSpec
from tests.components import transformed

TRAINING = {
    "optimizer": {"name": "sgd", "momentum": 0.9},
    "learning_rate": {"family": "cosine", "peak": 0.05},
    "batch_size": 64,
    "epochs": 4,
    "plateau": {"monitor": "val_loss", "patience": 1, "action": "hybrid", "max_actions": 9},
}
SPACE = {"learning_rate": {"peak": {"low": 0.01, "high": 1.0, "log": True}}, "model": {"width": [8, 16]}}


def search(folder: Path, workspace: Path, trials: int, moment: tuple | None) -> None:
    """Searches to the end, or to its own, with the Transform of `workspace` and `folder` for pipeline root."""
    if moment:
        sys.addaudithook(Watch(Moment(*moment), folder))
    outputs = {
        "best_hyperparameters": [standard_artifacts.HyperParameters()],
        "tuner_results": [standard_artifacts.TunerResults()],
        "study": [Study()],
    }
    for key, (artifact,) in outputs.items():
        artifact.uri = str(folder / "Tuner" / key / "1")
    context = Executor.Context(
        beam_pipeline_args=["--runner=FnApiRunner", "--sdk_container_image=unused"],
        tmp_dir=str(folder / "tmp"),
        unique_id="1",
    )
    section = SearchSection(algorithm="halving", trials=trials, min_epochs=2, factor=2, space=SPACE)
    Executor(context).Do(
        transformed.inputs(workspace),
        outputs,
        {
            "training": json.dumps(TrainingSpec.parse(TRAINING).model_dump(mode="json")),
            "build_model": "tests.components.user_models.dense",
            "model_hyperparameters": json.dumps({"width": 16}),
            "label": transformed.LABEL.to_json(),
            "splits": json.dumps({"train": "train", "validation": "eval"}),
            "search": json.dumps(section.model_dump(mode="json")),
        },
    )

"""Trains, exports and records."""

import json
import logging
from pathlib import Path

import keras
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import path_utils

from components import learning
from components.features import LabelFeature
from components.trainer.export import export
from components.tuner.best import read_best
from schedules import TrainingSpec, space
from schedules.training_run import EpochEnd

progress = logging.getLogger("progress")


class Executor(base_executor.BaseExecutor):
    """See the component."""

    def Do(self, input_dict, output_dict, exec_properties) -> None:
        """Runs one training."""
        training = json.loads(exec_properties["training"])
        task = learning.load_task(
            input_dict["examples"],
            artifact_utils.get_single_uri(input_dict["transform_graph"]),
            LabelFeature.from_json(exec_properties["label"]),
            json.loads(exec_properties["splits"]),
        )
        best = read_best(input_dict["hyperparameters"]) if input_dict.get("hyperparameters") else {}
        spec, hyperparameters = space.apply(
            training, json.loads(exec_properties["model_hyperparameters"]), best
        )

        record_dir = Path(artifact_utils.get_single_uri(output_dict["training_record"]))
        record_dir.mkdir(parents=True, exist_ok=True)
        model, result = learning.learn(
            task,
            spec,
            exec_properties["build_model"],
            hyperparameters,
            callbacks=[
                keras.callbacks.TensorBoard(
                    artifact_utils.get_single_uri(output_dict["model_run"]), write_graph=False
                ),
            ],
            on_epoch=lambda end: _tell(end, spec),
            decision_log=record_dir / "decisions.jsonl",
        )
        card = {
            "candidate": exec_properties["candidate"],
            "label": learning.label_card(task),
            "model": {"build": exec_properties["build_model"], "hyperparameters": hyperparameters},
            "training": spec.model_dump(mode="json"),
        }
        model_uri = artifact_utils.get_single_uri(output_dict["model"])
        export(model, task, card, path_utils.serving_model_dir(model_uri))
        model.save(Path(model_uri, "model.keras"))
        (record_dir / "record.json").write_text(json.dumps({**card, **learning.record(result)}, indent=2))


def _tell(end: EpochEnd, spec: TrainingSpec) -> None:
    monitor = spec.plateau.monitor if spec.plateau else "loss"
    waited = f", wait {end.state.wait}/{spec.plateau.patience}" if end.state else ""
    progress.info(
        f"epoch {end.epoch + 1} of at most {spec.epochs}, {monitor} {end.logs[monitor]:.4g}{waited}, "
        f"rate {end.logs['learning_rate']:.3g}, {end.examples_per_second:,.0f} examples/s"
    )

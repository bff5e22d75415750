"""Searches, and writes what it found."""

import json
from pathlib import Path
from typing import Any

import apache_beam as beam
import keras_tuner
from tfx.dsl.components.base import base_beam_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components import plain_json
from components.tuner.best import write_best
from components.tuner.oracle import StartPointOracle, propose
from components.tuner.trial import RunTrial, Setting
from schedules import PlateauSpec, TrainingSpec, space

RESULTS_FILE = "tuner_results.json"
STUDY_FILE = "study.json"


class Executor(base_beam_executor.BaseBeamExecutor):
    """See the component."""

    def Do(self, input_dict, output_dict, exec_properties) -> None:
        """Runs one search."""
        search = json.loads(exec_properties["search"])
        training = json.loads(exec_properties["training"])
        model = json.loads(exec_properties["model_hyperparameters"])
        plateau = TrainingSpec.parse(training).plateau or PlateauSpec()
        hyperparameters = space.to_hyperparameters(training, model, search["space"])
        oracle = StartPointOracle(
            objective=keras_tuner.Objective(plateau.monitor, plateau.direction),
            max_trials=search["trials"],
            seed=search["seed"] + 1,  # KerasTuner takes 0 for none
            hyperparameters=hyperparameters,
        )
        oracle.verbose = 0
        oracle._set_project_dir(self._get_tmp_dir(), "study")

        examples = artifact_utils.get_single_instance(input_dict["examples"])
        setting = Setting(
            examples=(examples.uri, examples.split_names),
            transform_graph=artifact_utils.get_single_uri(input_dict["transform_graph"]),
            epochs=search["epochs"],
            **{
                name: exec_properties[name]
                for name in ("label", "splits", "training", "build_model", "model_hyperparameters")
            },
        )
        outcomes = []
        while proposed := propose(oracle):
            batch = self._run(setting, proposed, search["trials"], first=len(outcomes) + 1)
            outcomes += batch
            _report(oracle, batch)
        _write(oracle, outcomes, search, output_dict)

    def _run(self, setting: Setting, trials, total: int, first: int) -> list[dict[str, Any]]:
        """Runs trials as one Beam stage, on as many workers as the runner has."""
        elements = [
            {"trial_id": trial.trial_id, "number": number, "values": dict(trial.hyperparameters.values)}
            for number, trial in enumerate(trials, first)
        ]
        results = Path(self._get_tmp_dir(), f"results-{first}")
        with self._make_beam_pipeline() as pipeline:
            _ = (
                pipeline
                | "Trials" >> beam.Create(elements)
                | "OneEach" >> beam.Reshuffle()
                | "Run" >> beam.ParDo(RunTrial(setting, total))
                | "Encode" >> beam.Map(json.dumps)
                | "Write" >> beam.io.WriteToText(str(results))
            )
        lines = (line for file in results.parent.glob(f"{results.name}-*-of-*") for line in file.open())
        return sorted(map(json.loads, lines), key=lambda outcome: outcome["number"])


def _report(oracle: keras_tuner.Oracle, outcomes: list[dict[str, Any]]) -> None:
    """Tells the oracle how its trials went; one that failed gets the worst score, so that it is not repeated."""
    objective = oracle.objective
    scores = [outcome["score"] for outcome in outcomes if outcome["score"] is not None]
    worst = (max if objective.direction == "min" else min)(scores, default=0.0)
    for outcome in outcomes:
        trial = oracle.trials[outcome["trial_id"]]
        score = worst if outcome["score"] is None else outcome["score"]
        oracle.update_trial(trial.trial_id, {objective.name: score})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)


def _write(oracle: keras_tuner.Oracle, outcomes: list[dict[str, Any]], search: dict, output_dict) -> None:
    succeeded = [outcome for outcome in outcomes if outcome["score"] is not None]
    sign = 1 if oracle.objective.direction == "min" else -1
    ranked = sorted(succeeded, key=lambda outcome: sign * outcome["score"])
    study = {
        "objective": {"name": oracle.objective.name, "direction": oracle.objective.direction},
        "search": search,
        "best": ranked[0]["number"] if ranked else None,
        "trials": outcomes,
    }
    _write_json(output_dict["study"], STUDY_FILE, study)
    if not ranked:
        raise RuntimeError(f"All {len(outcomes)} trials failed. The first said: {outcomes[0]['error']}")
    write_best(
        oracle.trials[ranked[0]["trial_id"]].hyperparameters,
        artifact_utils.get_single_uri(output_dict["best_hyperparameters"]),
    )
    records = [
        {"trial_id": outcome["trial_id"], "score": outcome["score"], **outcome["values"]}
        for outcome in ranked
    ]
    _write_json(output_dict["tuner_results"], RESULTS_FILE, records)


def _write_json(artifacts, name: str, value: Any) -> None:
    path = Path(artifact_utils.get_single_uri(artifacts), name)
    io_utils.write_string_file(str(path), plain_json.dumps(value, indent=2))

"""Runs a search and writes its results."""

import dataclasses
import json
import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras_tuner
from tfx.dsl.components.base import base_executor
from tfx.types import Artifact, artifact_utils

from components.artifacts import STUDY_FILE, STUDY_PAGE_FILE
from components.features import LabelFeature
from components.learning.attempt import checkpoint_dir
from components.learning.best_hyperparameters import write_best
from components.learning.division import division_of
from components.learning.goal import Goal
from components.learning.label import label_of
from components.learning.prepared import prepared
from components.tuner import settings
from components.tuner.budget import Budget
from components.tuner.data import RAW_EXAMPLES, TRANSFORM_GRAPH, Data, inputs_of
from components.tuner.folds import missing, preprocessing_of
from components.tuner.live import Live
from components.tuner.objective import check_names
from components.tuner.progress import ConsoleLine
from components.tuner.trial import Setting
from reactive_schedules import TrainingSpec, plain_json
from reactive_schedules.duration import epochs_of
from reactive_schedules.search import confirmation, registry, space
from reactive_schedules.search.common import objective_of
from reactive_schedules.search.executor import earlier
from reactive_schedules.search.executor.coordinator import Coordinator
from reactive_schedules.search.executor.journal import LOGS, Journal
from reactive_schedules.search.executor.worker import Running, Work
from reactive_schedules.search.page import study_page
from reactive_schedules.search.progress import progress_of
from reactive_schedules.search.study import failures, ranked, study_record

Artifacts = dict[str, list[Artifact]]

RESULTS_FILE = "tuner_results.json"

TRIAL = "components.tuner.trial.prepare"

LIMITS = ("time_limit", "trial_limit")
"""Keys of a search that decide when it ends, not what it trains."""

THREADS = "TF_NUM_INTRAOP_THREADS"
"""Environment variable: number of threads of a trial, as of the Trainer."""

log = logging.getLogger(__name__)


class Executor(base_executor.BaseExecutor):
    """Runs the search of the Tuner component."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Runs a search, or resumes the one that an earlier attempt did not finish."""
        search = json.loads(exec_properties["search"])
        examples, inputs = input_dict["examples"], inputs_of(input_dict)
        graph, splits = inputs[TRANSFORM_GRAPH], json.loads(exec_properties["splits"])
        label = label_of(exec_properties["label"], prepared(graph), examples, splits.values())
        resolved = {**exec_properties, "label": label.to_json()}
        data = Data(
            split_names=examples[0].split_names,
            **{name: resolved[name] for name in ("label", "goal", "splits")},
        )
        training = json.loads(exec_properties["training"])
        model = json.loads(exec_properties["model_hyperparameters"])
        spec = TrainingSpec.parse(training)
        objective = objective_of(search["objective"], search["direction"], spec)
        hyperparameters = space.to_hyperparameters(training, model, search["space"])
        first, configured_model = space.from_hyperparameters(training, model, hyperparameters.values)
        # The first trial is the configuration as written, unless that lies outside the space.
        configured = 1 if (first, configured_model) == (spec, model) else None
        names = {"search.objective": objective[0]}
        if spec.plateau:
            names["training.plateau.monitor"] = spec.plateau.monitor
        check_names(names, examples, graph, configured_model, resolved)

        if isinstance(spec.epochs, str):
            training = space.in_whole_epochs(training, data.load(inputs).examples)
            spec = TrainingSpec.parse(training)
        searcher = registry.make(search, hyperparameters, objective[1], epochs_of(spec.epochs))
        study_dir = artifact_utils.get_single_uri(output_dict["study"])
        with settings.mistakes():
            # A search that was stopped goes on with other limits of time.
            unlimited = {name: value for name, value in search.items() if name not in LIMITS}
            identified = {**exec_properties, "search": json.dumps(unlimited)}
            journal = settings.journal(checkpoint_dir(study_dir, input_dict, identified), inputs)
        folds, division = search.get("folds"), json.loads(exec_properties.get("division") or '"given"')
        undivided = _undivided(division, data, inputs, input_dict.get(RAW_EXAMPLES) or examples)
        divides = folds != 0 and not undivided
        if divides:
            data = dataclasses.replace(
                data,
                folds=folds or confirmation.FOLDS,
                division=division_of(division, LabelFeature.from_json(data.label)).to_json(),
            )
        setting = Setting(
            data=data,
            training=json.dumps(training),
            executions=search["executions_per_trial"],
            objective=objective,
            strategy=exec_properties.get("strategy") or None,
            **{name: exec_properties[name] for name in ("build_model", "model_hyperparameters")},
        )
        threads, goal = int(os.environ.get(THREADS) or 1), Goal.from_json(data.goal)
        called = [
            setting.build_model,
            goal.loss,
            goal.metric,
            *([preprocessing_of(graph)] if divides else []),
        ]
        code = tuple(path for path in called if path and "." in path)
        work = Work(TRIAL, dataclasses.asdict(setting), threads, inputs, code, bool(setting.strategy))
        processes = settings.processes()
        same = settings.identity(work, exec_properties["code"])
        studies = sorted(Path(study_dir).parent.glob("*"), key=lambda each: each.stat().st_mtime)
        others = [each for each in journal.folder.parent.glob("*") if each != journal.folder]
        known = earlier.Earlier(studies, same, others)
        earlier.begin(journal, same)
        budget = Budget(search, journal, configured, processes)

        def record_of(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
            return study_record(search, training, objective, results)

        console, live = ConsoleLine(processes), Live(journal.folder, Path(study_dir), record_of)

        def watch(running: Sequence[Running], results: Sequence[Mapping[str, Any]]) -> None:
            progress = progress_of(
                running, results, searcher.trials, objective, epochs_of(spec.epochs), confirmations
            )
            live(progress, results)
            console(progress)

        confirmations = 0
        with (
            settings.mistakes(),
            settings.cluster(work, journal) as cluster,
            live,
            Coordinator(
                work,
                journal,
                searcher.until,
                processes,
                watch,
                settings.silence_s(),
                cluster=cluster,
                trial_s=budget.trial_s,
                earlier=known,
            ) as coordinator,
        ):
            record = record_of(coordinator.search(searcher, lambda: budget.is_searched(coordinator.results)))
            record["ended_early"] = budget.remark(len(record["trials"]), searcher.trials)
            planned = confirmation.plan(record, configured, folds, divides, budget.challengers)
            if planned.divides:
                undivided = data.divided(inputs).fault()
            if planned.finalists and undivided:
                planned = dataclasses.replace(planned, divides=False, undivided=undivided)
            asks = confirmation.asks(planned, record, searcher.until)
            confirmations = len(asks)
            record = confirmation.confirmed(record, planned, coordinator.run(asks, budget.is_spent))
            results = coordinator.results
        said = [f"{len(record['trials'])} trials", record["ended_early"], record["choice"]]
        if len(said := [each for each in said if each]) > 1:
            logging.getLogger("progress").info("; ".join(said))
        _write_study(study_dir, record, journal)
        earlier.write(Path(study_dir), same, results)
        if record["best"] is None:
            # TFX deletes the outputs of a component that fails.
            kept = journal.folder.parents[1] / "failed"
            _write_study(kept, record, journal)
            journal.remove()
            raise RuntimeError(
                f"All {len(record['trials'])} trials failed ({failures(record['trials'])}); see "
                f"{kept}/{STUDY_PAGE_FILE}"
            )
        _write_best(record, hyperparameters, output_dict)
        journal.remove()


def _undivided(division: Any, data: Data, inputs: Mapping[str, str], raw: Sequence[Artifact]) -> str | None:
    """Why a confirmation leaves the rows divided as they are; None if it need not."""
    if division == "given":
        return "their splits are given"
    return missing(raw if data.raw(inputs) else [], inputs[TRANSFORM_GRAPH], json.loads(data.splits))


def _write_study(folder: str | Path, record: dict[str, Any], journal: Journal) -> None:
    _write_json(folder, STUDY_FILE, record)
    if (logs := journal.folder / LOGS).exists():
        shutil.copytree(logs, Path(folder, LOGS), dirs_exist_ok=True)
    try:
        study_page.write(record, Path(folder, STUDY_PAGE_FILE))
    except Exception:  # a page is not worth a search
        log.exception("The page of the study could not be drawn.")


def _write_best(
    record: dict[str, Any], hyperparameters: keras_tuner.HyperParameters, output_dict: Artifacts
) -> None:
    succeeded = ranked(record["trials"], record["objective"]["direction"])
    best = next(trial for trial in succeeded if trial["number"] == record["best"])
    hyperparameters.values = dict(best["values"])
    write_best(hyperparameters, artifact_utils.get_single_uri(output_dict["best_hyperparameters"]))
    rows = [
        {
            "trial_id": trial["trial_id"],
            "score": trial["score"],
            "objective": record["objective"]["name"],
            "direction": record["objective"]["direction"],
            **trial["values"],
        }
        for trial in succeeded
    ]
    _write_json(artifact_utils.get_single_uri(output_dict["tuner_results"]), RESULTS_FILE, rows)


def _write_json(folder: str | Path, name: str, value: Any) -> None:
    path = Path(folder, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(plain_json.dumps(value, indent=2), encoding="utf-8")

"""Reads the artifacts of a run and writes its page."""

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.types import Artifact, artifact_utils
from tfx.utils import io_utils, path_utils

from components.artifacts import RECORD_FILE, REPORT_FILE, STUDY_FILE, STUDY_PAGE_FILE, Artifacts
from components.evaluator import metrics
from components.features import LabelFeature
from components.model_store import model_files
from components.report import data, drift
from components.report.answers import answer_examples
from components.report.asked import asked
from components.report.quality import quality
from components.report.training import training
from components.report.usage import plain_row, usage
from components.report.verdict import lineage, verdict
from components.schema import read_schema
from reactive_schedules.pages import shell
from reactive_schedules.pages.content import Block, Folded, Page, Section, Text, Tile, text_of
from reactive_schedules.search.page import figures, study_page

log = logging.getLogger(__name__)

_LIBRARIES = ("tfx", "tensorflow-cpu", "keras", "apache-beam", "keras-tuner", "optuna")


class Executor(base_executor.BaseExecutor):
    """Writes the page of the Report component."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Writes the page of one run."""
        start = time.perf_counter()
        inputs = {key: artifacts for key, artifacts in input_dict.items() if artifacts}
        config = json.loads(exec_properties["config"])
        label = LabelFeature.from_json(exec_properties["label"])
        run = (self._context and self._context.pipeline_run_id) or ""
        page = _page(inputs, config, label, exec_properties["test_split"], run)
        path = Path(artifact_utils.get_single_uri(output_dict["report"]), REPORT_FILE)
        io_utils.write_string_file(str(path), shell.render(page))
        log.info("Wrote %s in %.1f s.", path, time.perf_counter() - start)


def _page(
    inputs: Artifacts, config: Mapping[str, Any], label: LabelFeature, test_split: str, run: str
) -> Page:
    evaluation = _json(inputs, "evaluation", metrics.FILE)
    record = _json(inputs, "training_record", RECORD_FILE)
    study = _json(inputs, "study", STUDY_FILE) if "study" in inputs else None
    splits = artifact_utils.decode_split_names(_single(inputs, "statistics").split_names)
    statistics = {
        split: data.read_statistics(_uri(inputs, "statistics"), split) for split in _ordered(splits)
    }
    anomalies = {split: data.read_anomalies(_uri(inputs, "anomalies"), split) for split in statistics}
    exported = path_utils.serving_model_path(_uri(inputs, "model"))
    answered = answer_examples(exported, inputs["examples"], test_split)
    card = json.loads(Path(exported, model_files.CARD).read_text(encoding="utf-8"))
    row = plain_row(card["features"], answered.example)
    pushed = _single(inputs, "pushed_model").get_string_custom_property("pushed_destination")
    baseline = _single(inputs, "baseline_model").get_string_custom_property("version")
    sections = [
        verdict(evaluation, pushed),
        asked(config, label),
        data.data(statistics, anomalies, _drift(inputs, statistics[data.TRAIN]), baseline),
        *([Section("Search", list(_search(study, _uri(inputs, "study"))))] if study else []),
        training(record),
        quality(evaluation, label, answered),
        lineage(inputs, record, run, {name: version(name) for name in _LIBRARIES}),
        usage(config["name"], pushed or exported, bool(pushed), row),
    ]
    return Page(
        title=config["name"],
        lead=f"Predicts {label.name}." + (f" Run {run}." if run else ""),
        sections=sections,
        verdict="blessed" if evaluation["blessed"] else "not blessed",
        good=evaluation["blessed"],
        tiles=list(_tiles(evaluation, record, study, data.rows_of(statistics))),
        footer=f"Created {time.strftime('%Y-%m-%d %H:%M:%S')}.",
    )


def _tiles(
    evaluation: Mapping[str, Any],
    record: Mapping[str, Any],
    study: Mapping[str, Any] | None,
    rows: Mapping[str, int],
) -> Iterator[Tile]:
    name = evaluation["metric"] or next(iter(evaluation["candidate"]))
    against = "no other model in production"
    if evaluation["baseline"]:
        against = f"{text_of(evaluation['baseline'][name])} in production"
    yield Tile(f"Test {name}", text_of(evaluation["candidate"][name]) or "not a number", against)
    yield Tile("Rows", text_of(sum(rows.values())), f"{text_of(rows[data.TRAIN])} for training")
    if study:
        yield Tile("Trials", text_of(len(study["trials"])), f"{text_of(study['cost']['epochs'])} epochs")
    cuts = sum(decision["kind"] != "stop" for decision in record["decisions"])
    reactions = "no reaction to a plateau" if not cuts else f"{cuts} reaction{'s' * (cuts > 1)} to a plateau"
    yield Tile("Epochs", text_of(len(record["history"]["loss"])), reactions)


def _search(study: Mapping[str, Any], uri: str) -> Iterator[Block]:
    failed = sum(trial["state"] == "failed" for trial in study["trials"])
    if failed:
        yield Text(f"{failed} of {len(study['trials'])} trials failed; the study page shows why.", tone="bad")
    yield from filter(None, [figures.best_so_far(study)])
    yield from study_page.parameters(study)
    yield Folded("All trials", study_page.trials_table(study))
    yield Text(f"The learning curves of all trials are in {uri}/{STUDY_PAGE_FILE}.")


def _drift(inputs: Artifacts, now: data.Statistics) -> list[drift.Drift] | None:
    before = Path(path_utils.serving_model_dir(_uri(inputs, "baseline_model")), model_files.STATISTICS)
    if not before.exists():
        return None
    return drift.measure(now, data.Statistics.FromString(before.read_bytes()), read_schema(inputs["schema"]))


def _ordered(splits: Sequence[str]) -> list[str]:
    """Returns the splits in order, the training split first."""
    return sorted(splits, key=lambda split: (split != data.TRAIN, split))


def _single(inputs: Artifacts, key: str) -> Artifact:
    return artifact_utils.get_single_instance(inputs[key])


def _uri(inputs: Artifacts, key: str) -> str:
    return _single(inputs, key).uri


def _json(inputs: Artifacts, key: str, name: str) -> dict[str, Any]:
    return json.loads(Path(_uri(inputs, key), name).read_text(encoding="utf-8"))

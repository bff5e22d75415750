"""Reads the artifacts of a run and writes its page."""

import contextlib
import dataclasses
import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.utils import io_utils

from components.artifacts import HEALTH_FILE, REPORT_FILE, STUDY_PAGE_FILE, UNDRAWN, Artifacts
from components.features import LabelFeature
from components.report import data
from components.report.asked import asked
from components.report.found import Found
from components.report.health import Known, write
from components.report.quality import quality
from components.report.training import training
from components.report.usage import usage
from components.report.verdict import lineage, verdict
from reactive_schedules.pages import shell
from reactive_schedules.pages.content import Block, Folded, Page, Text, Tile, text_of
from reactive_schedules.pages.sections import Sections
from reactive_schedules.search.page import figures, study_page, tables, whereabouts

log = logging.getLogger(__name__)

_LIBRARIES = ("tfx", "tensorflow-cpu", "keras", "apache-beam", "keras-tuner", "optuna")


class Executor(base_executor.BaseExecutor):
    """Writes the page of the Report component."""

    def Do(self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]) -> None:
        """Writes the page of one run."""
        start = time.perf_counter()
        inputs = {key: artifacts for key, artifacts in input_dict.items() if artifacts}
        config = json.loads(exec_properties["config"])
        run = (self._context and self._context.pipeline_run_id) or ""
        report = artifact_utils.get_single_instance(output_dict["report"])
        found = Found(inputs, exec_properties["test_split"])
        label = _label(exec_properties["label"], found)
        config.get("data", {}).setdefault("classes", list(label.classes))

        def look() -> Iterable[Block]:
            findings = found.health(label, Known.from_json(exec_properties["known"]))
            write(findings, Path(report.uri, HEALTH_FILE))
            return data.look(findings)

        page, faults = _page(inputs, found, look, config, label, run)
        report.set_string_custom_property(UNDRAWN, "\n".join(faults))
        path = Path(report.uri, REPORT_FILE)
        io_utils.write_string_file(str(path), shell.render(page))
        log.info("Wrote %s in %.1f s.", path, time.perf_counter() - start)


def _label(text: str, found: Found) -> LabelFeature:
    """The label, with the classes that the Trainer noted if it has none."""
    label = LabelFeature.from_json(text)
    if not label.classes:
        with contextlib.suppress(Exception):  # the page says that the record is missing
            return dataclasses.replace(label, classes=tuple(found.record["label"]["classes"]))
    return label


def _page(
    inputs: Artifacts,
    found: Found,
    look: Callable[[], Iterable[Block]],
    config: Mapping[str, Any],
    label: LabelFeature,
    run: str,
) -> tuple[Page, list[str]]:
    """Returns the page, and what could not be drawn: the run is done, and most of its page is better than none."""
    sections = Sections()
    sections.add("Verdict", lambda: verdict(found.evaluation, found.pushed).blocks)
    sections.add(
        "Configuration", lambda: asked(config, label, found.evaluation.get("larger_is_better", True)).blocks
    )
    sections.add(
        "Data",
        lambda: (
            data.data(found.statistics, found.anomalies, found.drift, found.baseline, found.remarks).blocks
        ),
        look,
    )
    if "study" in inputs:
        sections.add("Search", *_search(found))
    sections.add("Training", lambda: training(found.record).blocks)
    sections.add(
        "Evaluation", lambda: quality(found.evaluation, label, found.answered, found.temperature).blocks
    )
    versions = {name: version(name) for name in _LIBRARIES}
    sections.add("Lineage", lambda: lineage(inputs, found.record, run, versions).blocks)
    sections.add(
        "Use the model",
        lambda: usage(config["name"], found.pushed or found.exported, bool(found.pushed), found.row).blocks,
    )
    blessed, tiles = None, []
    with contextlib.suppress(Exception):  # they only repeat what the sections say, or miss
        blessed = found.evaluation["blessed"]
        tiles.extend(_tiles(found))
    return Page(
        title=config["name"],
        lead=f"Predicts {label.name}." + (f" Run {run}." if run else ""),
        sections=sections.drawn,
        verdict={None: "", True: "blessed", False: "not blessed"}[blessed],
        good=bool(blessed),
        tiles=tiles,
        footer=f"Created {time.strftime('%Y-%m-%d %H:%M:%S')}.",
    ), sections.faults


def _tiles(found: Found) -> Iterator[Tile]:
    evaluation, record, study, rows = (
        found.evaluation,
        found.record,
        found.study,
        data.rows_of(found.statistics),
    )
    name = evaluation["metric"] or next(iter(evaluation["candidate"]))
    against = "no other model in production"
    if evaluation["baseline"]:
        against = f"{text_of(evaluation['baseline'][name])} in production"
    yield Tile(f"Test {name}", text_of(evaluation["candidate"][name]) or "no value", against)
    yield Tile("Rows", text_of(sum(rows.values())), f"{text_of(rows[data.TRAIN])} for training")
    if study:
        yield Tile("Trials", text_of(len(study["trials"])), f"{text_of(study['cost']['epochs'])} epochs")
    cuts = sum(decision["kind"] != "stop" for decision in record["decisions"])
    reactions = "no reaction to a plateau" if not cuts else f"{cuts} reaction{'s' * (cuts > 1)} to a plateau"
    yield Tile("Epochs", text_of(len(record["history"]["loss"])), reactions)


def _search(found: Found) -> Iterator[Callable[[], Iterable[Block]]]:
    """Yields the parts of the section about the search."""
    yield lambda: _failures(found.study)
    yield lambda: study_page.choice(found.study)
    yield lambda: filter(None, [figures.best_so_far(found.study)])
    yield lambda: study_page.parameters(found.study)
    yield lambda: [Folded("All trials", tables.all_trials(found.study))]
    yield lambda: whereabouts.lost_attempts(found.study)
    yield lambda: [Text(f"The learning curves of all trials are in {found.uri('study')}/{STUDY_PAGE_FILE}.")]


def _failures(study: Mapping[str, Any]) -> Iterator[Block]:
    failed = sum(trial["state"] == "failed" for trial in study["trials"])
    if failed:
        yield Text(f"{failed} of {len(study['trials'])} trials failed; the study page shows why.", tone="bad")

"""A report on hostile data, in a browser."""

import json

import numpy as np
import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2, statistics_pb2

from components.features import LabelFeature
from components.report.asked import asked
from components.report.training import training
from components.report.verdict import verdict
from reactive_schedules import TrainingSpec
from reactive_schedules.pages import shell
from reactive_schedules.pages.content import Page, Section
from tests.hostile import EVERY, check_hostile_page

CLASSES = tuple(f"{EVERY} class {number}" for number in range(3))
LABEL = LabelFeature(f"{EVERY} label", "classification", CLASSES)
METRIC, COLUMN, VALUE, REASON, VERSION = (
    f"{EVERY} {kind}" for kind in ("metric", "column", "value", "reason", "version")
)


def configuration() -> Section:
    spec = TrainingSpec.parse({"learning_rate": {"family": "constant", "peak": 0.03}})
    return asked(
        {
            "data": {
                "path": f"{EVERY} path",
                "source": None,
                "splits": {"train": 14, "eval": 3, "test": 3},
                "ignore": [COLUMN],
            },
            "model": {
                "build": "models.build",
                "hyperparameters": {f"{EVERY} key": f"{EVERY} setting"},
                "warm_start": False,
            },
            "training": spec.model_dump(mode="json"),
            "search": None,
            "evaluation": {"metric": METRIC, "threshold": 0.9, "min_improvement": 0.0, "confidence": 0.95},
        },
        LABEL,
        larger_is_better=True,
    )


def learning() -> Section:
    decision = {"kind": "decay", "epoch": 1, "reason": REASON, "old_rate": 0.1, "new_rate": 0.05,
        "old_batch_size": 32, "new_batch_size": 32}  # fmt: skip
    curves = {
        name: [3.0, 2.0, 1.0]
        for name in ("loss", "val_loss", METRIC, f"val_{METRIC}", "learning_rate", "batch_size")
    }
    rate = {"family": f"{EVERY} family", "peak": f"{EVERY} peak"}
    return training(
        {
            "training": {"learning_rate": rate, "epochs": 3, "plateau": None},
            "history": curves,
            "decisions": [decision],
            "best_epoch": 2,
            "base_model": VERSION,
        }
    )


def evaluation() -> Section:
    from components.report.answers import AnsweredExamples
    from components.report.quality import quality

    random = np.random.default_rng(0)
    slices = [
        {
            "slice": {COLUMN: f"{VALUE} {n}"},
            "examples": 9,
            "metrics": {METRIC: 0.5},
            "baseline": {METRIC: 0.4},
        }
        for n in range(2)
    ]
    found = {
        "metric": METRIC,
        "candidate": {METRIC: 0.5},
        "baseline": {METRIC: 0.4},
        "baseline_version": VERSION,
        "constant": 0.3,
        "intervals": {METRIC: [0.4, 0.6]},
        "differences": {METRIC: {"value": 0.1, "interval": [-0.1, 0.3]}},
        "examples": 60,
        "slices": slices,
    }
    answers = random.dirichlet(np.ones(3), 60)
    return quality(found, LABEL, AnsweredExamples(random.integers(0, 3, 60), answers, True, b""))


def data() -> Section:
    from components.report.data import data
    from components.report.drift import Drift

    statistics = statistics_pb2.DatasetFeatureStatisticsList()
    feature = statistics.datasets.add(num_examples=60).features.add(name=COLUMN, type="STRING")
    feature.string_stats.top_values.add(value=VALUE, frequency=9)
    anomalies = anomalies_pb2.Anomalies()
    anomalies.anomaly_info[COLUMN].description = f"{EVERY} anomaly"
    return data({"train": statistics}, {"train": anomalies}, [Drift(COLUMN, 0.9, "distance")], VERSION)


@pytest.mark.slow
def test_hostile_names_classes_slices_and_settings_are_shown_as_they_are(browser, tmp_path):
    from components.report.usage import usage

    sections = [
        verdict(
            {
                "metric": METRIC,
                "candidate": {METRIC: 0.5},
                "intervals": {METRIC: [0.4, 0.6]},
                "reasons": [REASON],
                "notes": [REASON],
                "blessed": False,
                "baseline_version": VERSION,
            },
            pushed="",
        ),
        configuration(),
        data(),
        learning(),
        evaluation(),
        usage("digits", f"/{EVERY} folder", True, {"rows_input": VALUE}),
    ]
    path = tmp_path / "report.html"
    path.write_text(shell.render(Page(EVERY, EVERY, sections)), encoding="utf-8")
    drawn = [*CLASSES, f"true {LABEL.name}", f"predicted {CLASSES[0]}", METRIC, REASON, f"version {VERSION}",
        f"{COLUMN} {VALUE} 0"]  # fmt: skip
    written = [*CLASSES, LABEL.name, METRIC, COLUMN, VALUE, REASON, VERSION]
    written += [f"{EVERY} {kind}" for kind in ("path", "key", "setting", "family", "peak", "anomaly")]
    check_hostile_page(browser, path, drawn, written)


@pytest.mark.slow
def test_commands_to_copy_quote_folders_and_values():
    import shlex

    from components.report.usage import usage
    from reactive_schedules.pages.content import Code

    folder, row = '/it\'s $(touch taken) "here" `x`/1', {"column": "it's $(touch taken)"}
    file, python, serve, query = (
        block.text for block in usage("digits", folder, True, row).blocks if isinstance(block, Code)
    )
    assert shlex.split(file)[-1] == folder
    assert eval(python.partition("load_model(")[2].partition(")\n")[0]) == folder
    assert shlex.split(serve)[-2] == f"{folder.removesuffix('/1')}:/models/digits"
    assert json.loads(shlex.split(query)[-1])["instances"] == [row]

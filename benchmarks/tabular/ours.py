"""The product on a split, as a person would use it: two flags, then predictions by the model that was pushed."""

import functools
import hashlib
import sys
from pathlib import Path

import click
import numpy as np
import pandas as pd
import yaml

from benchmarks.measuring.processes import ROOT, cost_of
from benchmarks.measuring.timeline import components, watched
from benchmarks.tabular.results import Result
from benchmarks.tabular.scores import Prediction
from benchmarks.tabular.split import Split, Table
from components.model_store.serving import production

VARIANTS = {"ours": ("--no-tune",), "fast": ("--fast",), "best": ("--best",)}
"""Arguments of `local_runner.py` besides `--data` and `--label`."""

CODE = ("reactive_schedules", "components", "pipeline", "local_runner.py", "examples/tabular.yaml")

_PREFIX = "probability_"


@functools.cache
def version() -> str:
    """Of the code that is judged; changes with any of its files."""
    digest = hashlib.sha256()
    for name in CODE:
        path = ROOT / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def answer(
    variant: str, table: Table, rows: Split, seed: int, folder: Path
) -> tuple[Prediction | None, Result]:
    """Trains in a workspace of its own, predicts with the model in production.

    The rows differ with the seed, so the configuration is the default. Where they do not, because the table has a file
    of rows to predict, the seed is that of the training.

    Returns:
        The prediction, and CPU seconds of the Trainer and of the whole run; no prediction, and the end of the output as
        `failed`, if the pipeline pushed no model.
    """
    data, workspace, log = folder / "data", folder / "workspace", folder / "log"
    data.mkdir(parents=True)
    rows.train.to_csv(data / "train.csv", index=False, encoding="utf-8")
    rows.test.drop(columns=table.label).to_csv(folder / "test.csv", index=False, encoding="utf-8")
    label = table.label.strip()  # the pipeline removes spaces around the names of columns
    options = ["--data", data, "--label", label, "--workspace", workspace, *VARIANTS[variant]]
    if table.test and seed:
        options += ["--config", seeded(seed, folder / "seeded.yaml")]
    costs: Result = {"version": version()}
    try:
        timeline = watched([sys.executable, "local_runner.py", *options], log)
    except click.ClickException:
        return None, costs | _end(log)
    trainer = components(timeline, workspace / "metadata.db")["Trainer"]
    costs |= {"train_cpu": round(trainer.cpu, 2), "cpu": round(timeline.whole().cpu, 2)}
    if production(workspace / "serving") is None:
        return None, costs | _end(log)
    predictions = folder / "predictions.csv"
    asked = ["--input", folder / "test.csv", "--output", predictions, "--workspace", workspace]
    cost_of([sys.executable, "-m", "pipeline", "predict", *asked], folder / "predict.log")
    return _read(predictions, table), costs


def _end(log: Path) -> Result:
    return {"failed": log.read_text(encoding="utf-8", errors="replace").strip()[-1000:]}


def _read(path: Path, table: Table) -> Prediction:
    if table.task == "regression":
        return Prediction(
            pd.read_csv(path, usecols=["prediction"], encoding="utf-8")["prediction"].to_numpy()
        )
    found = pd.read_csv(path, usecols=lambda name: name.startswith(_PREFIX), encoding="utf-8")
    return Prediction(found.to_numpy(), np.array([name.removeprefix(_PREFIX) for name in found]))


def seeded(seed: int, path: Path) -> Path:
    """Writes the default configuration with another seed of the training."""
    default = yaml.safe_load((ROOT / "examples/tabular.yaml").read_text(encoding="utf-8"))
    default["training"]["seed"] = seed
    path.write_text(yaml.safe_dump(default), encoding="utf-8")
    return path

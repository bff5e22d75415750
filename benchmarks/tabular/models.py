"""Every model the same way: from splits of a table to results."""

import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from benchmarks.measuring.processes import ROOT, check
from benchmarks.tabular import environment, ours, scores
from benchmarks.tabular.results import Result
from benchmarks.tabular.split import Split, Table

RIVALS = ("constant", "linear", "mlp", "hgb", "lightgbm", "realmlp", "tabm")
"""Those of `rival.py`, of which the first knows only the labels."""

MODELS = (*ours.VARIANTS, *RIVALS)


def judged(
    model: str, table: Table, splits: Mapping[int, Split], interpreter: Path | None = None
) -> Iterator[Result]:
    """Trains and predicts, and gives the result of each split as soon as it is there.

    Args:
        model: One of `MODELS`.
        table: What is predicted.
        splits: Rows by seed.
        interpreter: Python for the rivals; by default, of their own environment.

    Raises:
        click.ClickException: A rival failed; the message ends with the end of its output.
    """
    with tempfile.TemporaryDirectory() as folder:
        if model in ours.VARIANTS:
            answers = (
                ours.answer(model, table, splits[seed], seed, Path(folder, str(seed))) for seed in splits
            )
        else:
            answers = _answers(model, table, splits, Path(folder), interpreter or environment.python())
        for seed, (prediction, costs) in zip(splits, answers, strict=True):
            labels = splits[seed].test[table.label].to_numpy()
            found = scores.of(prediction, labels) if prediction else {}
            yield {"table": table.name, "seed": seed, "model": model, **found, **costs}


def _answers(
    model: str, table: Table, splits: Mapping[int, Split], folder: Path, interpreter: Path
) -> Iterator[tuple[scores.Prediction, Result]]:
    for seed, rows in splits.items():
        place = folder / str(seed)
        place.mkdir()
        hidden = list(table.without)
        rows.train.drop(columns=hidden).to_csv(place / "train.csv", index=False, encoding="utf-8")
        rows.test.drop(columns=[table.label, *hidden]).to_csv(
            place / "test.csv", index=False, encoding="utf-8"
        )
    command = [
        str(interpreter),
        "-W",
        "ignore",
        "-m",
        "benchmarks.tabular.rival",
        model,
        table.task,
        table.label,
    ]
    command += [str(folder), *map(str, splits)]
    log = folder / "log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment.ONE_THREAD, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        with process:
            for seed in process.stdout or ():
                with np.load(folder / seed.strip() / "found.npz") as found:
                    prediction = scores.Prediction(found["values"], found.get("classes"))
                    yield prediction, {"train_cpu": round(float(found["train_cpu"]), 2)}
    check(command, process.returncode, log)

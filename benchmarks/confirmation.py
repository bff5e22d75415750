"""Whether a search ends worse than the configuration that it began with, with and without a confirmation.

Four tables of scikit-learn and, with `--data`, 500 rows of each of six others (`benchmarks/tabular/tables.yaml`), a
multilayer perceptron of 64 units, and the space of docs/tuner.md. Each search is judged as a user would be: the chosen
spec is trained as the Trainer does, and compared with the configuration as written on the test rows. It is worse, or
better, beyond noise if the losses of the test rows differ by two standard errors or more. The last line counts those
that remain worse after Holm's correction for all searches, at 5 %, one-sided.

    python -m benchmarks.confirmation [--data DIR] [--seeds 10] [--into FILE]   # a minute for each search

With `--into`, searches that are already in the file are not run again, so that a run can be interrupted.
"""

import itertools
import json
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import keras
import numpy as np
import pyarrow as pa
from sklearn import datasets
from sklearn.model_selection import train_test_split

import reactive_schedules as rs
from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.table import Table
from benchmarks.tabular.numbers import as_numbers
from benchmarks.tabular.split import read_manifest
from components.example_gen.hashing import hash_rows
from components.learning.division import spread
from reactive_schedules.search import confirmation, registry, space
from reactive_schedules.search.executor.results import answer
from reactive_schedules.search.noise import cross_entropy_limit
from reactive_schedules.search.searcher import Ask
from reactive_schedules.search.study import study_record

TABLES = {
    "wine": datasets.load_wine,
    "iris": datasets.load_iris,
    "breast_cancer": datasets.load_breast_cancer,
    "diabetes": datasets.load_diabetes,
}
OTHERS = ("titanic", "credit", "churn", "insurance", "concrete", "life")
"""Tables of the manifest, of which `ROWS` rows are used."""

ROWS = 500
REGRESSIONS = ("diabetes", "insurance", "concrete", "life")
TRAINING = {
    "optimizer": {"name": "sgd", "momentum": 0.9},
    "learning_rate": {"family": "constant", "peak": 0.03},
    "batch_size": 32,
    "epochs": 40,
    "plateau": {"monitor": "val_loss", "patience": 4, "factor": 0.25, "max_actions": 2},
}
SPACE = {
    "learning_rate": {
        "family": ["constant", "cosine", "one_cycle"],
        "peak": {"low": 0.001, "high": 0.3, "log": True},
        "warmup": {"low": "0%", "high": "30%"},
        "final_ratio": [0.001, 0.01, 0.1],
    },
    "optimizer": {
        "name": ["sgd", "adamw"],
        "momentum": [0.8, 0.9, 0.95],
        "weight_decay": {"low": 0.0001, "high": 0.1, "log": True},
    },
    "plateau": {"patience": {"low": 2, "high": 6}, "factor": [0.1, 0.25, 0.5]},
    "batch_size": [16, 32, 64],
}
Rows = tuple[np.ndarray, np.ndarray]

OBJECTIVE = ("val_loss", "min")
WAYS = ("best score", "limit", "confirmed")
"""How the trial is chosen: by its score alone, by scores that the rows can tell apart, and after a confirmation."""


@benchmark
@size("--seeds", full=3, quick=1, type=click.IntRange(min=1), help="Searches of each table.")
@size("--trials", full=24, quick=2, type=click.IntRange(min=1), help="Of a search.")
@size("--epochs", full=40, quick=2, type=click.IntRange(min=1), help="Of a trial.")
@click.option("--first-seed", default=0, show_default=True, help="Seed of the first search of each table.")
@click.option(
    "--table", "tables", multiple=True, type=click.Choice([*TABLES, *OTHERS]), help="Only this one."
)
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Folder of the CSV files."
)
@click.option(
    "--into",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with a JSON line for each search.",
)
def main(
    seeds: int,
    trials: int,
    epochs: int,
    first_seed: int,
    tables: tuple[str, ...],
    data: Path | None,
    into: Path | None,
) -> None:
    """Compares the ways to choose."""
    tables = tables or (*TABLES, *(OTHERS if data else ()))
    if data is None and not set(tables) <= set(TABLES):
        raise click.UsageError("--table: is not part of scikit-learn; give the folder of its CSV with --data")
    shown = Table(22, ("as written", 11), *((f"{way}", 12) for way in WAYS), ("trainings", 11))
    click.echo(shown.heading())
    differences: dict[str, list[float]] = {way: [] for way in WAYS}
    known = _read(into)
    for seed, name in itertools.product(range(first_seed, first_seed + seeds), tables):
        key = {"table": name, "seed": seed, "trials": trials, "epochs": epochs}
        found = next((each for each in known if key.items() <= each.items()), None)
        if found is None:
            found = {**key, **searched(Job(name, seed, {**TRAINING, "epochs": epochs}, data), trials)}
            if into:
                with into.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(found) + "\n")
        cells = [f"{found['as written']:.4f}"]
        for way in WAYS:
            difference = found["differences"][way]
            differences[way].append(difference)
            cells.append(
                f"{found['losses'][way]:.4f}{'-' if difference > 2 else '+' if difference < -2 else ' '}"
            )
        click.echo(shown.row(f"{name} {seed}", *cells, str(found["trainings"])))
    for sign, word in ((1, "worse"), (-1, "better")):
        counts = [str(sum(sign * each > 2 for each in found)) for found in differences.values()]
        click.echo(shown.row(f"{word} than as written", "", *counts))
    click.echo(shown.row("worse, after Holm", "", *map(str, map(still_worse, differences.values()))))


def searched(job: "Job", trials: int) -> dict[str, Any]:
    """Test losses of a search: as written, and by way with their differences, see `worse`."""
    chosen, trainings = job.search(trials)
    written = job.test_losses({})
    losses = {way: job.test_losses(values) for way, values in chosen.items()}
    return {
        "as written": float(written.mean()),
        "losses": {way: float(found.mean()) for way, found in losses.items()},
        "differences": {way: worse(found, written) for way, found in losses.items()},
        "trainings": trainings,
    }


def _read(into: Path | None) -> list[dict[str, Any]]:
    if not into or not into.exists():
        return []
    return [json.loads(line) for line in into.read_text(encoding="utf-8").splitlines()]


def worse(losses: np.ndarray, written: np.ndarray) -> float:
    """How much worse losses of test rows are than those of the configuration, in standard errors."""
    gaps = losses - written
    error = gaps.std(ddof=1) / math.sqrt(len(gaps))
    return 0.0 if error == 0 else float(gaps.mean() / error)


def still_worse(differences: Sequence[float], level: float = 0.05) -> int:
    """How many of the differences, in standard errors, remain after Holm's correction."""
    chances = sorted(1 - statistics.NormalDist().cdf(each) for each in differences)
    held = itertools.takewhile(lambda each: each[1] <= level / (len(chances) - each[0]), enumerate(chances))
    return sum(1 for _ in held)


class Job:
    """A table, divided by a seed into 60 % for training, 20 % for validation, 20 % for the test."""

    def __init__(self, name: str, seed: int, training: dict[str, Any], data: Path | None = None) -> None:
        if name in TABLES:
            x, y = TABLES[name](return_X_y=True)
        else:
            x, y = as_numbers(read_manifest()[name], data, ROWS)
        self.classes = 0 if name in REGRESSIONS else int(y.max()) + 1
        self.training = rs.TrainingSpec.parse({**training, "seed": seed}).model_dump(mode="json")
        self.seed = seed
        y = y.astype(np.int64 if self.classes else np.float32)
        rest, self.test = _split(x.astype(np.float32), y, seed, 0.2, self.classes)
        self.rest = rest
        self.train, self.validation = _split(*rest, seed, 0.25, self.classes)
        self._test_losses: dict[str, np.ndarray] = {}

    def search(self, trials: int) -> tuple[dict[str, dict[str, Any]], int]:
        """Searches; returns the values chosen in each way, and the number of trainings of the confirmation."""
        options = {
            "algorithm": "random",
            "trials": trials,
            "seed": self.seed,
            "epochs": None,
            "start": [],
            "prior": [],
        }
        hyperparameters = space.to_hyperparameters(self.training, {}, SPACE)
        searcher = registry.make(options, hyperparameters, "min", self.training["epochs"])
        results = []
        while asks := searcher.ask():
            found = [self.run(ask) for ask in asks]
            searcher.tell(answer(result, "min") for result in found)
            results += found
        study = study_record(options, self.training, OBJECTIVE, results)
        planned = confirmation.plan(study, 1, None, divides=True)
        asks = confirmation.asks(planned, study, searcher.until)
        final = confirmation.confirmed(study, planned, [self.run(ask) for ask in asks])
        scored = [trial for trial in study["trials"] if trial["score"] is not None]
        numbers = min(scored, key=lambda trial: trial["score"])["number"], study["best"], final["best"]
        values = {trial["number"]: trial["values"] for trial in study["trials"]}
        return {way: values[number] for way, number in zip(WAYS, numbers, strict=True)}, len(asks)

    def run(self, ask: Ask) -> dict[str, Any]:
        """Trains a trial or a confirmation; its result as the Tuner's."""
        train, validation = self.train, self.validation
        if ask.fold is not None:
            x, y = self.rest
            columns = {str(place): column for place, column in enumerate([*x.T, y])}
            keys = hash_rows(pa.RecordBatch.from_pydict(columns))
            chosen = spread(keys, confirmation.FOLDS, y if self.classes else None) == ask.fold
            train, validation = (x[~chosen], y[~chosen]), (x[chosen], y[chosen])
        spec, _ = space.from_hyperparameters(self.training, {}, ask.values)
        spec = spec.model_copy(update={"seed": spec.seed + (0 if ask.fold is None else 1 + ask.fold)})
        _, result = self._trained(spec, train, validation)
        scores = result.history["val_loss"]
        score = math.nan if result.best_epoch is None else scores[result.best_epoch]
        rows = len(validation[1])
        limit = cross_entropy_limit(rows) if self.classes else None
        return {
            **{
                key: getattr(ask, key)
                for key in ("trial_id", "number", "values", "until", "rung", "parent", "fold")
            },
            "score": score if math.isfinite(score) else None,
            "error": None if math.isfinite(score) else "diverged",
            "seconds": 0.0,
            "validation": {"rows": rows, "limit": limit, "divisible": True},
            "executions": [
                {"history": result.history, "stopped_by": result.stopped_by, "updates": result.updates}
            ],
        }

    def test_losses(self, values: dict[str, Any]) -> np.ndarray:
        """Losses of the test rows under the model that the Trainer would make of these values.

        The same specification is trained once: on several threads, the last digits would differ.
        """
        spec, _ = space.from_hyperparameters(self.training, {}, values)
        name = spec.model_dump_json()
        if name not in self._test_losses:
            model, _ = self._trained(spec, self.train, self.validation)
            x, y = self.test
            outputs = np.asarray(model(_scaled(x, self.train[0])))
            self._test_losses[name] = (
                -np.log(np.maximum(outputs[np.arange(len(y)), y], 1e-7))
                if self.classes
                else (outputs[:, 0] - _standard(y, self.train[1])) ** 2
            )
        return self._test_losses[name]

    def _trained(
        self, spec: rs.TrainingSpec, train: tuple, validation: tuple
    ) -> tuple[keras.Model, rs.FitResult]:
        keras.utils.set_random_seed(spec.seed)
        x = keras.Input((train[0].shape[1],))
        hidden = keras.layers.Dense(64, "relu")(keras.layers.Dense(64, "relu")(x))
        outputs = keras.layers.Dense(self.classes or 1, "softmax" if self.classes else None)(hidden)
        model = keras.Model(x, outputs)
        loss = "sparse_categorical_crossentropy" if self.classes else "mse"
        data = [
            (_scaled(x, train[0]), y if self.classes else _standard(y, train[1]))
            for x, y in (train, validation)
        ]
        return model, rs.fit(model, data[0], data[1], spec, loss=loss)


def _split(x: np.ndarray, y: np.ndarray, seed: int, share: float, classes: int) -> tuple[Rows, Rows]:
    first, second, y_first, y_second = train_test_split(
        x, y, test_size=share, random_state=seed, stratify=y if classes else None
    )
    return (first, y_first), (second, y_second)


def _scaled(x: np.ndarray, train: np.ndarray) -> np.ndarray:
    return (x - train.mean(axis=0)) / (train.std(axis=0) + 1e-6)


def _standard(y: np.ndarray, train: np.ndarray) -> np.ndarray:
    return ((y - train.mean()) / train.std()).astype(np.float32)


if __name__ == "__main__":
    main()

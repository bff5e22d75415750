"""Searches against each other on recorded learning curves, in pairs: same training seed, same epochs.

    python -m benchmarks.tuning                    # what docs/tuner.md says
    python -m benchmarks.tuning --ablations        # and what our choices are worth

A replay: a search asks for trials as it would in the Tuner, and every epoch it asks for is looked up in the table of
`benchmarks.curves` (960 specs, two tasks, five seeds) instead of trained. That is exact, not a model: what the
table holds is what the trial would have measured, a promoted trial goes on where it stopped, and the epochs of a
trial that its plateau ended are not counted. KerasTuner's Hyperband decides as shipped but is spared its own
resuming, which restarts schedule, optimizer and callbacks. A replay takes no training time, so it can say nothing
of seconds; updates stand for them.

A search has the validation loss of one seed. What it chose is then judged on the test split, by the mean of the
other seeds. Regret is the distance of that test loss from the best in the table. p is that of Wilcoxon's signed
ranks for "our default is no better", one-sided, over the pairs.
"""

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

import click
import keras_tuner
import numpy as np
from keras_tuner.oracles import HyperbandOracle
from scipy.stats import wilcoxon

from benchmarks import curves
from benchmarks.curves import EPOCHS, GRID, PLAIN, TASKS, TRAINING
from benchmarks.measuring.command import benchmark, size
from benchmarks.measuring.table import Table as Lines
from reactive_schedules.search import space
from reactive_schedules.search.algorithms.halving import Halving
from reactive_schedules.search.algorithms.hyperband import Hyperband, HyperbandOptions
from reactive_schedules.search.algorithms.tpe import TPE, TPEOptions
from reactive_schedules.search.oracles import candidates
from reactive_schedules.search.oracles.quiet import Quiet
from reactive_schedules.search.problem import Problem
from reactive_schedules.search.searcher import Answer, Ask, Searcher

OURS = "halving"


class Table:
    """The curves of one task, with one seed for the search and the others for judging its choice."""

    def __init__(self, columns: Mapping[str, np.ndarray], task: str):
        self.losses = columns[f"{task}/val_loss"].astype("float64")
        self.test_loss = np.nan_to_num(columns[f"{task}/test_loss"].astype("float64"), nan=np.inf)
        self.test_error = columns[f"{task}/test_error"].astype("float64")
        points = curves.grid()
        self._rows = {frozenset(point.items()): row for row, point in enumerate(points)}
        self.steps = [math.ceil(int(columns[f"{task}/examples"]) / point["batch_size"]) for point in points]
        self.seeds = self.losses.shape[1]

    def row(self, values: Mapping[str, Any]) -> int:
        """Where the values are; a family's private parameters are those of the same name."""
        return self._rows[frozenset((name.rpartition("/")[2], value) for name, value in values.items())]

    def judged(self, row: int, seed: int) -> tuple[float, float]:
        """Regret and test error of a training with the other seeds."""
        others = [other for other in range(self.seeds) if other != seed]
        losses = self.test_loss[:, others].mean(axis=1)
        return losses[row] - losses.min(), self.test_error[row, others].mean()


@dataclasses.dataclass
class Replay:
    """A search that was played: by its spent epochs, the row that was best so far; and what it cost."""

    incumbents: list[tuple[int, int]] = dataclasses.field(default_factory=list)
    epochs: int = 0
    updates: int = 0
    trials: int = 0

    def choice(self, budget: float = math.inf) -> int:
        """The row to retrain after `budget` epochs; the first one tried when nothing has been finished by then."""
        return next(
            (row for epochs, row in reversed(self.incumbents) if epochs <= budget), self.incumbents[0][1]
        )


def play(searcher: Searcher, table: Table, seed: int, budget: float = math.inf) -> Replay:
    """Runs a search on the table until it ends, or has spent `budget` epochs."""
    replay, reached, best = Replay(), {}, math.inf
    while replay.epochs < budget and (asks := searcher.ask()):
        answers = []
        for ask in asks:
            row, until = table.row(ask.values), ask.until or EPOCHS
            curve = table.losses[row, seed]
            ended = int(np.flatnonzero(~np.isnan(curve))[-1]) + 1 if np.isfinite(curve).any() else 1
            seen = curve[: min(until, ended)]
            loss = np.nanmin(seen) if np.isfinite(seen).any() else math.nan
            spent = min(until, ended) - reached.get(ask.trial_id, 0)
            reached[ask.trial_id] = min(until, ended)
            replay.epochs += spent
            replay.updates += spent * table.steps[row]
            if loss < best or not replay.incumbents:
                best = loss if loss < best else best
                replay.incumbents.append((replay.epochs, row))
            answers.append(Answer(ask.trial_id, loss, failed=math.isnan(loss), ended=ended < until))
        searcher.tell(answers)
    replay.trials = len(reached)
    return replay


def hyperparameters(**fixed: Any) -> keras_tuner.HyperParameters:
    """The space of the grid; of one family only where `family` is given."""
    searched = {path: values for path, values in GRID.items() if path.rpartition(".")[2] not in fixed}
    if "family" in fixed:
        searched.pop("learning_rate.final_ratio")
    return space.to_hyperparameters(TRAINING, {}, searched)


def private() -> keras_tuner.HyperParameters:
    """The same space with parameters of its own for each family, as one would write it by hand."""
    own = keras_tuner.HyperParameters()
    family = own.Choice(space.FAMILY, GRID[space.FAMILY])
    for family in GRID[space.FAMILY]:
        with own.conditional_scope(space.FAMILY, [family]):
            for path, values in GRID.items():
                if path != space.FAMILY and not (family == "constant" and path.endswith("final_ratio")):
                    own.Choice(f"{family}/{path}", values)
    return own


class Plain(Halving):
    """Successive halving that takes no notice of families."""

    def _promoted(self) -> list[Ask]:
        places = -(-len(self._alive) // self._factor)
        ranked = sorted(self._alive, key=lambda trial: self._latest[trial.trial_id].loss)
        return sorted(ranked[:places], key=lambda trial: trial.number)


class _Shipped(Quiet, HyperbandOracle):
    pass


class ShippedHyperband(Searcher):
    """KerasTuner's Hyperband as it decides with one worker; a training that diverged has an infinite loss."""

    def __init__(self, seed: int):
        super().__init__("min", None)
        self.trials = 0
        self._oracle = _Shipped(hyperparameters(), seed, max_epochs=EPOCHS, factor=3)
        self._oracle._max_collisions = 20
        self._current = None
        self._roots: dict[str, str] = {}

    def _stage(self) -> list[Ask]:
        self._current = trial = self._oracle.create_trial("worker")
        if trial.status != "RUNNING":
            return []
        own = trial.hyperparameters.values
        root = self._roots[trial.trial_id] = self._roots.get(own.get("tuner/trial_id", ""), trial.trial_id)
        values = {name: value for name, value in own.items() if not name.startswith("tuner/")}
        until = own["tuner/epochs"]
        return [Ask(root, 1, values, None if until == EPOCHS else until, None, None)]

    def _take(self, judged) -> None:
        ((_, result),) = judged
        self._oracle.finish(self._current, result.loss)


def problem(seed: int, searched: keras_tuner.HyperParameters | None = None) -> Problem:
    """A search without a start point."""
    return Problem(searched or hyperparameters(), "min", EPOCHS, EPOCHS, seed)


def random(seed: int, count: int = 200) -> Searcher:
    """KerasTuner's random search, one trial after the other: it is stopped when the epochs are spent."""
    return OneByOne(candidates.random(problem(seed), count))


def constant(seed: int) -> Searcher:
    """The same among constant rates with early stopping."""
    found = candidates.random(problem(seed, hyperparameters(family="constant")), 200)
    return OneByOne([PLAIN | values for values in found])


def one_epoch(seed: int) -> Searcher:
    """One epoch each, then the best five to the end (Egele et al. 2023, arXiv 2307.15422)."""
    count, kept = BILL - 5 * (EPOCHS - 1), 5
    values = candidates.random(problem(seed), count)
    return Plain(values, (1, EPOCHS), None, -(-count // kept), "min")


def halving(
    seed: int, kind: type[Halving] = Halving, rungs: tuple[int, ...] = (3, 9, EPOCHS), trials: int = 27
) -> Searcher:
    """Successive halving: what the Tuner runs with `algorithm: halving, trials: 27`, without its start point."""
    return kind(candidates.random(problem(seed), trials), rungs, None, 3, "min")


def hyperband(seed: int) -> Searcher:
    """The Tuner's, with a lowest rung of three epochs."""
    return Hyperband(problem(seed), HyperbandOptions(min_epochs=3))


def tpe(
    seed: int,
    of: Callable[[], keras_tuner.HyperParameters] = hyperparameters,
    min_epochs: int = 3,
    parallel: int = 4,
) -> Searcher:
    """Optuna's, with as many trials as the epochs allow."""
    return TPE(problem(seed, of()), TPEOptions(trials=200, parallel=parallel, min_epochs=min_epochs))


class OneByOne(Halving):
    """All values to the end, each a stage of its own."""

    def __init__(self, values):
        super().__init__(values, (EPOCHS,), None, 1, "min")
        self._queue = None

    def _stage(self) -> list[Ask]:
        if self._queue is None:
            self._queue = super()._stage()
        return [self._queue.pop(0)] if self._queue else []


BILL = 27 * 3 + 9 * 6 + 3 * 18  # epochs of our default: 27 trials to epoch 3, 9 of them to 9, 3 to 27
SEARCHES: dict[str, tuple[Callable[[int], Searcher], float]] = {
    # Name: the search; after how many times the epochs of ours it is stopped.
    OURS: (halving, math.inf),
    "tpe": (tpe, 1),
    "KerasTuner Hyperband": (ShippedHyperband, math.inf),
    "Hyperband, equal epochs": (ShippedHyperband, 1),
    "KerasTuner random": (random, 1),
    "tuned constant rate": (constant, 1),
    "one epoch, keep top 5": (one_epoch, 1),
}
ABLATIONS: dict[str, tuple[Callable[[int], Searcher], float]] = {
    "halving, families ignored": (functools.partial(halving, kind=Plain), 1),
    "halving from epoch 1": (functools.partial(halving, rungs=(1, 3, 9, EPOCHS), trials=54), 1),
    "our hyperband": (hyperband, 1),
    "tpe, 1 at once": (functools.partial(tpe, parallel=1), 1),
    "tpe, 8 at once": (functools.partial(tpe, parallel=8), 1),
    "tpe, private parameters": (functools.partial(tpe, of=private), 1),
    "random, 4 x epochs": (random, 4),
    "tpe, whole, 4 x epochs": (functools.partial(tpe, min_epochs=EPOCHS), 4),
    "tpe, whole, private, 4 x epochs": (functools.partial(tpe, of=private, min_epochs=EPOCHS), 4),
}


def compare(table: Table, searches: Mapping[str, tuple], pairs: int) -> dict[str, np.ndarray]:
    """By search, an array [pairs, 5]: regret, test error in percent, epochs, updates, trials."""
    rows: dict[str, list] = {name: [] for name in searches}
    for pair in range(pairs):
        seed, ours = pair % table.seeds, math.inf
        for name, (make, times) in searches.items():
            budget = ours * times
            replay = play(make(pair), table, seed, budget)
            regret, error = table.judged(replay.choice(budget), seed)
            # What is left of the stage that went over the budget is not used.
            epochs = min(replay.epochs, budget)
            rows[name].append((regret, 100 * error, epochs, replay.updates, replay.trials))
            if name == OURS:
                ours = replay.epochs
    return {name: np.array(results) for name, results in rows.items()}


def report(results: Mapping[str, np.ndarray]) -> None:
    """Prints a line per search."""
    ours = results[OURS]
    table = Lines(
        33, ("regret", 18), ("test error", 12), ("epochs", 8), ("updates", 9), ("trials", 8), ("p", 9)
    )
    click.echo(table.heading())
    for name, values in results.items():
        means, spread = values.mean(axis=0), values[:, 0].std(ddof=1) / math.sqrt(len(values))
        cells = [
            f"{means[0]:.4f} ± {spread:.4f}",
            f"{means[1]:.2f} %",
            *(f"{mean:.0f}" for mean in means[2:]),
        ]
        if not np.array_equal(ours[:, 0], values[:, 0]):
            cells.append(f"{wilcoxon(ours[:, 0], values[:, 0], alternative='less').pvalue:.4f}")
        click.echo(table.row(name, *cells))


@benchmark
@size("--pairs", full=50, quick=2, type=click.IntRange(min=2), help="Paired seeds.")
@click.option("--ablations", is_flag=True, help="Our own searches with other choices.")
def main(pairs: int, ablations: bool) -> None:
    """Prints a table for each task."""
    columns = curves.read()
    searches = {OURS: SEARCHES[OURS], **ABLATIONS} if ablations else SEARCHES
    for task in TASKS:
        click.echo(f"\n{task}, {pairs} pairs")
        report(compare(Table(columns, task), searches, pairs))


if __name__ == "__main__":
    main()

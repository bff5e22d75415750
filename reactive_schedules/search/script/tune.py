"""Searches for the hyperparameters of a schedule and a model, in a script or notebook."""

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras

from reactive_schedules import durable
from reactive_schedules.duration import epochs_of
from reactive_schedules.errors import SpecError
from reactive_schedules.search import confirmation, registry
from reactive_schedules.search import space as spaces
from reactive_schedules.search.common import Common, objective_of
from reactive_schedules.search.dimensions import with_python_numbers
from reactive_schedules.search.executor import inputs
from reactive_schedules.search.executor.address import Tls, resolved
from reactive_schedules.search.executor.coordinator import Coordinator
from reactive_schedules.search.executor.journal import LOGS, Journal
from reactive_schedules.search.executor.store import check as check_store
from reactive_schedules.search.executor.worker import Work
from reactive_schedules.search.script import identity
from reactive_schedules.search.script.display import display, say
from reactive_schedules.search.script.exchange import collect, journal_of, weights_of
from reactive_schedules.search.script.given import Given
from reactive_schedules.search.script.study import STUDY_FILE, Study
from reactive_schedules.search.study import failures, study_record
from reactive_schedules.spec.training_spec import TrainingSpec

if TYPE_CHECKING:
    from reactive_schedules.search.executor.cluster import Cluster

FIT = ("loss", "metrics", "weighted_metrics", "validation_metrics", "class_weight")
"""Arguments of `rs.fit` that all trials share."""

PREPARE = "reactive_schedules.search.script.given.prepare"


def tune(
    build_model: Callable[..., keras.Model],
    train: Any,
    validation: Any,
    spec: TrainingSpec | Mapping[str, Any],
    space: Mapping[str, Any],
    *,
    algorithm: str = "random",
    directory: str | os.PathLike = "study",
    hyperparameters: Mapping[str, Any] | None = None,
    objective: str | None = None,
    direction: str | None = None,
    epochs: int | None = None,
    executions_per_trial: int = 1,
    seed: int = 0,
    folds: int | None = None,
    processes: int = 1,
    cluster: str | None = None,
    tls: Mapping[str, str] | None = None,
    store: str | None = None,
    threads: int = 1,
    verbose: int = 1,
    fit: Mapping[str, Any] | None = None,
    **options: Any,
) -> Study:
    """Searches for the spec, and the hyperparameters of the model, with the best score.

    Each trial is an `rs.fit` alone in another process. The first is the spec as written. A search that was
    interrupted at any moment goes on when called again with the same arguments, and ends with the same study; a
    finished one returns at once, or goes on with more `trials`. The result does not depend on `processes` or `cluster`,
    digit for digit.

    Other processes get the functions and the data by `cloudpickle`, so they may be defined in a script or notebook.

    Args:
        build_model: Function of the hyperparameters, a mapping, that returns a new Keras model; or of nothing.
        train, validation: Examples, as for `rs.fit`. A `tf.data.Dataset` cannot be sent to another process: give a
            function without arguments that makes it.
        spec: Training spec from which the trials vary.
        space: Values to try, in the layout of the spec, with a list or a range `{low: …, high: …, log: True}` instead
            of a value; and `model` for the hyperparameters of the model.
        algorithm: Name of the algorithm, such as "random", "halving" or "tpe".
        directory: Folder of the study.
        hyperparameters: Hyperparameters of the model that are not searched, or where the search begins.
        objective: Metric to optimise; by default, the one that the plateau monitors.
        direction: "min" or "max"; by default, derived from the objective.
        epochs: Number of epochs of a trial, whose schedule keeps the horizon of the spec; by default, all.
        executions_per_trial: Number of trainings per trial, each with a different seed; the score is their mean.
        seed: Seed for the algorithm's choices. Trials use the seed of the spec.
        folds: Number of trainings, each with another seed, of the best trials and of the spec as written, by which the
            best is then chosen: only if it is better than the spec as written by more than a standard error. By
            default, 5 if the validation examples are too few to choose by; 0 trusts the search.
        processes: Number of trials at a time.
        cluster: Address of the scheduler of a Dask cluster, such as `tls://host:8786`, or path of its scheduler file,
            whose workers run the trials instead of this machine. All of them must see `directory`, or the `store`.
        tls: Paths of PEM files for a connection by TLS: `ca_file`, `cert_file` and `key_file`.
        store: URI such as `s3://bucket/prefix`, as fsspec knows it, below which this machine and the workers exchange
            data, checkpoints and weights if they share no folder. Functions in it run on the workers: let nobody else
            write to it.
        threads: Number of threads that a trial computes with. The last digits of a result depend on it.
        verbose: 0 shows nothing.
        fit: Other arguments of `rs.fit`: `loss`, `metrics`, `weighted_metrics`, `validation_metrics`, `class_weight`.
        **options: Options of the algorithm, such as `trials`.

    Raises:
        SpecError: The space or an option is invalid; names it.
        ValueError: The directory holds another study, data cannot be sent to other processes, or the cluster cannot be
            used.
        RuntimeError: All trials failed.

    Example:
        >>> build_model = lambda: keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        >>> spec = {"learning_rate": {"family": "constant", "peak": 0.01}, "epochs": 2}
        >>> space = {"learning_rate": {"peak": [0.001, 0.1]}}
        >>> study = rs.tune(
        ...     build_model, (x, y), (x, y), spec, space, trials=2, fit={"loss": "mse"}, directory=folder, verbose=0
        ... )
        >>> study.best.spec.epochs, len(study.trials)
        (2, 2)
    """
    _check_fit(fit or {})
    for name, value in {"tls": tls, "store": store}.items():
        if value and not cluster:
            raise ValueError(f"{name}: requires a cluster; give cluster, too, or leave it out")
    spec = spec if isinstance(spec, TrainingSpec) else TrainingSpec.parse(spec)
    space = dict(with_python_numbers(space))
    given = Given(
        build_model, train, validation, dict(with_python_numbers(hyperparameters or {})), dict(fit or {})
    )
    training = spec.model_dump(mode="json")
    if isinstance(spec.epochs, str):
        training = spaces.in_whole_epochs(training, given.examples())
    length = epochs_of(training["epochs"])
    common = Common.parse(
        {
            "epochs": epochs,
            "executions_per_trial": executions_per_trial,
            "objective": objective,
            "direction": direction,
            "folds": folds,
            "seed": seed,
        }
    )
    epochs, executions_per_trial, seed, folds = (
        getattr(common, name) for name in ("epochs", "executions_per_trial", "seed", "folds")
    )
    goal = objective_of(common.objective, common.direction, spec)
    if validation is None and goal[0].startswith("val_"):
        raise ValueError(f"objective: {goal[0]} needs validation examples; pass validation")
    try:
        chosen = registry.find(algorithm).options.parse(options)
    except SpecError:
        raise
    except ValueError as error:
        raise ValueError(f"algorithm: {error}") from None
    chosen.check(min(epochs or length, length))
    spaces.check(training, given.hyperparameters, space)
    search = {
        "algorithm": algorithm,
        "objective": goal[0],
        "direction": goal[1],
        "second_objective": None,
        "epochs": epochs,
        "executions_per_trial": executions_per_trial,
        "seed": seed,
        "folds": folds,
        "start": [],
        "prior": [],
        "space": space,
        **chosen.model_dump(mode="json"),
    }
    folder = Path(directory)
    point = spaces.to_hyperparameters(training, given.hyperparameters, space)
    as_written = spaces.from_hyperparameters(training, given.hyperparameters, point.values)
    written = 1 if as_written == (TrainingSpec.parse(training), given.hyperparameters) else None
    searcher = registry.make(search, point, goal[1], length)
    address = resolved(cluster) if cluster else None
    if store:
        check_store(store)
    with _claimed(folder), given.stored(folder.absolute() if cluster and not store else None) as stored:
        identity.check(folder, identity.of(given, training, search))
        journal = journal_of(folder.absolute(), folder.absolute() / identity.JOURNAL, store)
        setting = {
            "training": training,
            "executions": executions_per_trial,
            "objective": goal[0],
            "weights": weights_of(folder.absolute(), journal),
        }
        work = Work(PREPARE, setting, threads, {"given": str(stored)}, given.code() if cluster else ())
        with (
            display(searcher.trials, goal, min(epochs or length, length), verbose) as watch,
            _cluster(address, tls, work, journal) as found,
            Coordinator(work, journal, searcher.until, processes, watch, cluster=found) as coordinator,
        ):
            record = study_record(search, training, goal, coordinator.search(searcher))
            planned = confirmation.Plan(reason="not confirmed: there are no validation examples")
            if validation is not None or folds == 0:
                planned = confirmation.plan(record, written, folds, divides=False)
            asks = confirmation.asks(planned, record, searcher.until)
            record = confirmation.confirmed(record, planned, coordinator.run(asks))
        collect(folder.absolute(), journal)
    say(record["choice"], verbose)
    durable.write(folder / STUDY_FILE, json.dumps(record, indent=2).encode())
    if record["best"] is None:
        identity.forget(folder, journal)  # the cause may be gone next time
        logs, trials = folder / identity.JOURNAL / LOGS, record["trials"]
        raise RuntimeError(f"All {len(trials)} trials failed ({failures(trials)}); see {logs}")
    return Study(record, folder, given)


def _check_fit(arguments: Mapping[str, Any]) -> None:
    for name in arguments:
        if name not in FIT:
            raise ValueError(f"fit: {name!r} is not an argument of all trials; choose from {', '.join(FIT)}")


@contextlib.contextmanager
def _claimed(folder: Path) -> Iterator[None]:
    """Creates the folder and keeps other searches out of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(
                f"directory: another search is running in {str(folder)!r}; give another one"
            ) from None
        yield


@contextlib.contextmanager
def _cluster(
    address: str | None, tls: Mapping[str, str] | None, work: Work, journal: Journal
) -> Iterator["Cluster | None"]:
    """A connection to the cluster; None without an address."""
    if address is None:
        yield None
        return
    from reactive_schedules.search.executor.cluster import Cluster

    with Cluster(address, work, journal, Tls(**tls) if tls else None) as found:
        try:
            yield found
        finally:
            inputs.clear(journal.store)

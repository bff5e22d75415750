"""The registry of search algorithms and their options."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from reactive_schedules.search.options import Options
from reactive_schedules.search.problem import Problem, problem_of
from reactive_schedules.search.searcher import Searcher

if TYPE_CHECKING:
    import keras_tuner

_Factory = TypeVar("_Factory", bound=Callable[[Problem, Any], Searcher])


@dataclasses.dataclass(frozen=True)
class Algorithm:
    """A registered algorithm.

    Attributes:
        name: Value of `algorithm` in a configuration.
        options: Class of the algorithm's own options.
        search: Function or class that makes a searcher from a problem and the options.
    """

    name: str
    options: type[Options]
    search: Callable[[Problem, Any], Searcher]


COMMON_KEYS = frozenset(
    {
        "algorithm",
        "cluster",
        "direction",
        "epochs",
        "executions_per_trial",
        "folds",
        "objective",
        "options",
        "pods",
        "prior",
        "processes",
        "second_objective",
        "seed",
        "space",
        "start",
        "store",
        "time_limit",
        "tls",
        "trial_limit",
    }
)
"""Keys of every search; in a configuration, the options of the algorithm are at the same level."""

_REGISTERED: dict[str, Algorithm] = {}


def register_algorithm(name: str, options: type[Options]) -> Callable[[_Factory], _Factory]:
    """Registers a search algorithm; use it to decorate a function or class that makes a searcher.

    ```python
    class AnnealingOptions(Options):
        trials: Trials = 8
        cooling: Annotated[float, Interval("(0, 1)")] = 0.9

    @register_algorithm("annealing", AnnealingOptions)
    class Annealing(Searcher):
        def __init__(self, problem: Problem, options: AnnealingOptions): ...
    ```

    The module must not import KerasTuner or Optuna before a searcher is made, because they are not needed to check a
    configuration.

    Args:
        name: Value of `algorithm` in a configuration.
        options: Class of the algorithm's own options.

    Raises:
        ValueError: The name is taken by another algorithm, or an option has a name in `COMMON_KEYS`.
    """
    if taken := COMMON_KEYS & options.model_fields.keys():
        raise ValueError(f"{', '.join(sorted(taken))}: is a key of every search; rename the option")

    def register(factory: _Factory) -> _Factory:
        known = _REGISTERED.get(name)
        # A module that is reloaded registers its algorithms again.
        if known and _place(known.search) != _place(factory):
            raise ValueError(
                f"algorithm: {name!r} is already registered by {_place(known.search)}; choose another name"
            )
        _REGISTERED[name] = Algorithm(name, options, factory)
        return factory

    return register


def algorithms() -> dict[str, Algorithm]:
    """All registered algorithms, by name."""
    _discover()
    return dict(sorted(_REGISTERED.items()))


def find(name: str) -> Algorithm:
    """The algorithm of a name; for a dotted name, `package.module.name`, imports the module first.

    Raises:
        ValueError: The algorithm is not registered, or the module cannot be imported or is part of the standard
            library.
    """
    module, _, short = name.rpartition(".")
    if module and all(part.isidentifier() for part in name.split(".")):
        if module.partition(".")[0] in sys.stdlib_module_names:
            raise ValueError(
                f"{name!r} is in Python's standard library; name an algorithm of your own module"
            )
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            raise ValueError(f"{name!r}: {error.name} is not installed and not on the import path") from None
    else:
        module, short = "", name
    known = algorithms()
    if short not in known:
        found = f"; {module} does not register it" if module else ""
        raise ValueError(f"must be one of {', '.join(map(repr, known))}; got {name!r}{found}")
    return known[short]


def algorithms_with(option: str) -> list[str]:
    """Names of the algorithms that have an option."""
    return [name for name, each in algorithms().items() if option in each.options.model_fields]


def make(
    search: Mapping[str, Any],
    hyperparameters: keras_tuner.HyperParameters,
    direction: Literal["min", "max"],
    epochs: int,
) -> Searcher:
    """Makes the searcher that a configuration describes.

    Args:
        search: Section `search` of the configuration as JSON, with complete start points by path.
        hyperparameters: Search space, from `to_hyperparameters`; its values are the first trial.
        direction: Direction of the objective.
        epochs: Number of epochs of a full run.

    Raises:
        ValueError: The algorithm is not registered.
        SpecError: An option is invalid.
    """
    chosen = find(search["algorithm"])
    given = {name: search[name] for name in chosen.options.model_fields if name in search}
    return chosen.search(problem_of(search, hyperparameters, direction, epochs), chosen.options.parse(given))


def _place(factory: Callable[..., Searcher]) -> str:
    return f"{factory.__module__}.{factory.__qualname__}"


@functools.cache
def _discover() -> None:
    """Imports all modules in the folder `algorithms`, which register their algorithms."""
    folder = importlib.import_module("reactive_schedules.search.algorithms")
    for module in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{folder.__name__}.{module.name}")

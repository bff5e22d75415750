"""The search algorithms by name. Each registers itself, with the options it has."""

from __future__ import annotations

import dataclasses
import functools
import importlib
import pkgutil
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
        name: value of `algorithm` in a configuration.
        options: model of the options it has beside what every search has.
        search: makes a search of a problem and the options.
    """

    name: str
    options: type[Options]
    search: Callable[[Problem, Any], Searcher]


COMMON_KEYS = frozenset(
    {
        "algorithm",
        "direction",
        "epochs",
        "executions_per_trial",
        "objective",
        "options",
        "prior",
        "second_objective",
        "seed",
        "space",
        "start",
    }
)
"""Keys that a search has whatever its algorithm; the algorithm's options stand beside them in a configuration."""

_REGISTERED: dict[str, Algorithm] = {}


def register_algorithm(name: str, options: type[Options]) -> Callable[[_Factory], _Factory]:
    """Decorates what makes a search, a function or a class, to register it under `name`.

    ```python
    class AnnealingOptions(Options):
        trials: Trials = 8
        cooling: Annotated[float, Interval("(0, 1)")] = 0.9

    @register_algorithm("annealing", AnnealingOptions)
    class Annealing(Searcher):
        def __init__(self, problem: Problem, options: AnnealingOptions): ...
    ```

    The module must not import KerasTuner or Optuna before a search is made: configurations are checked without.

    Args:
        name: value of `algorithm` in a configuration; no other algorithm may have it.
        options: model of the options.

    Raises:
        ValueError: another algorithm has the name, or an option has that of a key that every search has.
    """
    if taken := COMMON_KEYS & options.model_fields.keys():
        raise ValueError(
            f"{', '.join(sorted(taken))}: is a key of every search; give the option another name"
        )

    def register(factory: _Factory) -> _Factory:
        known = _REGISTERED.get(name)
        # A module that is loaded again registers its algorithms again.
        if known and _place(known.search) != _place(factory):
            raise ValueError(f"algorithm: {name!r} is taken by {_place(known.search)}; choose another name")
        _REGISTERED[name] = Algorithm(name, options, factory)
        return factory

    return register


def algorithms() -> dict[str, Algorithm]:
    """All that are registered, by name."""
    _discover()
    return dict(sorted(_REGISTERED.items()))


def find(name: str) -> Algorithm:
    """The algorithm of that name; with a dotted name, `package.module.name`, the module is imported first.

    Raises:
        ValueError: there is none.
    """
    module, _, short = name.rpartition(".")
    if module:
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            raise ValueError(f"{name!r}: {error.name} is not installed and not on the import path") from None
    known = algorithms()
    if short not in known:
        found = f"; {module} registers no such algorithm" if module else ""
        raise ValueError(f"must be one of {', '.join(map(repr, known))}; got {name!r}{found}")
    return known[short]


def algorithms_with(option: str) -> list[str]:
    """Names of the algorithms that have the option."""
    return [name for name, each in algorithms().items() if option in each.options.model_fields]


def make(
    search: Mapping[str, Any],
    hyperparameters: keras_tuner.HyperParameters,
    direction: Literal["min", "max"],
    epochs: int,
) -> Searcher:
    """The search that a configuration asks for.

    Args:
        search: section `search` of the configuration as JSON, with complete start points by path.
        hyperparameters: the space, of `to_hyperparameters`; its values are the first trial.
        direction: of the objective.
        epochs: of a whole training.

    Raises:
        ValueError: there is no such algorithm.
        SpecError: an option is not of the right type.
    """
    chosen = find(search["algorithm"])
    given = {name: search[name] for name in chosen.options.model_fields if name in search}
    return chosen.search(problem_of(search, hyperparameters, direction, epochs), chosen.options.parse(given))


def _place(factory: Callable[..., Searcher]) -> str:
    return f"{factory.__module__}.{factory.__qualname__}"


@functools.cache
def _discover() -> None:
    """Imports every file of the folder `algorithms`, whose algorithms register themselves."""
    folder = importlib.import_module("reactive_schedules.search.algorithms")
    for module in pkgutil.iter_modules(folder.__path__):
        importlib.import_module(f"{folder.__name__}.{module.name}")

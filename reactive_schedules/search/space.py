"""The search space of a training spec.

A space has the layout of the spec, with a list of values or a range `{low: …, high: …, log: true}` for each searched
value. Families share parameters of the same name, and a parameter is searched only for families that have it. The same
applies to optimizers and actions.

```yaml
learning_rate:
  family: [constant, one_cycle]
  peak: {low: 0.001, high: 0.1, log: true}
  warmup: {low: 0%, high: 30%}
plateau:
  action: [decay, grow]
  patience: [2, 4]
  growth: [2, 4]  # only with action grow
model:            # hyperparameters of the user's model, not part of the spec
  width: [32, 64]
```

A hyperparameter is named by its path, such as `learning_rate.peak` or `model.width`. The `parts` of a sequence are
numbered from 0, as in `learning_rate.parts.0.peak`.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reactive_schedules.errors import SpecError, prefixed
from reactive_schedules.extras import brought_by
from reactive_schedules.search.dimensions import Dimension, Range, dimensions, leaves, put, split
from reactive_schedules.spec.durations_fit import check_warmup
from reactive_schedules.spec.training_spec import TrainingSpec

if TYPE_CHECKING:
    import keras_tuner

__all__ = ["check", "complete", "from_hyperparameters", "to_hyperparameters"]

FAMILY = "learning_rate.family"
_ONE_METRIC = "all trials must be compared by the same metric"
_FIXED = {
    "epochs": "all trials must have the same horizon, training.epochs, to be comparable",
    "seed": "a lucky seed is not a hyperparameter; use search.executions_per_trial",
    "plateau.monitor": _ONE_METRIC,
    "plateau.mode": _ONE_METRIC,
}


def check(training: Mapping[str, Any], model: Mapping[str, Any], space: Mapping[str, Any]) -> None:
    """Checks the ends of each range and each choice, with a family (optimizer, action) that has the parameter.

    Args:
        training: Training spec as a mapping.
        model: Hyperparameters of the model.
        space: Search space.

    Raises:
        SpecError: The space is invalid; names the path, beginning with `space`.
    """
    found = _dimensions(training, model, space)
    given = TrainingSpec.parse(training).plateau
    metrics = {(given.monitor, given.direction)} if given else set()
    for dimension in found:
        path, values = split(dimension.path)[0], dimension.values
        if path in _FIXED:
            raise SpecError(f"space.{path}: cannot be searched; {_FIXED[path]}")
        users = {selector: choices[0] for selector, choices in dimension.conditions}
        for value in [values.low, values.high] if isinstance(values, Range) else values:
            try:
                point = _completed(found, {**users, dimension.path: value})
                spec, _ = from_hyperparameters(training, model, point)
                if path == "learning_rate.warmup":  # whether other durations fit depends on the other values
                    check_warmup(spec)
                if spec.plateau:
                    metrics.add((spec.plateau.monitor, spec.plateau.direction))
                if len(metrics) > 1:
                    names = " and ".join(sorted(f"{name} ({direction})" for name, direction in metrics))
                    raise SpecError(f"{path}: follows {names}; {_ONE_METRIC}")
            except SpecError as error:
                line = str(error).splitlines()[0]
                named = line.startswith(tuple(split(each.path)[0] for each in found))
                raise SpecError(f"space.{line}" if named else f"space.{path}: {line}") from None


def complete(
    training: Mapping[str, Any], model: Mapping[str, Any], space: Mapping[str, Any], point: Mapping[str, Any]
) -> dict[str, Any]:
    """Completes a point of the space with values from `training` and `model`; returns its values by path.

    Args:
        training: Training spec as a mapping.
        model: Hyperparameters of the model.
        space: Search space.
        point: Values in the layout of the space, or by path.

    Raises:
        SpecError: A value is not in the space, or not searched with this family (optimizer, action).
    """
    return _completed(_dimensions(training, model, space), dict(leaves(point)))


def _completed(found: list[Dimension], given: dict[str, Any]) -> dict[str, Any]:
    values = {}
    for dimension in found:
        if not dimension.active(values):
            continue
        path = dimension.path if dimension.path in given else split(dimension.path)[0]
        value = dimension.default if dimension.default is not None else _first(dimension)
        if path in given:
            written = given.pop(path)
            value = written if written in dimension else dimension.encoded(written)
            if value not in dimension:
                raise SpecError(f"{path}: is not in the space; got {written!r}")
        values[dimension.path] = value
    for path in given:
        raise SpecError(f"{path}: is not searched with {_chosen(values) or 'this space'}; leave it out")
    return values


def from_hyperparameters(
    training: Mapping[str, Any], model: Mapping[str, Any], values: Mapping[str, Any]
) -> tuple[TrainingSpec, dict[str, Any]]:
    """The training spec and the model's hyperparameters with the values of a trial.

    If `values` selects another family or optimizer, the parameters that it shares with the one in `training` are kept.
    Values of parameters that the family (optimizer, action) does not have are ignored.

    Args:
        training: Training spec as a mapping.
        model: Hyperparameters of the model.
        values: Values of a `keras_tuner.HyperParameters`, by path; KerasTuner's own entries (`tuner/…`) are ignored.

    Raises:
        SpecError: The result is not a valid spec.
    """
    document = copy.deepcopy({**training, "model": dict(model)})
    # The choice of a family, optimizer or action comes before the parameters that depend on it.
    for path in sorted(
        values, key=lambda path: (path.count("."), not path.endswith(("family", "name", "action")))
    ):
        if not path.startswith("tuner/"):
            put(document, path, values[path])
    chosen = document.pop("model")
    return TrainingSpec.parse(document), chosen


def in_whole_epochs(training: Mapping[str, Any], examples: int) -> Mapping[str, Any]:
    """A training spec whose length is a number of epochs, which all trials share, whatever their batch size.

    Args:
        training: Training spec as a mapping.
        examples: Number of training examples.

    Raises:
        SpecError: The spec is not valid, or its length is too long.
    """
    return {**training, "epochs": TrainingSpec.parse(training).horizon(examples).epochs}


def to_hyperparameters(
    training: Mapping[str, Any], model: Mapping[str, Any], space: Mapping[str, Any]
) -> keras_tuner.HyperParameters:
    """The space for KerasTuner, with the values in `training` and `model` as defaults if they lie in the space.

    Raises:
        ModuleNotFoundError: KerasTuner is not installed.
        SpecError: The space is invalid; see `check`.
    """
    with brought_by("search"):
        import keras_tuner

    hyperparameters = keras_tuner.HyperParameters()
    for dimension in _dimensions(training, model, space):
        with contextlib.ExitStack() as scopes:
            for selector, choices in dimension.conditions:
                scopes.enter_context(hyperparameters.conditional_scope(selector, list(choices)))
            _add(hyperparameters, dimension)
    return hyperparameters


def _add(hyperparameters: keras_tuner.HyperParameters, dimension: Dimension) -> None:
    path, values, default = dimension.path, dimension.values, dimension.default
    if isinstance(values, list):
        hyperparameters.Choice(path, values, default=default)
        return
    add = hyperparameters.Int if values.whole else hyperparameters.Float
    add(path, values.low, values.high, sampling="log" if values.log else "linear", default=default)


def _dimensions(
    training: Mapping[str, Any], model: Mapping[str, Any], space: Mapping[str, Any]
) -> list[Dimension]:
    if not space:
        raise SpecError("space: is empty; add at least one list or range")
    try:
        return dimensions({**training, "model": model}, space)
    except SpecError as error:
        raise prefixed(error, "space") from None


def _first(dimension: Dimension) -> Any:
    return dimension.values.low if isinstance(dimension.values, Range) else dimension.values[0]


def _chosen(values: Mapping[str, Any]) -> str:
    return ", ".join(
        str(value) for path, value in values.items() if path.endswith((".family", ".name", ".action"))
    )

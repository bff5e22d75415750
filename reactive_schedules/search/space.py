"""The search space of a training spec.

A space has the layout of the spec. Where the spec has a value, the space has a list to choose from, or a range
`{low: …, high: …, log: true}`. Parameters that families share by name are shared in the space too, and a
parameter that a family does not have is not searched for that family; the same holds for optimizers and actions.

```yaml
learning_rate:
  family: [constant, one_cycle]
  peak: {low: 0.001, high: 0.1, log: true}
  warmup: {low: 0%, high: 30%}
plateau:
  action: [decay, grow]
  patience: [2, 4]
  growth: [2, 4]  # only where the batch grows
model:            # not part of the spec: hyperparameters of the user's model
  width: [32, 64]
```

A hyperparameter is named by its path: `learning_rate.peak`, `model.width`. `parts` of a sequence are numbered from
0, as in `learning_rate.parts.0.peak`.
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
_FIXED = {
    "epochs": "all trials have the horizon of training.epochs, or their curves could not be compared",
    "seed": "a lucky seed is not a hyperparameter; use search.executions_per_trial",
    "plateau.monitor": "all trials are compared by the same metric",
    "plateau.mode": "all trials are compared by the same metric",
}


def check(training: Mapping[str, Any], model: Mapping[str, Any], space: Mapping[str, Any]) -> None:
    """Tries the ends of every range and every choice, with a family (optimizer, action) that has it.

    Args:
        training: a `TrainingSpec` as a mapping.
        model: hyperparameters of the model.
        space: what to vary of both.

    Raises:
        SpecError: names the path in the space, which begins with `space`.
    """
    found = _dimensions(training, model, space)
    for dimension in found:
        path, values = split(dimension.path)[0], dimension.values
        if path in _FIXED:
            raise SpecError(f"space.{path}: cannot be searched; {_FIXED[path]}")
        users = {selector: choices[0] for selector, choices in dimension.conditions}
        for value in [values.low, values.high] if isinstance(values, Range) else values:
            try:
                point = _completed(found, {**users, dimension.path: value})
                spec, _ = from_hyperparameters(training, model, point)
                if path == "learning_rate.warmup":  # how others fit depends on what they come together with
                    check_warmup(spec)
            except SpecError as error:
                line = str(error).splitlines()[0]
                raise SpecError(
                    f"space.{line}" if line.startswith(path) else f"space.{path}: {line}"
                ) from None


def complete(
    training: Mapping[str, Any], model: Mapping[str, Any], space: Mapping[str, Any], point: Mapping[str, Any]
) -> dict[str, Any]:
    """Values by path of a point in the space; what `point` does not say is as in `training` and `model`.

    Args:
        training: a `TrainingSpec` as a mapping.
        model: hyperparameters of the model.
        space: what to vary of both.
        point: values in the layout of the space, or by path.

    Raises:
        SpecError: a value is not in the space, or not there for this family (optimizer, action).
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
    """The spec and the model's hyperparameters with `values` put in their places.

    Of `training`, another family keeps the learning-rate parameters it has too, and so does another optimizer; a
    value in `values` for a parameter that the family (optimizer, action) does not have is left out.

    Args:
        training: a `TrainingSpec` as a mapping.
        model: hyperparameters of the model.
        values: those of a `keras_tuner.HyperParameters`, by path; KerasTuner's own entries (`tuner/…`) are ignored.

    Raises:
        SpecError: the result is not a valid spec.
    """
    document = copy.deepcopy({**training, "model": dict(model)})
    # A section's choice comes before what depends on it.
    for path in sorted(
        values, key=lambda path: (path.count("."), not path.endswith(("family", "name", "action")))
    ):
        if not path.startswith("tuner/"):
            put(document, path, values[path])
    chosen = document.pop("model")
    return TrainingSpec.parse(document), chosen


def to_hyperparameters(
    training: Mapping[str, Any], model: Mapping[str, Any], space: Mapping[str, Any]
) -> keras_tuner.HyperParameters:
    """The space for KerasTuner; what `training` and `model` say is the default where it lies in the space.

    Raises:
        ModuleNotFoundError: KerasTuner is not installed.
        SpecError: the space is not right; see `check`.
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
        raise SpecError("space: is empty; give at least one list or range to search")
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

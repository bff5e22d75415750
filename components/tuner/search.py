"""What the author of a pipeline says about a search, checked and completed before the pipeline runs."""

from collections.abc import Mapping
from typing import Any

from components import metrics
from components.code import CodeError
from components.errors import UserError
from components.learning.monitored import PREFIX, mode_of
from components.tuner.settings import CLUSTER, PODS, PROCESSES, STORE, TLS
from reactive_schedules import SpecError, TrainingSpec
from reactive_schedules.plateau import directions
from reactive_schedules.search import registry, space
from reactive_schedules.search.common import Common

_PLACES = {
    "cluster": CLUSTER,
    "pods": PODS,
    "processes": PROCESSES,
    "store": STORE,
    "tls": TLS,
}


def complete(
    algorithm: str,
    values: Mapping[str, Any],
    options: Mapping[str, Any],
    spec: TrainingSpec,
    hyperparameters: Mapping[str, Any],
) -> dict[str, Any]:
    """Returns all that describes a search, as plain JSON, with start points by path.

    Args:
        algorithm: Name of the algorithm, or a dotted path.
        values: The space.
        options: Other keys of a search, and options of the algorithm.
        spec: Spec that the space varies.
        hyperparameters: First argument of `build_model`, which the space can vary as well.

    Raises:
        UserError: There is no such algorithm.
        SpecError: The space or an option is invalid.
    """
    try:
        known = registry.find(algorithm)
    except ValueError as error:
        raise UserError(f"algorithm: {error}") from None
    if elsewhere := _PLACES.keys() & options.keys():
        name = min(elsewhere)
        raise UserError(
            f"{name}: where trials run is no property of the component, because no result depends on it; set the "
            f"environment variable {_PLACES[name]}"
        )
    common = _with_direction({name: options[name] for name in options if name in registry.COMMON_KEYS})
    chosen = known.options.parse({name: options[name] for name in options if name not in common})
    typed = Common.parse({name: common[name] for name in common if name in Common.model_fields})
    search = {**common, **typed.model_dump(mode="json"), "algorithm": algorithm, "space": dict(values)}
    training = spec.model_dump(mode="json")
    if isinstance(spec.epochs, int):
        chosen.check(min(search["epochs"] or spec.epochs, spec.epochs))
    space.check(training, hyperparameters, values)
    search["start"] = [space.complete(training, hyperparameters, values, each) for each in search["start"]]
    return {**search, **chosen.model_dump(mode="json")}


def own_code(search: Mapping[str, Any]) -> list[str]:
    """Returns the dotted paths of the user's algorithm and objective."""
    objective = str(search["objective"] or "").removeprefix(PREFIX)
    return [name for name in (search["algorithm"], objective) if metrics.is_own(name)]


def _with_direction(common: dict[str, Any]) -> dict[str, Any]:
    """The same with the direction of the objective, if that is known."""
    objective, direction = common.get("objective"), common.get("direction")
    if not isinstance(objective, str):
        return common
    try:
        direction = mode_of(objective, direction) or directions.direction_of(objective)
    except directions.Contradiction as error:
        raise SpecError(f"direction: {error}") from None
    except (CodeError, ImportError) as error:
        raise UserError(f"objective: {error}") from None
    return {**common, "direction": direction}

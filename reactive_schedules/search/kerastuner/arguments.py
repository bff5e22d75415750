"""The arguments of `Tuner.search`, which are those of Keras' `fit`, as arguments of `rs.fit`."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_REMEDIES = {
    "epochs": "set epochs of the spec",
    "batch_size": "set batch_size of the spec, or search it in the space",
    "validation_split": "pass validation_data",
    "validation_batch_size": "leave it out",
    "initial_epoch": "leave it out; trials go on by themselves",
    "shuffle": "leave it out; the seed of the spec determines the order",
    "steps_per_epoch": "leave it out; an epoch has all examples",
    "validation_steps": "leave it out; all examples are validated on",
    "validation_freq": "leave it out; every epoch is validated",
}
_NAMES = ("x", "y", "sample_weight", "validation_data", "class_weight", "callbacks", "verbose")


@dataclasses.dataclass(frozen=True)
class Arguments:
    """What all trials of a search are trained with.

    Attributes:
        train, validation: Sources for `rs.fit`.
        class_weight: As for `rs.fit`.
        callbacks: Callbacks, which are copied for each training, or a function of the hyperparameters that makes them.
        verbose: As for Keras' `fit`.
    """

    train: Any
    validation: Any
    class_weight: Mapping[int, float] | None
    callbacks: Sequence[Any] | Callable[..., Any]
    verbose: int


def arguments(*given: Any, **named: Any) -> Arguments:
    """Reads the arguments of `search`.

    Raises:
        ValueError: An argument cannot be used; names it and the remedy.
    """
    if len(given) > 2:
        raise ValueError("search: takes x and y by position; pass the other arguments by name")
    named = {**dict(zip(("x", "y"), given, strict=False)), **named}
    for name, value in named.items():
        if name not in _NAMES and value is not None:
            remedy = _REMEDIES.get(name, f"choose from {', '.join(_NAMES)}")
            raise ValueError(f"search: {name}: is not an argument of a schedule's training; {remedy}")
    if named.get("x") is None:
        raise ValueError("search: x: is missing; pass the training examples")
    verbose = named.get("verbose", "auto")
    return Arguments(
        _data(named["x"], named.get("y"), named.get("sample_weight")),
        named.get("validation_data"),
        named.get("class_weight"),
        named.get("callbacks") or (),
        1 if verbose == "auto" else verbose,
    )


def _data(x: Any, y: Any, sample_weight: Any) -> Any:
    if y is None:
        if sample_weight is not None:
            raise ValueError("search: sample_weight: needs x and y; pass them with it")
        return x
    return (x, y) if sample_weight is None else (x, y, sample_weight)

"""What the author of a pipeline gives to Trainer and Tuner, as execution properties: Python values in, text out.

TFX keeps properties as text, and they are the key of its cache. So values are JSON with sorted keys, functions are
dotted paths, and a fingerprint of all files that these import stands beside them.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tfx.proto import trainer_pb2
from tfx.types.channel import BaseChannel

from components import code
from components.errors import UserError
from components.features import LabelFeature
from components.learning import label as labels
from components.learning import replicas
from components.learning.goal import LOSSES, Goal
from components.learning.monitored import mode_of, own_code
from components.learning.splits import SPLITS
from components.shards import SEVERAL
from reactive_schedules import SpecError, TrainingSpec
from reactive_schedules.plateau import directions

Spec = TrainingSpec | Mapping[str, Any] | str | os.PathLike
"""A training spec, the same as a mapping, or the path of a YAML or JSON file with it."""

Function = Callable[..., Any] | str
"""A function that can be imported, or its dotted path."""

Splits = trainer_pb2.TrainArgs | trainer_pb2.EvalArgs | str | list[str] | tuple[str, ...] | None
"""The name of a split, several names, or TFX's arguments with them; None for the default."""

_SPLIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")  # as TFX has it


def canonical(value: Any) -> str:
    """Returns JSON with sorted keys, because it becomes part of a cache key."""
    return json.dumps(value, sort_keys=True)


def properties(
    spec: Spec,
    build_model: Function,
    label: str | LabelFeature,
    train_args: Splits,
    eval_args: Splits,
    custom_config: Mapping[str, Any] | None,
    goal: Goal,
    depends_on: Iterable[Function],
    strategy: replicas.Strategy | None,
    also: Iterable[str] = (),
) -> dict[str, str]:
    """Returns the execution properties that Trainer and Tuner share.

    Args:
        spec: What `spec_of` takes.
        build_model: Function of (hyperparameters, schema) that returns a Keras model.
        label: Name of the transformed label; what else is known of it makes a `LabelFeature`.
        train_args: Splits to train on.
        eval_args: Splits to validate on.
        custom_config: First argument of `build_model`.
        goal: What to minimise and to measure.
        depends_on: Further functions that the model depends on.
        strategy: How to use several devices; None for one.
        also: Dotted paths of what else of the user's code counts.

    Raises:
        UserError: An argument cannot be used; names it.
        SpecError: The spec is invalid.
    """
    found, build = spec_of(spec, train_args), path_of("build_model", build_model)
    _check_goal(goal)
    replicas.check(strategy)
    monitored = [found.plateau.monitor] if found.plateau else []
    own = [*own_code(goal, monitored), *(path_of("depends_on", each) for each in depends_on), *also]
    try:
        config = canonical(dict(custom_config or {}))
    except (TypeError, ValueError) as error:
        raise UserError(
            f"custom_config: is not plain JSON ({error}); use numbers, texts, lists and dicts"
        ) from None
    return {
        "training": canonical(found.model_dump(mode="json")),
        "build_model": build,
        "model_hyperparameters": config,
        "code": code.fingerprint(*dict.fromkeys([build, *own])),
        "label": labels.to_json(label),
        "goal": goal.to_json(),
        "splits": json.dumps(_splits(train_args, eval_args)),
        "strategy": strategy or "",
    }


def check_described(transform_graph: BaseChannel | None, schema: BaseChannel | None) -> None:
    """Checks that something describes the examples.

    Raises:
        UserError: There is neither a graph nor a schema.
    """
    if transform_graph is None and schema is None:
        raise UserError("transform_graph: there is none, and no schema; give one of them")


def spec_of(spec: Spec, train_args: Splits = None) -> TrainingSpec:
    """Returns a training spec.

    Args:
        spec: The spec, a mapping, or the path of a file.
        train_args: Their `num_steps` are the length of the training if the spec does not say it.

    Raises:
        SpecError: It is not valid.
        UserError: Both say how long to train.
    """
    if isinstance(spec, str | os.PathLike):
        spec = TrainingSpec.from_file(Path(spec))
    found = _with_mode(spec if isinstance(spec, TrainingSpec) else TrainingSpec.parse(dict(spec)))
    steps = getattr(train_args, "num_steps", 0)
    if not steps:
        return found
    if "epochs" in found.model_fields_set:
        raise UserError(
            f"train_args: num_steps is {steps}, but the spec says epochs: {found.epochs}; leave one of them out"
        )
    return TrainingSpec.parse({**found.model_dump(mode="json"), "epochs": f"{steps}st"})


def _with_mode(spec: TrainingSpec) -> TrainingSpec:
    """The spec with the mode of the monitored metric, if that says otherwise than its name seems to."""
    plateau = spec.plateau
    if plateau is None:
        return spec
    try:
        mode = mode_of(plateau.monitor, plateau.mode)
    except directions.Contradiction as error:
        raise SpecError(f"plateau.mode: {error}") from None
    except (code.CodeError, ImportError) as error:
        raise UserError(f"plateau.monitor: {error}") from None
    return spec.model_copy(update={"plateau": plateau.model_copy(update={"mode": mode})})


def path_of(name: str, function: Function) -> str:
    """Returns the dotted path of a function that can be imported.

    Args:
        name: Name of the argument, for messages.
        function: The function, or its path.

    Raises:
        UserError: It cannot be imported where the component runs.
    """
    path = function if isinstance(function, str) else f"{function.__module__}.{function.__qualname__}"
    if path.startswith("__main__.") or "<" in path or path.count(".") < 1:
        raise UserError(
            f"{name}: {path} cannot be imported by the process of a component; define the function at the top level of "
            "a module"
        )
    try:
        code.check(path)
    except code.CodeError as error:
        raise UserError(f"{name}: {error}") from None
    return path


def _splits(train_args: Splits, eval_args: Splits) -> dict[str, str]:
    given = {"train_args": train_args, "eval_args": eval_args}
    names = {name: _names(name, value) for name, value in given.items()}
    names = {
        name: found or [default]
        for (name, found), default in zip(names.items(), SPLITS.values(), strict=True)
    }
    if both := sorted({*names["train_args"]} & {*names["eval_args"]}):
        raise UserError(
            f"eval_args: the split {both[0]!r} is trained on, so that it cannot validate; name another one"
        )
    return dict(zip(SPLITS, map(SEVERAL.join, names.values()), strict=True))


def _names(name: str, given: Splits) -> list[str]:
    """The names of the splits in an argument."""
    if isinstance(given, str):
        names = [given] * bool(given)
    elif given is None or isinstance(given, list | tuple):
        names = list(given or ())
    elif isinstance(given, trainer_pb2.TrainArgs | trainer_pb2.EvalArgs):
        names = list(given.splits)
    else:
        raise UserError(
            f"{name}: must be the names of splits, or TFX's TrainArgs or EvalArgs; got {type(given).__name__}"
        )
    for each in names:
        if not isinstance(each, str) or not _SPLIT.fullmatch(each):
            raise UserError(f"{name}: {each!r} is not the name of a split")
        if names.count(each) > 1:
            raise UserError(f"{name}: names the split {each!r} twice; name it once")
    return names


def _check_goal(goal: Goal) -> None:
    known = [name for names in LOSSES.values() for name in names]
    if goal.loss and "." not in goal.loss and goal.loss not in known:
        raise UserError(
            f"goal.loss: unknown name {goal.loss!r}; use one of {', '.join(known)}, the dotted path of a function, or "
            "compile the model with the loss"
        )

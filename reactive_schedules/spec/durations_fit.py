"""Whether a schedule's durations fit into its epochs, as far as this can be told without the data."""

from collections.abc import Iterator
from typing import Any

from reactive_schedules.duration import Horizon, parse
from reactive_schedules.errors import SpecError, prefixed
from reactive_schedules.families.base import Family
from reactive_schedules.families.constant import ConstantSpec
from reactive_schedules.spec.training_spec import TrainingSpec

_STEPS_PER_EPOCH = 1_000_000  # so many that rounding decides nothing


def check_durations(spec: TrainingSpec) -> None:
    """Works out durations if all are in epochs and percent; steps and examples need the size of the data.

    Raises:
        SpecError: they do not fit into the epochs, or not together.
    """
    if not {"st", "ex"}.isdisjoint(_units(spec.learning_rate)):
        return
    try:
        spec.learning_rate.resolve(Horizon(_STEPS_PER_EPOCH, spec.epochs, spec.batch_size))
    except SpecError as error:
        written = _written(spec.learning_rate, str(error).partition(":")[0])
        text = f"{error} ({written} in {spec.epochs} epochs, if one had {_STEPS_PER_EPOCH} steps)"
        raise prefixed(SpecError(text), "learning_rate") from None


def check_warmup(spec: TrainingSpec) -> None:
    """Works out the warm-up alone: one that is longer than all epochs fits no family.

    Raises:
        SpecError: it is.
    """
    constant = ConstantSpec(peak=1, warmup=getattr(spec.learning_rate, "warmup", 0))
    check_durations(spec.model_copy(update={"learning_rate": constant}))


def _written(family: Family, path: str) -> str:
    value: Any = family
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else getattr(value, part)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _units(family: Family) -> Iterator[str]:
    for name in family.formula.durations():
        value = getattr(family, name, None)
        for duration in value if isinstance(value, tuple) else (value,):
            if duration:  # neither absent nor nothing, which is the same in any unit
                yield parse(duration)[1]
    for part in getattr(family, "parts", ()):
        yield from _units(part)

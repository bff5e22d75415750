"""Any spec that can be written: it resolves or says why not, keeps its bounds, and survives every round trip."""

import json
from math import inf
from typing import Literal, get_args, get_origin

import keras
import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from reactive_schedules import SpecError, TrainingSpec, build_schedule
from reactive_schedules.families import FAMILIES
from reactive_schedules.fields import Interval
from reactive_schedules.keras.build import family_of

RUN = 400

peaks = st.floats(1e-8, 10)
positive_ratios = st.floats(1e-6, 1)
durations = st.one_of(
    st.integers(0, RUN),
    st.integers(0, RUN).map("{}st".format),
    st.floats(0, 100).map(lambda share: f"{share:.3f}%"),
)
# What a field's type does not tell.
SPECIAL = {
    "warmup_start": positive_ratios,
    "scale": st.sampled_from(["triangular", "triangular2", "exp_range", "exp_range_amplitude"]),
    "scale_by": st.just("cycle"),
    "boundaries": st.just(["20%", "150st"]),
    "ratios": st.permutations([1.0, 0.5, 0.0]),
}


def values(name: str, field: FieldInfo, is_duration: bool) -> st.SearchStrategy:
    """Values of a family's parameter, by its type and bounds."""
    if name in SPECIAL:
        return SPECIAL[name]
    if is_duration:
        return durations if field.default is not None else st.none() | durations
    if get_origin(field.annotation) is Literal:
        return st.sampled_from(get_args(field.annotation))
    if field.annotation is bool:
        return st.booleans()
    (interval,) = (each for each in field.metadata if isinstance(each, Interval))
    low, high = interval.ends
    if field.annotation is int:
        return st.integers(int(low), min(int(low) + 3, 10**9 if high == inf else int(high)))
    return st.floats(low if interval.text[0] == "[" else low + 1e-6, 5.0 if high == inf else high)


ARGUMENTS = {
    name: {
        key: values(key, field, key in kind.formula.durations())
        for key, field in kind.model_fields.items()
        if key not in ("family", "peak")
    }
    for name, kind in FAMILIES.items()
    if name != "sequence"
}


def any_family() -> st.SearchStrategy:
    def complete(arguments):
        # A warm-up that multiplies cannot begin at 0, which is the default.
        start = {"warmup_start": 0.1} if "warmup_shape" in arguments else {}
        return {**start, **arguments}

    return st.sampled_from(sorted(ARGUMENTS)).flatmap(
        lambda name: st.fixed_dictionaries(
            {"family": st.just(name), "peak": peaks}, optional=ARGUMENTS[name]
        ).map(complete)
    )


def any_sequence() -> st.SearchStrategy:
    parts = st.lists(any_family(), min_size=2, max_size=2)
    return st.builds(lambda parts: {"family": "sequence", "parts": parts, "boundaries": ["50%"]}, parts)


any_arguments = st.one_of(any_family(), any_family(), any_sequence())


def resolved_or_none(arguments):
    """The formula, or None where the durations do not fit together, which must be said in words."""
    spec = FAMILIES[arguments["family"]].parse(arguments)
    try:
        return spec.resolve(RUN)
    except SpecError as error:
        reason = str(error)
    assert ": must " in reason
    assert "got" in reason
    return None


@settings(max_examples=300)
@given(any_arguments)
def test_bounds_and_plain_round_trips(arguments):
    spec = TrainingSpec.parse({"learning_rate": arguments})
    assert TrainingSpec.from_yaml(spec.to_yaml()) == spec
    assert TrainingSpec.from_yaml(json.dumps(spec.model_dump(mode="json"))) == spec
    family = resolved_or_none(arguments)
    if family is not None:
        rates = family(np.arange(0, 3 * RUN, 7))
        assert np.isfinite(rates).all()
        assert rates.min() >= 0
        assert rates.max() <= family.spec.peak * (1 + 1e-14)
        assert family.spec.resolve(RUN) == family
        steps = [at for _, at in family.landmarks]
        assert steps == sorted(steps)


@settings(max_examples=60)
@given(any_arguments, st.lists(st.integers(0, 3 * RUN), min_size=1, max_size=5))
def test_keras_agrees_and_survives_serialisation(arguments, steps):
    family = resolved_or_none(arguments)
    assume(family is not None)
    schedule = build_schedule(family.spec)
    assert family_of(schedule) == family.spec
    text = json.dumps(keras.optimizers.schedules.serialize(schedule))
    again = keras.optimizers.schedules.deserialize(json.loads(text))
    assert again.get_config() == schedule.get_config()
    expected = family(np.array(steps))
    # A float32 holds no rate below 1e-38, and few digits of those just above.
    assert np.allclose(again(np.array(steps)).numpy(), expected, rtol=1e-6, atol=1e-37)
